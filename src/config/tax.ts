// What a config says of tax, completed, and the rate that is due somewhere at some time. Pure. A rate is found by the
// class of the goods and by where they go: the region, else the country, else all others.
import { readIban } from '../base/iban.ts'
import { offsetAt } from '../base/time-zone.ts'
import type { SellerConfig, TaxConfig, TaxRateConfig } from './backend-config.ts'
import type { SellerSettings, TaxRate, TaxRegion, TaxSettings } from './project.ts'

/** The class of whatever names none. */
export const standardClass = 'standard'

/** Names of the classes, `standard` first. */
export function taxClassesOf(tax: TaxConfig | undefined): readonly string[] {
  return [...new Set([standardClass, ...(tax?.rates ?? []).map((rate) => rate.class ?? standardClass)])]
}

type Taxed = { readonly taxClass: string | null; readonly isDigital?: boolean | null }

/** A digital edition of a book is taxed as the book is only where the law says so: its shop has to. */
export function taxClassOf(variant: Taxed, product: Pick<Taxed, 'taxClass'> | undefined, digitalClass: string): string {
  return variant.taxClass ?? (variant.isDigital === true ? digitalClass : (product?.taxClass ?? standardClass))
}

/** `timeZone`: whose days `from` and `until` are. */
export function taxOf(tax: TaxConfig | undefined, timeZone: string): TaxSettings {
  const short = Object.entries(tax?.ratesPpm ?? {}).map(([country, ratePpm]): TaxRateConfig => ({ country, ratePpm }))
  const rates = new Map<string, TaxRate[]>()
  for (const rate of [...short, ...(tax?.rates ?? [])]) {
    const key = keyOf(rate.class ?? standardClass, rate.country, rate.region ?? null)
    const from = rate.from === undefined ? null : startOfDay(rate.from, timeZone)
    const until = rate.until === undefined ? null : startOfDay(dayAfter(rate.until), timeZone)
    rates.set(key, [...(rates.get(key) ?? []), { ratePpm: rate.ratePpm, from, until }])
  }
  return {
    isIncluded: tax?.prices !== 'added',
    rounding: tax?.rounding ?? 'group',
    classes: taxClassesOf(tax),
    rates,
    regions: regionsOf(tax),
    exemptGroups: tax?.exemptGroups ?? [],
    reverseCharge: tax?.reverseCharge ?? null,
    service: tax?.service?.url ?? null,
  }
}

/** Those with rates of their own, by country: the ones that are declared first, then those that rates name alone. */
function regionsOf(tax: TaxConfig | undefined): ReadonlyMap<string, readonly TaxRegion[]> {
  const hasRates = (country: string, region: string) => tax?.rates?.some((rate) => rate.country === country && rate.region === region)
  const own = (tax?.regions ?? []).filter(({ country, region }) => hasRates(country, region))
  const declared = own.map(({ country, region, postalCodes = [], names = [] }) => ({
    country,
    region,
    postalCodes: postalCodes.map(plainCode),
    names: [region, ...names].map(plainName),
  }))
  const isDeclared = (country: string, region: string) => declared.some((one) => one.country === country && one.region === region)
  const named = (tax?.rates ?? []).flatMap(({ country, region }) =>
    region === undefined || isDeclared(country, region) ? [] : [{ country, region, postalCodes: [], names: [plainName(region)] }],
  )
  return Map.groupBy([...declared, ...named], ({ country }) => country)
}

type Place = { readonly country: string; readonly region?: string | null | undefined; readonly postalCode?: string | null | undefined }

/** The region with taxes of its own that an address lies in: by its postal code, else by the name that was typed. */
export function regionOf({ regions }: TaxSettings, { country, region, postalCode }: Place): string | null {
  const known = regions.get(country)
  if (known === undefined) return null
  const code = codeOf(known, postalCode ?? '')
  const name = plainName(region ?? '')
  const found =
    (code === '' ? undefined : known.find(({ postalCodes }) => postalCodes.some((start) => code.startsWith(start)))) ??
    (name === '' ? undefined : known.find(({ names }) => names.includes(name)))
  return found?.region ?? null
}

export type TaxPlace = { readonly country: string | null; readonly region: string | null; readonly at: number }

/**
 * Parts per million. A region that has rates has none of its country's. A class that has no rate there is taxed as `standard` is.
 * Without a country the rate for all others shows what is to be expected.
 */
export function rateOf(tax: TaxSettings, taxClass: string | null, place: TaxPlace): number {
  return foundRate(tax, taxClass, place)?.ratePpm ?? 0
}

/** Whether an address is needed to say: without a country there is no rate to be expected, though other places have some. */
export function isRateKnown(tax: TaxSettings, taxClass: string | null, place: TaxPlace): boolean {
  return place.country !== null || tax.rates.size === 0 || foundRate(tax, taxClass, place) !== null
}

function foundRate({ rates }: TaxSettings, taxClass: string | null, { country, region, at }: TaxPlace): TaxRate | null {
  const valid = (name: string, ofCountry: string, ofRegion: string | null) =>
    rates
      .get(keyOf(name, ofCountry, ofRegion))
      ?.findLast(({ from, until }) => (from ?? at) <= at && at < (until ?? Number.POSITIVE_INFINITY))
  for (const name of taxClass === null || taxClass === standardClass ? [standardClass] : [taxClass, standardClass]) {
    const found = (country === null ? undefined : valid(name, country, region)) ?? valid(name, '*', null)
    if (found !== undefined) return found
  }
  return null
}

function keyOf(taxClass: string, country: string, region: string | null): string {
  return region === null ? `${country} ${taxClass}` : `${country} ${taxClass} ${region}`
}

/** Without the letters that stand before the digits of a country's codes: `AX-22100`, `D-27498`. */
function codeOf(known: readonly TaxRegion[], text: string): string {
  const code = plainCode(text)
  const areDigits = known.every(({ postalCodes }) => postalCodes.every((start) => /^\d/.test(start)))
  return areDigits ? code.replace(/^[A-Z]{1,3}(?=\d)/, '') : code
}

/** `BT1 1AA` as `BT11AA`. */
function plainCode(text: string): string {
  return text.replaceAll(/[\s-]/g, '').toUpperCase()
}

function plainName(text: string): string {
  return text.trim().toLowerCase()
}

function startOfDay(day: string, timeZone: string): number {
  const asUtc = Date.parse(`${day}T00:00:00Z`)
  return asUtc - offsetAt(timeZone, asUtc - offsetAt(timeZone, asUtc))
}

function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10)
}

export function sellerOf(seller: SellerConfig | undefined): SellerSettings | null {
  if (seller === undefined) return null
  const { name, address, vatId = null, taxNumber = null, email = null, phone = null, register = null, bank } = seller
  const account = bank === undefined ? null : { holder: bank.holder ?? null, iban: readIban(bank.iban) ?? bank.iban, bic: bank.bic ?? null }
  return { name, address, vatId, taxNumber, email, phone, register, bank: account }
}
