/** Owns the address form. Field names are JSON pointers into the cart, so the server's errors land on them. */
import type { Address } from '/client/index.ts'
import { h } from './dom.ts'
import { field, readField, selectField } from './forms.ts'

const BASE = '/shippingAddress'

/** Where this shop sends books: the European Union, its neighbours, and a few far readers. */
const countries = 'AT BE BG CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK AU CA JP NZ US'.split(
  ' ',
)

export function addressFields(address: Address | null, name: string): HTMLElement {
  const names = new Intl.DisplayNames('en', { type: 'region' })
  const choices = countries.map((code) => [code, names.of(code) ?? code] as const).toSorted((a, b) => a[1].localeCompare(b[1]))
  return h(
    'div',
    { class: 'address' },
    field({
      label: 'Full name',
      name: `${BASE}/name`,
      autocomplete: 'shipping name',
      value: address?.name ?? name,
    }),
    field({
      label: 'Street and number',
      name: `${BASE}/line1`,
      autocomplete: 'shipping address-line1',
      value: address?.line1 ?? '',
    }),
    field({
      label: 'Flat, floor, company',
      name: `${BASE}/line2`,
      autocomplete: 'shipping address-line2',
      value: address?.line2 ?? '',
      optional: true,
    }),
    field({
      label: 'Postcode',
      name: `${BASE}/postalCode`,
      autocomplete: 'shipping postal-code',
      value: address?.postalCode ?? '',
      class: 'is-short',
    }),
    field({
      label: 'Town',
      name: `${BASE}/city`,
      autocomplete: 'shipping address-level2',
      value: address?.city ?? '',
      class: 'is-long',
    }),
    selectField(
      {
        label: 'Country',
        name: `${BASE}/country`,
        autocomplete: 'shipping country',
        value: address?.country ?? localCountry(),
      },
      choices,
    ),
  )
}

export function readAddress(form: HTMLFormElement): Address {
  const read = (name: string) => readField(form, `${BASE}/${name}`)
  const line2 = read('line2')
  return {
    name: read('name'),
    line1: read('line1'),
    city: read('city'),
    postalCode: read('postalCode'),
    country: read('country'),
    ...(line2 ? { line2 } : {}),
  }
}

/** As on a parcel, with the country as the last line. */
export function addressLines(address: Address): string[] {
  const { name, line1, line2, postalCode, city, region, country } = address
  const town = [postalCode, city, region].filter(Boolean).join(' ')
  const land = new Intl.DisplayNames('en', { type: 'region' }).of(country) ?? country
  return [name, line1, line2 ?? '', town, land].filter((line) => line !== '')
}

export function localCountry(): string {
  const region = new Intl.Locale(navigator.language).maximize().region
  return region && countries.includes(region) ? region : 'DE'
}
