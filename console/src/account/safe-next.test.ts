import assert from 'node:assert/strict'
import { test } from 'node:test'
import { safeNext } from './safe-next.ts'

const origin = 'https://shop.example'
/** As the page gets it: out of `?next=…`. */
const nextOf = (query: string) => safeNext(new URLSearchParams(query).get('next'), origin)

test('a path of the own site is gone to, with all that belongs to it', () => {
  for (const path of ['/', '/checkout', '/orders/ord_1?back=1#lines', '/a//b', '/%2f%2fevil.example'])
    assert.equal(nextOf(`next=${encodeURIComponent(path)}`), origin + path)
})

test('no address of another site is gone to, however it is written', () => {
  for (const address of [
    '//evil.example',
    '/\\evil.example',
    '\\/evil.example',
    '\\\\evil.example',
    'https:evil.example',
    'https://evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    '/\t/evil.example',
    '/\n/evil.example',
    '\t//evil.example',
    ' //evil.example',
    '/a\\..\\..\\/evil.example',
    'evil.example',
    '@evil.example',
    '',
  ])
    assert.equal(nextOf(`next=${encodeURIComponent(address)}`), null, JSON.stringify(address))
  for (const query of [
    'next=%2f%2fevil.example',
    'next=%2f%5cevil.example',
    'next=%5c%5cevil.example',
    'next=/%09/evil.example',
    'other=/x',
  ])
    assert.equal(nextOf(query), null, query)
})

test('dots do not lead out of the site', () => {
  assert.equal(nextOf('next=/..//evil.example'), 'https://shop.example//evil.example')
})
