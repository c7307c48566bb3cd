import assert from 'node:assert/strict'
import { test } from 'node:test'
import { languageOf } from './language.ts'

test('the language that is wanted most of those there are', () => {
  const cases: readonly (readonly [string | undefined, string])[] = [
    [undefined, 'en'],
    ['', 'en'],
    ['de', 'de'],
    ['de-AT,de;q=0.9,en;q=0.8', 'de'],
    ['fr-FR, en;q=0.3, de;q=0.7', 'de'],
    ['en-GB,en;q=0.9,de;q=0.8', 'en'],
    ['DE-de', 'de'],
    ['den, *;q=0.1', 'en'],
    ['de;q=0, en', 'en'],
    ['de;q=x', 'de'],
    [','.repeat(100_000), 'en'],
  ]
  for (const [header, language] of cases) assert.equal(languageOf(header), language, String(header).slice(0, 50))
})
