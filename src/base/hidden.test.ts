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
    JSON.stringify({ answer: JSON.stringify({ secret }) }),
    Buffer.from(secret).toString('hex'),
    Buffer.from(secret).toString('hex').toUpperCase(),
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('base64url'),
  ]
  for (const text of shown) assert.match(withoutSecrets(text), /\[secret\]/, text)
  // Whatever stands around it in what is encoded.
  for (const before of ['', 'a', 'ab', 'user:'])
    for (const after of ['', 'b', 'bc', ':realm'])
      for (const form of ['base64', 'base64url'] as const) {
        const text = Buffer.from(before + secret + after).toString(form)
        // Of what stands beside it, whole characters of its own alone are left.
        const first = Math.floor((before.length * 8) / 6)
        const last = Math.ceil((Buffer.byteLength(before + secret) * 8) / 6)
        for (const shown of [(part: string) => part, (part: string) => part.replaceAll('=', ''), encodeURIComponent]) {
          const right = after === '' ? '' : shown(text.slice(last))
          assert.equal(withoutSecrets(`Basic ${shown(text)}`), `Basic ${shown(text.slice(0, first))}[secret]${right}`)
        }
      }
})

test('words that are no secret stay', () => {
  hideSecret('short')
  assert.equal(withoutSecrets('a short text, c2hvcnQ='), 'a short text, c2hvcnQ=')
})
