import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isName, trimmed, withoutLinks, withoutMarks } from './names.ts'

test('a name is one line with something to see in it, and no link', () => {
  for (const text of [
    'Ada Byron',
    'St.Gallen',
    'Prof.Dr. Weber',
    '12 1/2 Main St.',
    'محمد',
    'Müller & Söhne',
    'דוד\u200f לוי',
    'רח׳ 5\u200e',
    '\u061cنور',
  ])
    assert.ok(isName(text), text)
  const refused = ['', '  ', '\u200b', '\u3164', 'a\nb', 'a\u2028b', '\u202eabc', 'a\u2066b', 'http://evil', 'WWW.evil.com']
  const links = ['evil.com/pay', 'ｗｗｗ.evil.com', 'evil\u3002com/pay', 'https：//x', 'evil\u2024com/pay', 'w\u200bww.evil.com']
  const hidden = ['xn--e1awd7f.рф', 'ｘn--e1awd7f', 'evil[.]com', 'evil (dot) com', 'evil\u200b.com\u2060/x']
  for (const text of [...refused, ...links, ...hidden]) assert.ok(!isName(text), text)
})

test('marks of direction and blanks around a name came with what was copied', () => {
  assert.equal(trimmed('\u200e Berlin\u200f\u061c '), 'Berlin')
  assert.equal(trimmed('דוד\u200f לוי'), 'דוד\u200f לוי')
  assert.equal(withoutMarks('\u200e10\u200e435'), '10435')
})

test('nobody reads an address in what stands in a mail as somebody typed it', () => {
  for (const text of [
    'evil.com',
    'evil\u3002com',
    'evil\u2024com',
    'evil .com',
    'evil[.]com',
    'evil\u200b.com',
    'evil\uff61com',
    'ｅvil．com',
  ])
    assert.equal(withoutLinks(`visit ${text}`), 'visit evil com', text)
  assert.equal(withoutLinks('１.evil-shop.de'), '1 evil-shop de')
  assert.equal(withoutLinks('xn--e1awd7f.рф'), 'xn--e1awd7f рф')
  assert.equal(withoutLinks('10.0.0.1'), '10.\u200b0.\u200b0.\u200b1')
})

test('what people are called and where they live is written as they typed it', () => {
  for (const text of ['Main St. 5', '12½ Main St.', 'Prof. Dr. Weber', 'می\u200cخواهم', '㈱ 東京', 'Top 3 (rear)'])
    assert.equal(withoutLinks(text), text)
  assert.equal(withoutLinks('9000 St.Gallen'), '9000 St Gallen')
})
