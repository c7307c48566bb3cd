/** Owns the address form. Field names are JSON pointers into the cart, so the server's errors land on them. */
import type { Address } from 'kingpost/client'
import { h } from './dom.ts'
import { field, readField, selectField } from './forms.ts'

const BASE = '/shippingAddress'

/** Where this shop sends books: the European Union, its neighbours, and a few far readers. */
const countries = 'AT BE BG CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK AU CA JP NZ US'.split(
  ' ',
)

/** What people there call the part of the country that an address names; elsewhere none is asked for. */
const regionNames: Readonly<Record<string, string>> = {
  AU: 'State',
  CA: 'Province',
  IE: 'County',
  IT: 'Province',
  JP: 'Prefecture',
  US: 'State',
}
/** Where an address is whole without one. */
const postcodeFree = new Set(['BG', 'CY', 'HR', 'IE', 'IS', 'MT', 'SI'])

/** What the fields are called. */
export type AddressWords = {
  readonly lang: string
  readonly fullName: string
  readonly street: string
  readonly addition: string
  readonly postcode: string
  readonly zip: string
  readonly town: string
  readonly region: string
  readonly country: string
  readonly optional: string
  /** Of the part of a country, by the country. */
  readonly regions: Readonly<Record<string, string>>
}
export const shopWords: AddressWords = {
  lang: 'en',
  fullName: 'Full name',
  street: 'Street and number',
  addition: 'Flat, floor, company',
  postcode: 'Postcode',
  zip: 'ZIP code',
  town: 'Town',
  region: 'Region',
  country: 'Country',
  optional: 'optional',
  regions: regionNames,
}

function namedCountries(language = 'en'): (readonly [code: string, name: string])[] {
  const names = new Intl.DisplayNames(language, { type: 'region' })
  return countries.map((code) => [code, names.of(code) ?? code] as const).toSorted((a, b) => a[1].localeCompare(b[1]))
}

/** `base`: where the address stands in what is sent, so that the server's errors find its fields. */
export function addressFields(address: Address | null, name: string, { base = BASE, words = shopWords } = {}): HTMLElement {
  const optionalText = words.optional
  const region = field({
    label: words.region,
    name: `${base}/region`,
    autocomplete: 'shipping address-level1',
    value: address?.region ?? '',
    optional: true,
    optionalText,
  })
  const postcode = field({
    label: words.postcode,
    name: `${base}/postalCode`,
    autocomplete: 'shipping postal-code',
    value: address?.postalCode ?? '',
    class: 'is-short',
  })
  const country = selectField(
    {
      label: words.country,
      name: `${base}/country`,
      autocomplete: 'shipping country',
      value: address?.country ?? localCountry(),
    },
    namedCountries(words.lang),
  )
  const select = country.querySelector('select')!
  const suit = () => {
    region.hidden = regionNames[select.value] === undefined
    nameField(region, words.regions[select.value] ?? words.region)
    nameField(postcode, select.value === 'US' ? words.zip : words.postcode)
    postcode.querySelector('input')!.required = !postcodeFree.has(select.value)
  }
  select.addEventListener('change', suit)
  suit()
  return h(
    'div',
    { class: 'address' },
    field({
      label: words.fullName,
      name: `${base}/name`,
      autocomplete: 'shipping name',
      value: address?.name ?? name,
    }),
    field({
      label: words.street,
      name: `${base}/line1`,
      autocomplete: 'shipping address-line1',
      value: address?.line1 ?? '',
    }),
    field({
      label: words.addition,
      name: `${base}/line2`,
      autocomplete: 'shipping address-line2',
      value: address?.line2 ?? '',
      optional: true,
      optionalText,
    }),
    postcode,
    field({
      label: words.town,
      name: `${base}/city`,
      autocomplete: 'shipping address-level2',
      value: address?.city ?? '',
      class: 'is-long',
    }),
    region,
    country,
  )
}

function nameField(of: HTMLElement, label: string): void {
  of.querySelector('label')!.firstChild!.textContent = label
}

export function readAddress(form: HTMLFormElement, base = BASE): Address {
  const read = (name: string) => readField(form, `${base}/${name}`)
  const line2 = read('line2')
  const postalCode = read('postalCode')
  // One that is hidden is of another country, chosen before.
  const region = regionNames[read('country')] === undefined ? '' : read('region')
  return {
    name: read('name'),
    line1: read('line1'),
    city: read('city'),
    country: read('country'),
    ...(line2 ? { line2 } : {}),
    ...(postalCode ? { postalCode } : {}),
    ...(region ? { region } : {}),
  }
}

/** As on a parcel, with the country as the last line. */
export function addressLines(address: Address, language = 'en'): string[] {
  const { name, line1, line2, postalCode, city, region, country } = address
  const town = [postalCode, city, region].filter(Boolean).join(' ')
  const land = new Intl.DisplayNames(language, { type: 'region' }).of(country) ?? country
  return [name, line1, line2, town, land].filter((line): line is string => Boolean(line))
}

/** Where nothing is sent, the country alone: it decides the tax. */
export function countryField(chosen: string | null): HTMLElement {
  return selectField({ label: 'Country', name: '/country', autocomplete: 'country', value: chosen ?? localCountry() }, namedCountries())
}

export function localCountry(): string {
  const region = new Intl.Locale(navigator.language).maximize().region
  return region && countries.includes(region) ? region : 'DE'
}
