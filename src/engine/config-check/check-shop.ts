// What a config may say of taxes, of who sells, of groups of customers, and of carriers.
import { isDay } from '../../base/clock.ts'
import { countries, countriesWithoutTowns, isCountry } from '../../base/countries.ts'
import { isCurrency } from '../../base/currencies.ts'
import { isEmail } from '../../base/email-address.ts'
import { limits } from '../../base/limits.ts'
import { nearest } from '../../base/nearest.ts'
import { plainVatId, vatIdLetters, vatIdProblem } from '../../base/vat-id.ts'
import type { DownloadsConfig, SellerConfig, TaxConfig, TaxRateConfig, TaxRegionConfig } from '../../config/backend-config.ts'
import { euStateOf } from '../../config/eu-taxes.ts'
import type { SellerAddress } from '../../config/project.ts'
import { standardClass, taxClassesOf } from '../../config/tax.ts'
import { isTrackingTemplate } from '../../domains/fulfillment/carriers.ts'
import { type Add, type Check, flag, is, isObject, line, list, named, object, shown, whole, word } from '../../schema/shape.ts'
import { checkBank, checkService } from './check-invoices.ts'

const ratePpm = is(
  'parts per million from 0 to 1000000: 19 % is 190000',
  (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 1_000_000,
)
const day = is('a day, such as 2026-01-01', (value) => typeof value === 'string' && isDay(value))
const groupName = is(
  'a name of letters, digits, - and _ that begins with a letter, at most 40',
  (value) => typeof value === 'string' && /^[a-zA-Z][\w-]{0,39}$/.test(value),
)

const country: Check = (value, path, add) => {
  if (typeof value !== 'string' || !isCountry(value)) add(path, noCountry(value, ''))
}
const countryOrAll: Check = (value, path, add) => {
  if (value !== '*' && (typeof value !== 'string' || !isCountry(value))) add(path, noCountry(value, ', and not *'))
}

function noCountry(value: unknown, more: string): string {
  const near = typeof value === 'string' ? nearest(value, countries) : ''
  return `"${String(value)}" is no country of ISO 3166-1, such as DE${more}${near}`
}

const taxForm = object(
  {
    prices: word('included', 'added'),
    ratesPpm: named((name) => (value, path, add) => {
      countryOrAll(name, path, add)
      ratePpm(value, path, add)
    }),
    rates: list(
      object(
        { country: countryOrAll, region: line, class: groupName, ratePpm, from: day, until: day } satisfies Record<
          keyof TaxRateConfig,
          Check
        >,
        { required: ['country', 'ratePpm'] },
      ),
    ),
    regions: list(
      object({ country, region: line, postalCodes: list(line), names: list(line) } satisfies Record<keyof TaxRegionConfig, Check>, {
        required: ['country', 'region'],
      }),
    ),
    rounding: word('line', 'group'),
    exemptGroups: list(groupName),
    reverseCharge: word('format', 'vies'),
    service: checkService,
  } satisfies Record<keyof TaxConfig, Check>,
  { required: ['prices'] },
)

/** Beside the form: that there are rates, that none ends before it begins, and that a region is not left without a standard rate. */
export const checkTax: Check = (value, path, add) => {
  taxForm(value, path, add)
  if (!isObject(value)) return
  const rates = Array.isArray(value['rates']) ? Array.from(value['rates'] as readonly unknown[]) : []
  if (value['rates'] === undefined && value['ratesPpm'] === undefined) add(`${path}.ratesPpm`, 'is missing: give ratesPpm, or rates')
  const standing = rates.filter(isObject)
  for (const [index, rate] of rates.entries()) {
    if (!isObject(rate)) continue
    const { from, until, country: of, region } = rate
    if (typeof from === 'string' && typeof until === 'string' && until < from) add(`${path}.rates[${index}].until`, 'is before from')
    if (of === '*' && region !== undefined) add(`${path}.rates[${index}].region`, 'is of a country, and * is none')
    const isAlone = !standing.some(
      (one) => one['country'] === of && one['region'] === region && (one['class'] ?? standardClass) === standardClass,
    )
    if (region !== undefined && isAlone)
      add(
        `${path}.rates[${index}].region`,
        `${String(region)} has no rate of class ${standardClass}, and none of its country's holds there`,
      )
  }
}

const address = object(
  { line1: line, line2: line, city: line, region: line, postalCode: line, country } satisfies Record<keyof SellerAddress, Check>,
  { required: ['line1', 'country'] },
)

const addressWithTown: Check = (value, path, add) => {
  address(value, path, add)
  if (!isObject(value) || value['city'] !== undefined || countriesWithoutTowns.includes(String(value['country']))) return
  add(`${path}.city`, 'is missing')
}

export const checkSeller: Check = object(
  {
    name: line,
    address: addressWithTown,
    vatId: (value, path, add) => {
      const problem = typeof value === 'string' ? vatIdProblem(plainVatId(value)) : 'must be a text'
      // Sellers of other countries have numbers of other forms.
      if (problem !== null && (typeof value !== 'string' || vatIdLetters.includes(plainVatId(value).slice(0, 2))))
        add(path, `${shown(value)} ${problem}`)
    },
    taxNumber: line,
    email: is('an e-mail address', (value) => typeof value === 'string' && isEmail(value)),
    phone: line,
    register: line,
    bank: checkBank,
  } satisfies Record<keyof SellerConfig, Check>,
  { required: ['name', 'address'] },
)

/** What one part of a shop asks of another. */
export function checkShopTogether(shop: Readonly<Record<string, unknown>>, add: Add): void {
  const { tax, seller, customerGroups, currency, currencies, priceLists, stock, downloads } = shop
  const further = Array.isArray(currencies) ? currencies : []
  if (further.includes(currency)) add(`shop.currencies[${further.indexOf(currency)}]`, `is shop.currency, ${String(currency)}: name others`)
  if (further.length > 0 && priceLists === false) add('shop.priceLists', 'is false, and prices in shop.currencies stand in price lists')
  if (isObject(stock)) checkNearTogether(stock, add)
  const digital = isObject(downloads) ? downloads['taxClass'] : undefined
  if (typeof digital === 'string' && !taxClassesOf((isObject(tax) ? tax : undefined) as TaxConfig | undefined).includes(digital))
    add('shop.downloads.taxClass', `"${digital}" is the class of no rate of shop.tax.rates`)
  if (!isObject(tax)) return
  const groups = Array.isArray(customerGroups) ? customerGroups : []
  for (const group of Array.isArray(tax['exemptGroups']) ? tax['exemptGroups'] : [])
    if (!groups.includes(group)) add('shop.tax.exemptGroups', `"${String(group)}" is none of customerGroups`)
  if (tax['service'] !== undefined && tax['prices'] !== 'added')
    add('shop.tax.service', "needs prices: 'added', so that no price hides a rate")
  if (tax['reverseCharge'] === undefined) return
  const where = isObject(seller) && isObject(seller['address']) ? (seller['address'] as SellerAddress) : null
  if (!isObject(seller) || typeof seller['vatId'] !== 'string' || where === null || euStateOf(where) === null)
    add('shop.tax.reverseCharge', 'needs a seller with a vatId and an address in the EU: shop.seller')
}

export const checkCurrencies: Check = (value, path, add: Add) => {
  list((one, at) => {
    if (typeof one !== 'string' || !isCurrency(one)) add(at, `${shown(one)} is no ISO 4217 currency, such as CHF`)
  })(value, path, add)
  if (!Array.isArray(value)) return
  if (new Set(value).size < value.length) add(path, 'names a currency twice')
  if (value.length > limits.shopCurrenciesMax) add(path, `are more than ${limits.shopCurrenciesMax}`)
}

/** By the names of places. */
export const checkNear: Check = named(() => list(country))

/** Places that the config names, and a rule that has what it needs. */
function checkNearTogether({ locations, near, allocate }: Readonly<Record<string, unknown>>, add: Add): void {
  if (allocate === 'nearest' && !isObject(near)) add('shop.stock.near', 'is missing: to which countries is each place near?')
  const known = new Set([...(Array.isArray(locations) ? locations : []), 'main'])
  for (const name of isObject(near) ? Object.keys(near) : [])
    if (!known.has(name)) add(`shop.stock.near.${name}`, `"${name}" is none of shop.stock.locations`)
}

export const checkDownloads: Check = object({
  linkHours: whole(1, 720),
  times: whole(1, 1_000),
  consent: flag,
  taxClass: line,
} satisfies Record<keyof DownloadsConfig, Check>)

export const checkCustomerGroups: Check = (value, path, add: Add) => {
  list(groupName)(value, path, add)
  if (Array.isArray(value) && new Set(value).size < value.length) add(path, 'names a group twice')
}

const trackingTemplate = is(
  'an address with {number} in it, such as https://courier.example/follow/{number}',
  (value) => typeof value === 'string' && isTrackingTemplate(value),
)

export const checkCarriers: Check = named((name) => (value, path, add) => {
  if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name)) add(path, `"${name}" must be a name such as my-courier`)
  trackingTemplate(value, path, add)
})
