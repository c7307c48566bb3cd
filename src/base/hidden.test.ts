import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hideSecret, withoutSecrets } from './hidden.ts'

const secret = 'k3y+/ ü?"&<end'

test('a secret is cut out in every form that an error repeats it in', () => {
  hideSecret(secret)
  const shown = [
    secret,
    JSON.stringify({ secret }),
    `https://crm.example/${encodeURIComponent(secret)}`,
    `https://crm.example/${encodeURIComponent(secret).replaceAll(/%../g, (code) => code.toLowerCase())}/%C3`,
    new URL(`https://crm.example/?token=${encodeURIComponent(secret)}`).href,
    new URLSearchParams({ token: secret }).toString(),
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('base64url'),
  ]
  for (const text of shown) assert.match(withoutSecrets(text), /\[secret\]/, text)
  // Whatever stands around it in what is encoded.
  for (const before of ['', 'a', 'ab', 'user:'])
    for (const after of ['', 'b', 'bc', ':realm'])
      for (const form of ['base64', 'base64url'] as const) {
        const left = withoutSecrets(Buffer.from(before + secret + after).toString(form)).replace('[secret]', '')
        assert.ok(left.length <= Math.ceil(((before.length + after.length + 4) * 4) / 3), `${before} ${after} ${left}`)
        assert.doesNotMatch(Buffer.from(left, form).toString(), /k3y|end/)
      }
})

test('words that are no secret stay', () => {
  hideSecret('short')
  assert.equal(withoutSecrets('a short text, c2hvcnQ='), 'a short text, c2hvcnQ=')
})
