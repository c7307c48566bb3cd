import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountTheme } from './account-theme.ts'

test('an accent stays as it is where it can be read, and is darkened or lightened where not', () => {
  const accentOf = (accent: string) => /--accent: light-dark\((.*?), (.*?)\);/.exec(accountTheme({ accent }))?.slice(1)
  assert.deepEqual(accentOf('#2f5bd0')?.[0], '#2f5bd0')
  assert.deepEqual(accentOf('#8aaaf8')?.[1], '#8aaaf8')
  const [day, night] = accentOf('#ffe600')!
  assert.notEqual(day, '#ffe600')
  assert.equal(night, '#ffe600')
  assert.match(accountTheme({ accent: '#ffe600' }), /\.button\.primary \{[^}]*background: #ffe600;\n {2}color: #000000;/)
  assert.match(accountTheme({ accent: '#402010' }), /\.button\.primary \{[^}]*background: #402010;\n {2}color: #ffffff;/)
})

test('a background is dark by night, and without colours there is no rule', () => {
  assert.match(accountTheme({ background: '#ffffff' }), /^:root \{\n {2}--paper: light-dark\(#ffffff, #2b2c2d\);\n\}\n$/)
  assert.equal(accountTheme({}), '')
})
