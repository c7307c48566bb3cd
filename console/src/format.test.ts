/** Values are written exactly: no cent lost, no time in the wrong zone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import {
  addressLines,
  formatGap,
  formatMailbox,
  formatMoney,
  formatNear,
  formatTime,
  humanize,
  labelIn,
  mailboxName,
  moneyDecimal,
  parseMoney,
  priceMax,
  priceProblem,
  recordLabel,
  shortenIds,
  shortId,
  toneOf,
  utcTitle,
} from './format.ts'

test('money in two, no and three digits', () => {
  assert.equal(formatMoney({ amount: 1999, currency: 'EUR' }, 'en-GB'), '€19.99')
  assert.equal(formatMoney({ amount: 1999, currency: 'JPY' }, 'en-GB'), 'JP¥1,999')
  assert.equal(formatMoney({ amount: 1999, currency: 'HUF' }, 'en-GB').replace(/\s/, ' '), 'HUF 19.99')
  assert.equal(moneyDecimal({ amount: 5, currency: 'KWD' }), '0.005')
  assert.equal(moneyDecimal({ amount: -5, currency: 'EUR' }), '-0.05')
})

test('the largest safe amount keeps its cents', () => {
  assert.equal(formatMoney({ amount: Number.MAX_SAFE_INTEGER, currency: 'EUR' }, 'en-GB'), '€90,071,992,547,409.91')
})

test('an unknown currency is written, not thrown', () => {
  assert.equal(formatMoney({ amount: 100, currency: '??' }), '1.00 ??')
})

test('money typed by people', () => {
  const rows: [string, string, number | undefined][] = [
    ['19.99', 'EUR', 1999],
    ['19,9', 'EUR', 1990],
    ['7', 'EUR', 700],
    ['-0.05', 'EUR', -5],
    ['19.999', 'EUR', undefined],
    ['1.5', 'JPY', undefined],
    ['1 000', 'EUR', undefined],
    ['', 'EUR', undefined],
    ['99999999999999999', 'EUR', undefined],
  ]
  for (const [text, currency, amount] of rows) {
    assert.equal(parseMoney(text, currency)?.amount, amount, `${text} ${currency}`)
  }
})

test('a time is local, its title is UTC', () => {
  const iso = '2026-11-24T23:40:22.120Z'
  assert.equal(formatTime(iso, 'en-GB', 'Europe/Berlin'), '25 Nov 2026, 00:40:22')
  assert.equal(utcTitle(iso), '2026-11-24 23:40:22.120 UTC')
})

test('near times', () => {
  const now = new Date('2026-11-24T12:00:00Z')
  const near = (iso: string) => formatNear(iso, now, 'en-GB', 'UTC')
  assert.equal(near('2026-11-24T11:59:50Z'), 'just now')
  assert.equal(near('2026-11-24T11:56:00Z'), '4 min ago')
  assert.equal(near('2026-11-24T12:02:00Z'), 'in 2 min')
  assert.equal(near('2026-11-24T08:40:00Z'), '08:40')
  assert.equal(near('2026-11-03T08:40:00Z'), '3 Nov, 08:40')
  assert.equal(near('2025-11-03T08:40:00Z'), '3 Nov 2025')
})

test('gaps', () => {
  const gaps = [40, 1200, 12_000, 180_000, 18_000_000, 86_400_000, 172_800_000].map(formatGap)
  assert.deepEqual(gaps, ['40 ms', '1.2 s', '12 s', '3 min', '5 h', '1 day', '2 days'])
})

test('words, ids, tones', () => {
  assert.equal(humanize('pending_payment'), 'Pending payment')
  assert.equal(humanize('placedAt'), 'Placed at')
  assert.equal(shortId('ord_01jdabcdefghjkmnpqrstv'), 'ord_…pqrstv')
  assert.equal(shortId('usr_1'), 'usr_1')
  assert.equal(shortenIds('L:deposit:ord_01m86a7kree009h3a2wb0shdat'), 'L:deposit:ord_…0shdat')
  assert.equal(shortenIds('A:psp:sandbox'), 'A:psp:sandbox')
  assert.equal(toneOf('dead'), 'bad')
  assert.equal(toneOf('no such state'), 'quiet')
})

test('addresses, mailboxes, labels', () => {
  assert.deepEqual(addressLines({ name: 'Ada', line1: 'Row 1', city: 'Bath', postalCode: 'BA1', country: 'GB' }, 'en'), [
    'Ada',
    'Row 1',
    'BA1 Bath',
    'United Kingdom',
  ])
  assert.equal(formatMailbox([{ name: 'Ada', address: 'a@x.org' }, 'b@x.org']), 'Ada <a@x.org>, b@x.org')
  assert.equal(mailboxName('Ada <a@x.org>, b@x.org'), 'Ada, b@x.org')
  assert.equal(mailboxName('"Ada B." <a@x.org>'), 'Ada B.')
  assert.equal(mailboxName('<a@x.org>'), '<a@x.org>')
  assert.equal(recordLabel({ id: 'prd_1', title: '', name: 'Sea' }), 'Sea')
})

test('a variant is named by its product too, and so is its stock', () => {
  const variant = { id: 'var_1', title: 'Paperback', sku: 'EMMA-P', product: { id: 'prod_1', title: 'Emma' } }
  assert.equal(labelIn('variants', variant), 'Emma, Paperback (EMMA-P)')
  assert.equal(labelIn('stockLevels', { id: 'stk_1', location: 'main', variant }), 'Emma, Paperback (EMMA-P)')
  assert.equal(labelIn('stockLevels', { id: 'stk_1', location: 'attic', variant }), 'Emma, Paperback (EMMA-P), attic')
  assert.equal(labelIn('variants', { ...variant, product: 'prod_1' }), 'Paperback')
})

test('what is no price is told with its reason', () => {
  assert.equal(priceMax, limits.cartAmountMax)
  for (const price of ['0', '19.90', '19,9', ' 7 ', '100000000000', '100000000000.00'])
    assert.equal(priceProblem(price, 'EUR'), undefined, price)
  const told = (text: string, currency = 'EUR') => priceProblem(text, currency)
  assert.equal(told('1,005'), 'At most 2 decimals, as in 19.90.')
  assert.equal(told('1.234,56'), 'Leave out what parts the thousands, as in 19.90.')
  assert.equal(told('-1'), 'A price is 0 or more.')
  for (const much of ['99999999999999', '100000000000.01', '9'.repeat(30)]) assert.match(told(much)!, /^At most \D*100,000,000,000\.00\.$/)
  for (const none of ['cheap', '1.', '$5']) assert.equal(told(none), 'Give an amount such as 19.90.')
  assert.equal(told('1.5', 'JPY'), 'JPY has no decimals: give an amount such as 20.')
})
