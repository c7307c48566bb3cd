import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pictureUrl } from './picture-url.ts'

test('the size is added to the address of a file, and to a signed link', () => {
  assert.equal(pictureUrl('/api/files/file_1/content', { w: 256 }), '/api/files/file_1/content?w=256')
  assert.equal(pictureUrl('/f?expires=1&signature=x', { w: 9, h: 8, fit: 'cover' }), '/f?expires=1&signature=x&w=9&h=8&fit=cover')
  assert.equal(pictureUrl('/f', {}), '/f')
})
