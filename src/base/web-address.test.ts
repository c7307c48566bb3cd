import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isOrigin, parseWebAddress, plainAddress } from './web-address.ts'

test('an address that readers may understand differently is none', () => {
  for (const text of [
    'http://shop.test\\@evil.test/',
    'http:\\\\shop.test/',
    'http:/shop.test/',
    'http:///shop.test/',
    ' http://shop.test/',
    'http://shop.test/a b',
    'http://shop.test/\r\nSet-Cookie: a=b',
    'http://sho\tp.test/',
    'http://shop.test/\u00a0',
    'http://shop.test/\u202egnp.exe',
    'http://shop.test/\u0000',
    'javascript:alert(1)',
    'http://shop.test/{order}',
    '//shop.test/',
    'http://',
  ])
    assert.equal(parseWebAddress(text), null, JSON.stringify(text))
  assert.equal(parseWebAddress('HTTPS://Shop.Test/Köln?q=1#x')?.href, 'https://shop.test/K%C3%B6ln?q=1#x')
  assert.equal(plainAddress('http://shop.test@evil.test/'), null)
  assert.equal(plainAddress('http://:x@evil.test/'), null)
})

test('an origin is scheme, host and port', () => {
  for (const text of ['https://shop.test', 'http://localhost:8090', 'http://[::1]:81']) assert.ok(isOrigin(text), text)
  for (const text of [
    'https://shop.test/',
    'https://shop.test:443',
    'shop.test',
    'https://Shop.test',
    'https://a@shop.test',
    'https://*.test\\',
  ])
    assert.ok(!isOrigin(text), text)
})
