/** No style of a mail may fetch anything; the rest of it stays. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inScheme, withoutRemote } from './mail-document.ts'

test('remote urls and imports go, data urls stay', () => {
  const rows: [string, string][] = [
    ['color: red', 'color: red'],
    ['background: url(https://x.org/a.png) red', 'background: none red'],
    ['background: url( "//x.org/a.png" )', 'background: none'],
    ["background: url('data:image/gif;base64,AA')", "background: url('data:image/gif;base64,AA')"],
    ['@import url(https://x.org/a.css); p { margin: 0 }', ' p { margin: 0 }'],
    ['@IMPORT "a.css";', ''],
  ]
  for (const [css, clean] of rows) assert.equal(withoutRemote(css), clean)
})

test('rules for the night hold where the night is asked for, and nowhere else', () => {
  const css = 'a{b:c}@media(prefers-color-scheme:dark){x}@media (Prefers-Color-Scheme: light){y}'
  assert.equal(inScheme(css, 'dark'), 'a{b:c}@media(min-width:0){x}@media (max-width:0){y}')
  assert.equal(inScheme(css, 'light'), 'a{b:c}@media(max-width:0){x}@media (min-width:0){y}')
  assert.equal(inScheme(css, undefined), css)
})
