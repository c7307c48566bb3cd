// What is issued looks the same for ever: these hashes change with the layout, which then needs a number of its own.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { documentOf, documents } from '../../test/support/invoice-documents.ts'
import { dayText } from '../languages/language-texts.ts'
import { amountText, percentText } from './amounts.ts'
import { documentHash } from './invoice-document.ts'
import { renderPdf } from './render-pdf.ts'
import { writeCii } from './write-cii.ts'

const hashOf = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex').slice(0, 16)

const issued: Readonly<Record<string, string>> = {
  'several rates': 'd5033a96702e471b',
  scripts: '1f0ec439d6655dab',
}

test('a document gives the same bytes whenever it is rendered, and those that it gave before', async () => {
  for (const [name, hash] of Object.entries(issued)) {
    const once = await renderPdf(documents[name]!)
    assert.equal(hashOf(await renderPdf(documents[name]!)), hashOf(once), name)
    assert.equal(hashOf(once), hash, `${name}: what was issued with layout 1 looks different now`)
  }
})

test('an address is drawn by the lines that it was frozen with', async () => {
  const document = documentOf()
  const { address } = document.buyer
  const drawn = (lines?: readonly string[]) =>
    renderPdf({ ...document, buyer: { ...document.buyer, address: { ...address, ...(lines && { lines }) } } }).then(hashOf)
  const own = [address.line1, `${address.postalCode} ${address.city}`].filter((line): line is string => line !== null)
  assert.equal(await drawn(own), await drawn())
  assert.notEqual(await drawn(own.toReversed()), await drawn())
})

test('its hash does not depend on how a database keeps it, and on all that it says', () => {
  const document = documentOf()
  const turned = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(turned)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(
            Object.entries(value)
              .toReversed()
              .map(([name, one]) => [name, turned(one)]),
          )
        : value
  assert.equal(documentHash(turned(document) as typeof document), documentHash(document))
  assert.notEqual(documentHash({ ...document, paid: document.paid - 1 }), documentHash(document))
})

test('the XML holds the sums of each document: lines and shipping of a rate are what tax is due on', () => {
  for (const [name, document] of Object.entries(documents)) {
    const xml = writeCii(document)
    if (document.currency === 'KWD') {
      assert.equal(xml, null, 'EN 16931 takes two decimals at most')
      continue
    }
    const all = (tag: string) => [...xml!.matchAll(new RegExp(`<ram:${tag}[^>]*>([^<]*)<`, 'g'))].map(([, text]) => Number(text))
    const cents = (values: readonly number[]) => Math.round(values.reduce((sum, value) => sum + value, 0) * 100)
    const factor = document.currency === 'JPY' ? 100 : 1
    const [lines, ...totals] = [all('LineTotalAmount').slice(0, -1), all('LineTotalAmount').slice(-1)]
    assert.equal(cents(lines), cents(totals[0]!), name)
    assert.equal(cents(all('TaxBasisTotalAmount')), document.totals.net * factor, name)
    assert.equal(cents(all('LineTotalAmount').slice(-1)) + cents(all('ChargeTotalAmount')), cents(all('TaxBasisTotalAmount')), name)
    assert.equal(cents(all('CalculatedAmount')), document.totals.tax * factor, name)
    assert.equal(cents(all('GrandTotalAmount')), document.totals.total * factor, name)
    assert.equal(cents(all('DuePayableAmount')), (document.totals.total - document.paid) * factor, name)
  }
})

test('the XML keeps every character that XML can say, and nobody breaks out of an element', () => {
  const xml = writeCii(documents['scripts']!)!
  for (const text of ['ألف ليلة وليلة', '紅樓夢 📚 emoji 👩‍👩‍👧 and नमस्ते', '&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;'])
    assert.ok(xml.includes(text), text)
  assert.doesNotMatch(xml, /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/)
})

test('amounts, rates and days read as they are written in each language', () => {
  assert.equal(amountText(123_456_789, 'EUR', 'en'), '1,234,567.89')
  assert.equal(amountText(-123_456, 'EUR', 'de'), '\u22121.234,56')
  assert.equal(amountText(5, 'KWD', 'en'), '0.005')
  assert.equal(amountText(12_345, 'JPY', 'de'), '12.345')
  assert.equal(percentText(81_000, 'de'), '8,1')
  assert.equal(percentText(200_000, 'en'), '20')
  assert.equal(dayText('2026-03-01', 'de'), '1. März 2026')
  assert.equal(dayText('2026-03-01', 'en'), '1 March 2026')
})
