import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newSecret, timedSecret } from '../../base/secret.ts'
import { withoutLinkSecrets } from './without-link-secrets.ts'

const secret = timedSecret(newSecret({ bytes: (count) => new Uint8Array(count).fill(0xb7), fraction: () => 0 }, 'order'), 1_790_000_000_000)
const url = 'https://shop.test/orders/ord_1#token='

test('the secret of a link of ours is taken out, in whatever form a mail program quotes it', () => {
  for (const [text, left] of [
    [`> Your order: ${url}${secret}\n\nThank you`, `> Your order: ${url}…\n\nThank you`],
    [`<a href="${url}${secret}">Order</a>`, `<a href="${url}…">Order</a>`],
    [`${url}${secret} and ${url}${secret}.`, `${url}… and ${url}….`],
    [`> ${url}\n> ${secret}\n> Internationalisation`, `> ${url}\n> …\n> Internationalisation`],
    [
      `https://safe.example/?url=${encodeURIComponent(`${url}${secret}`)}&data=1`,
      `https://safe.example/?url=${encodeURIComponent(url)}…&data=1`,
    ],
  ] as const)
    assert.equal(withoutLinkSecrets(text), left)
  // Broken at any place: what is left is too little to guess the rest by.
  for (let at = 8; at < secret.length; at++)
    for (const mark of ['\n', '\n> > ', '=\n']) {
      const found = withoutLinkSecrets(`> ${url}${secret.slice(0, at)}${mark}${secret.slice(at)}\n> Words`)
      const rest = found.slice(found.indexOf('…') + 1, found.indexOf('\n> Words')).replaceAll(/[^\w-]/g, '')
      assert.ok(found.includes('…') && rest.length <= 12, `${at} ${JSON.stringify(mark)}: ${rest}`)
    }
})

test('what is no secret of ours stays', () => {
  for (const text of [
    'A token=coin of theirs',
    `${url}short`,
    `order_1 and ${secret.slice(0, 20)}`,
    'token=order_1\n\nInternationalisation of everything',
    `token=${'a'.repeat(100)}`,
  ])
    assert.equal(withoutLinkSecrets(text), text)
  const long = `token=${'order_'.repeat(50_000)}`
  assert.ok(withoutLinkSecrets(long).length <= long.length)
})
