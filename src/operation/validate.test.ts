import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isEmail } from './validate.ts'

test('addresses are what people have, and nothing that breaks a header', () => {
  for (const text of ['a@example.com', 'a.b+c@sub.example.co', "o'neil@example.com"]) assert.ok(isEmail(text), text)
  for (const text of [
    '',
    'a',
    '@example.com',
    'a@',
    'a@b',
    'a b@example.com',
    'a@example.com\r\nBcc: x@y.zz',
    'a@example.com,b@example.com',
    '<a@example.com>',
    '"a"@example.com',
    'a@-example.com',
    `a@${'x'.repeat(64)}.com`,
    `${'a'.repeat(65)}@example.com`,
    'a@exa\u0000mple.com',
    `a@${'x.'.repeat(130)}com`,
  ])
    assert.ok(!isEmail(text), text)
})
