import assert from 'node:assert/strict'
import { test } from 'node:test'
import { languages } from '../base/language.ts'
import { dayText, languageWords, moneyText } from './language-texts.ts'

/** What is filled in, and what is asked. */
const tagsOf = (of: object) => [...new Set(JSON.stringify(of).match(/\{+[#^]?\w+\}+/g))].toSorted()

for (const language of languages) {
  test(`each mail in ${language} is given what English is given, and says all of it`, () => {
    const [own, english] = [languageWords(language), languageWords('en')]
    for (const part of ['accountMails', 'orderMails'] as const)
      for (const [name, words] of Object.entries(english[part])) {
        const said = own[part][name as keyof (typeof own)[typeof part]] as object
        assert.deepEqual([name, tagsOf(said), Object.keys(said).toSorted()], [name, tagsOf(words), Object.keys(words).toSorted()])
      }
    assert.deepEqual(tagsOf(own.receipt), tagsOf(english.receipt))
    assert.deepEqual(tagsOf(own.issued), tagsOf(english.issued))
  })

  test(`${language} has twelve months, and amounts that a language of its own reads`, () => {
    const { months, point, group } = languageWords(language)
    assert.equal(new Set(months).size, 12)
    const { decimal, group: between } = Object.fromEntries(
      new Intl.NumberFormat(language, { useGrouping: true }).formatToParts(1234567.5).map(({ type, value }) => [type, value]),
    )
    assert.deepEqual([point, group], [decimal, between])
    const long = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, { dateStyle: 'long', timeZone: 'UTC' })
    assert.equal(dayText('2026-03-01', language), long.format(Date.UTC(2026, 2, 1)))
  })
}

test('amounts in mails', () => {
  const value = { amount: 1999, currency: 'EUR' }
  assert.deepEqual([moneyText(value, 'en'), moneyText(value, 'de')], ['19.99 EUR', '19,99 EUR'])
})
