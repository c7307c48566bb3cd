import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isEmail, normalEmail } from './email-address.ts'

test('addresses are what people have, and nothing that breaks a header', () => {
  for (const text of [
    'a@example.com',
    'a.b+c@sub.example.co',
    "o'neil@example.com",
    '-a@example.com',
    'a@1.example.com',
    'a@b\u00fccher.example',
    'a@\u4f8b\u3048.\u30c6\u30b9\u30c8',
    `${'a'.repeat(64)}@${'x'.repeat(63)}.com`,
  ])
    assert.ok(isEmail(text), text)
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
    'a@example-.com',
    'a@example.com-',
    '.a@example.com',
    'a.@example.com',
    'a..b@example.com',
    'a@example..com',
    'a@example.com.',
    '\u00e4@example.com',
    'a@b\u00fc/x.example',
    'a@b\u00fc:80.example',
    'a@b\u00fc%2e.example',
    'a@b\u00fc.example?',
    'a@b\uff0fc.example',
    'a@x y\u00fc.example',
    'a@\u00ad',
    'a@\u00fc',
    `a@${'\u00fc.'.repeat(80)}com`,
    'a@b@\u00fc.example',
    `a@${'x'.repeat(64)}.com`,
    `${'a'.repeat(65)}@example.com`,
    'a@exa\u0000mple.com',
    `a@${'x.'.repeat(130)}com`,
  ])
    assert.ok(!isEmail(text), text)
})

test('two spellings of one mailbox are one text', () => {
  for (const text of [
    'anna@xn--bcher-kva.example',
    ' Anna@B\u00fccher.Example',
    'ANNA@bu\u0308cher.example',
    'anna@b\u00fccher\uff0eexample',
  ])
    assert.equal(normalEmail(text), 'anna@xn--bcher-kva.example')
  // What is none is found as it is.
  for (const text of ['', 'anna', 'anna@', 'a/b@c/\u00fc']) assert.equal(normalEmail(text), text)
})
