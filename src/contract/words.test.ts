import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { haveWords, wordsIn, wordsSought } from './words.ts'

const sought = (text: string) => wordsSought(text)?.map(({ text: word, isStart }) => word + (isStart ? '*' : '')) ?? null

test('words are letters and digits, in lower case and without accents, each once', () => {
  for (const [text, words] of [
    ["Les Misérables, l'homme", 'les miserables l homme'],
    ['MISE\u0301RABLES misérables', 'miserables'],
    ['Straße, İSTANBUL, ΣΊΣΥΦΟΣ', 'strasse istanbul σισυφοσ'],
    ['Œuvre Ærø łódź', 'oeuvre aero lodz'],
    ['ＡＢＣ１２ ﬁne ½', 'abc12 fine 1 2'],
    ['foo-bar_baz x@y.com 3.14', 'foo bar baz x y com 3 14'],
    ['שָׁלוֹם مُحَمَّد', 'שלום محمد'],
    ['प्रेमचंद की', 'प्रेमचंद की'],
    ['🎉party👩‍👧 ❤️', '🎉 party 👩 👧 ❤'],
    ['"a"* - \0(b)', 'a b'],
    ['x'.repeat(100), 'x'.repeat(40)],
    [null, ''],
    [12, '12'],
  ])
    assert.equal(wordsIn(text).join(' '), words)
})

test('where no spaces stand, pairs of letters are words, and the last letter', () => {
  assert.deepEqual(wordsIn('東京都へ'), ['東京', '京都', '都へ', 'へ'])
  assert.deepEqual(wordsIn('ガギ グ학교에'), ['ガギ', 'ギ', 'グ학', '학교', '교에', '에'])
  assert.deepEqual(wordsIn('สวัสดี'), ['สว', 'วั', 'ัส', 'สด', 'ดี', 'ี'])
  assert.deepEqual(sought('東京都'), ['東京', '京都'])
  assert.deepEqual(sought('都 car'), ['都*', 'car*'])
})

test('of what is looked for the last word may go on; marks alone are no word', () => {
  assert.deepEqual(sought('Red CAR, bl'), ['red', 'car', 'bl*'])
  assert.deepEqual([sought('***'), sought('  '), sought('')], [null, [], []])
})

test('a text is found by any of its runs, and by its beginning of each last word', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.nat(), (text, at) => {
      const words = wordsSought(text)
      if (words === null) return
      assert.ok(haveWords([text], words))
      const letters = [...text.trim()]
      const part = letters.slice(0, at % (letters.length + 1)).join('')
      // A mark that is cut from its letter changes the letter.
      if (/\p{M}/u.test(text.normalize('NFKD'))) return
      assert.ok(haveWords([text], wordsSought(part) ?? []), part)
    }),
  )
})

test('a word holds nothing that a query language could read', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xd7ff }), { maxLength: 60 }), (codes) => {
      const text = String.fromCodePoint(...codes, ...codes.map((code) => code + 0x1_0000))
      for (const word of wordsIn(text)) assert.match(word, /^[\p{L}\p{N}\p{M}\p{So}\p{Extended_Pictographic}]+$/u)
    }),
  )
})
