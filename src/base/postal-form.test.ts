import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCountry } from './countries.ts'
import { type PostalAddress, postalCountries, postalLines } from './postal-form.ts'

const written = (country: string, given: Omit<PostalAddress, 'country'>) => postalLines({ country, ...given }).join(' | ')

test('an address is written as its country writes it, and what is missing leaves no sign behind', () => {
  const of = (line1: string, city?: string, postalCode?: string, region?: string) => ({ line1, city, postalCode, region }) as never
  const cases: [country: string, given: never, lines: string][] = [
    ['DE', of('Kastanienallee 1', 'Berlin', '10435'), 'Kastanienallee 1 | 10435 Berlin'],
    ['US', of('1 Main St', 'Springfield', '62701', 'IL'), '1 Main St | Springfield, IL 62701'],
    ['US', of('1 Main St', 'Springfield', '62701'), '1 Main St | Springfield 62701'],
    ['CA', of('1 Rue', 'Montréal', 'H3Z 2Y7', 'QC'), '1 Rue | Montréal QC H3Z 2Y7'],
    ['GB', of('10 Downing Street', 'London', 'SW1A 2AA'), '10 Downing Street | London | SW1A 2AA'],
    ['IE', of('1 Quay', 'Dublin', 'D02 X285', 'Co. Dublin'), '1 Quay | Dublin | Co. Dublin | D02 X285'],
    ['IE', of('1 Quay', 'Dublin'), '1 Quay | Dublin'],
    ['BR', of('Rua A 1', 'São Paulo', '01310-000', 'SP'), 'Rua A 1 | São Paulo, SP | 01310-000'],
    ['IT', of('Via Roma 1', 'Milano', '20121', 'MI'), 'Via Roma 1 | 20121 Milano MI'],
    ['MX', of('Calle 1', 'Puebla', '72000', 'Pue.'), 'Calle 1 | 72000 Puebla, Pue.'],
    ['TR', of('Cadde 1', 'Kadıköy', '34710', 'İstanbul'), 'Cadde 1 | 34710 Kadıköy/İstanbul'],
    ['HU', of('Fő utca 1', 'Budapest', '1011'), 'Budapest | Fő utca 1 | 1011'],
    ['SG', of('1 Raffles Place', undefined, '048616'), '1 Raffles Place | 048616'],
    ['HK', of('1 Queen’s Road', undefined, undefined, 'Central'), '1 Queen’s Road | Central'],
    ['JP', of('1-1 Chiyoda', undefined, '100-0001', 'Tokyo'), '1-1 Chiyoda | Tokyo | 100-0001'],
    ['JP', of('千代田1-1', '千代田区', '100-0001', '東京都'), '〒100-0001 | 東京都千代田区千代田1-1'],
    ['JP', of('千代田1-1', '千代田区', undefined, '東京都'), '東京都千代田区千代田1-1'],
    ['KR', of('세종대로 1', '중구', '04524', '서울'), '서울 중구 세종대로 1 | 04524'],
    ['CN', of('1 Chang’an Ave', 'Beijing', '100000'), '1 Chang’an Ave | Beijing, 100000'],
    ['AQ', of('McMurdo Station'), 'McMurdo Station'],
  ]
  for (const [country, given, lines] of cases) assert.equal(written(country, given), lines)
  assert.equal(
    written('DE', { line1: 'Allee 1', line2: 'c/o Meyer', city: 'Berlin', postalCode: '10435' }),
    'Allee 1 | c/o Meyer | 10435 Berlin',
  )
})

test('of every part that is given each form has one, and each country has one form', () => {
  assert.deepEqual(new Set(postalCountries).size, postalCountries.length)
  for (const country of [...postalCountries, 'DE', 'FR']) {
    assert.ok(isCountry(country), country)
    for (const line1 of ['1 Street', '千代田1-1']) {
      const given = { line1, line2: 'Floor 2', city: 'Town', region: 'Region', postalCode: '12345' }
      const text = written(country, given)
      for (const part of Object.values(given)) assert.equal(text.split(part).length, 2, `${country}: ${part} in ${text}`)
    }
  }
})
