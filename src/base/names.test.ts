import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isName, withoutLinks } from './names.ts'

test('a name is one line with something to see in it, and no link', () => {
  for (const text of ['Ada Byron', 'St.Gallen', 'Prof.Dr. Weber', '12 1/2 Main St.', 'محمد', 'Müller & Söhne'])
    assert.ok(isName(text), text)
  const refused = ['', '  ', '\u200b', '\u3164', 'a\nb', 'a\u2028b', '\u202eabc', 'a\u2066b', 'http://evil', 'WWW.evil.com']
  for (const text of [...refused, 'evil.com/pay', 'ｗｗｗ.evil.com', 'evil\u3002com/pay', 'https：//x']) assert.ok(!isName(text), text)
})

test('no program makes a link of what stands in a mail as somebody typed it', () => {
  assert.equal(withoutLinks('visit evil.example'), 'visit evil.\u200bexample')
  assert.equal(withoutLinks('evil\u3002com'), 'evil\u3002\u200bcom')
  assert.equal(withoutLinks('Main St. 5'), 'Main St. 5')
})
