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

function namedCountries(): (readonly [code: string, name: string])[] {
  const names = new Intl.DisplayNames('en', { type: 'region' })
  return countries.map((code) => [code, names.of(code) ?? code] as const).toSorted((a, b) => a[1].localeCompare(b[1]))
}

export function addressFields(address: Address | null, name: string): HTMLElement {
  const choices = namedCountries()
  const region = field({
    label: 'Region',
    name: `${BASE}/region`,
    autocomplete: 'shipping address-level1',
    value: address?.region ?? '',
    optional: true,
  })
  const postcode = field({
    label: 'Postcode',
    name: `${BASE}/postalCode`,
    autocomplete: 'shipping postal-code',
    value: address?.postalCode ?? '',
    class: 'is-short',
  })
  const country = selectField(
    {
      label: 'Country',
      name: `${BASE}/country`,
      autocomplete: 'shipping country',
      value: address?.country ?? localCountry(),
    },
    choices,
  )
  const select = country.querySelector('select')!
  const suit = () => {
    region.hidden = regionNames[select.value] === undefined
    nameField(region, regionNames[select.value] ?? 'Region')
    nameField(postcode, select.value === 'US' ? 'ZIP code' : 'Postcode')
    postcode.querySelector('input')!.required = !postcodeFree.has(select.value)
  }
  select.addEventListener('change', suit)
  suit()
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
    postcode,
    field({
      label: 'Town',
      name: `${BASE}/city`,
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

export function readAddress(form: HTMLFormElement): Address {
  const read = (name: string) => readField(form, `${BASE}/${name}`)
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
export function addressLines(address: Address): string[] {
  const { name, line1, line2, postalCode, city, region, country } = address
  const town = [postalCode, city, region].filter(Boolean).join(' ')
  const land = new Intl.DisplayNames('en', { type: 'region' }).of(country) ?? country
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
