// Rates of value added tax of the EU as of 30 November 2026, and where its law ends inside a country. Data, for `shop.tax.rates` and
// `shop.tax.regions`; checked by hand against the Commission's TEDB (as of 29 September 2026), standard rates also against a second table
// of all changes since 2016. Not in the tables, or not verified, is what docs/guides/taxes.md names. Class `reduced` is the lower
// reduced rate, `intermediate` the higher one: which goods have which is each country's matter.
import type { TaxRateConfig, TaxRegionConfig } from './backend-config.ts'
import { regionOf, taxOf } from './tax.ts'

/** Of a class, in parts per million; a list where it changed: the rate, and from which day. */
type Rate = number | readonly (readonly [ratePpm: number, from: string | null])[]
type Rates = { readonly standard: Rate; readonly reduced?: Rate; readonly intermediate?: Rate; readonly super_reduced?: Rate }

const france: Rates = { standard: 200_000, reduced: 55_000, intermediate: 100_000, super_reduced: 21_000 }
const frenchIslands: Rates = { standard: 85_000, reduced: 21_000 }
const untaxed: Rates = { standard: 0 }

/** By country, or `country/region`. */
const table: Readonly<Record<string, Rates>> = {
  AT: { standard: 200_000, reduced: 100_000, intermediate: 130_000, super_reduced: [[49_000, '2026-07-01']] },
  'AT/jungholz_mittelberg': { standard: 190_000, reduced: 100_000, intermediate: 130_000 },
  BE: { standard: 210_000, reduced: 60_000, intermediate: 120_000 },
  BG: { standard: 200_000, reduced: 90_000 },
  CY: { standard: 190_000, reduced: 50_000, intermediate: 90_000, super_reduced: 30_000 },
  CZ: { standard: 210_000, reduced: [[120_000, '2024-01-01']] },
  DE: { standard: 190_000, reduced: 70_000 },
  'DE/heligoland': untaxed,
  'DE/buesingen': untaxed,
  DK: { standard: 250_000 },
  EE: {
    standard: [
      [220_000, '2024-01-01'],
      [240_000, '2025-07-01'],
    ],
    reduced: 90_000,
    intermediate: [[130_000, '2025-01-01']],
  },
  ES: { standard: 210_000, reduced: 100_000, super_reduced: 40_000 },
  'ES/canary_islands': untaxed,
  'ES/ceuta': untaxed,
  'ES/melilla': untaxed,
  FI: {
    standard: [
      [240_000, null],
      [255_000, '2024-09-01'],
    ],
    reduced: 100_000,
    intermediate: [
      [140_000, null],
      [135_000, '2026-01-01'],
    ],
  },
  'FI/aland': untaxed,
  AX: untaxed,
  FR: france,
  MC: france,
  GP: frenchIslands,
  MQ: frenchIslands,
  RE: frenchIslands,
  'FR/guadeloupe': frenchIslands,
  'FR/martinique': frenchIslands,
  'FR/reunion': frenchIslands,
  'FR/outside_vat': untaxed,
  GR: { standard: 240_000, reduced: 60_000, intermediate: 130_000 },
  'GR/mount_athos': untaxed,
  HR: { standard: 250_000, reduced: 50_000, intermediate: 130_000 },
  HU: { standard: 270_000, reduced: 50_000, intermediate: 180_000 },
  IE: { standard: 230_000, reduced: 90_000, intermediate: 135_000, super_reduced: 48_000 },
  IT: { standard: 220_000, reduced: 50_000, intermediate: 100_000, super_reduced: 40_000 },
  'IT/livigno': untaxed,
  'IT/campione': untaxed,
  LT: {
    standard: 210_000,
    reduced: 50_000,
    intermediate: [
      [90_000, null],
      [120_000, '2026-01-01'],
    ],
  },
  LU: { standard: [[170_000, '2024-01-01']], reduced: 80_000, intermediate: 140_000, super_reduced: 30_000 },
  LV: { standard: 210_000, reduced: 50_000, intermediate: 120_000 },
  MT: { standard: 180_000, reduced: 50_000, intermediate: 70_000 },
  NL: { standard: 210_000, reduced: 90_000 },
  PL: { standard: 230_000, reduced: 50_000, intermediate: 80_000 },
  PT: { standard: 230_000, reduced: 60_000, intermediate: 130_000 },
  'PT/azores': { standard: 160_000, reduced: 40_000, intermediate: 90_000 },
  'PT/madeira': { standard: 220_000, reduced: 40_000, intermediate: 120_000 },
  RO: {
    standard: [
      [190_000, null],
      [210_000, '2025-08-01'],
    ],
    reduced: [
      [50_000, null],
      [110_000, '2025-08-01'],
    ],
    intermediate: [
      [90_000, null],
      [110_000, '2025-08-01'],
    ],
  },
  SE: { standard: 250_000, reduced: 60_000, intermediate: 120_000 },
  SI: { standard: 220_000, reduced: 50_000, intermediate: 95_000 },
  SK: {
    standard: [
      [200_000, null],
      [230_000, '2025-01-01'],
    ],
    reduced: [[50_000, '2025-01-01']],
    intermediate: [[190_000, '2025-01-01']],
  },
  // Goods there are taxed by the EU's rules at the rates of the United Kingdom.
  'GB/northern_ireland': { standard: 200_000, reduced: 50_000 },
}

/** All of the 27 countries, of Monaco, and of the regions of `euRegions`. */
export const euRates: readonly TaxRateConfig[] = Object.entries(table).flatMap(([place, rates]) => {
  const [country, region] = place.split('/') as [string, string?]
  const at = { country, ...(region !== undefined && { region }) }
  return Object.entries(rates).flatMap(([name, rate]) =>
    (typeof rate === 'number' ? [[rate, null] as const] : (rate as Exclude<Rate, number>)).map(
      ([ratePpm, from]): TaxRateConfig => ({ ...at, class: name, ratePpm, ...(from !== null && { from }) }),
    ),
  )
})

/** Parts of EU countries with rates of their own, or outside of the EU's tax; and the one of the United Kingdom that is inside, for goods. */
export const euRegions: readonly TaxRegionConfig[] = [
  { country: 'AT', region: 'jungholz_mittelberg', postalCodes: ['6691', '6991', '6992', '6993'] },
  { country: 'DE', region: 'heligoland', postalCodes: ['27498'], names: ['Helgoland'] },
  { country: 'DE', region: 'buesingen', postalCodes: ['78266'], names: ['Büsingen', 'Büsingen am Hochrhein'] },
  {
    country: 'ES',
    region: 'canary_islands',
    postalCodes: ['35', '38'],
    names: ['Canary Islands', 'Islas Canarias', 'Canarias', 'Las Palmas', 'Santa Cruz de Tenerife'],
  },
  { country: 'ES', region: 'ceuta', postalCodes: ['51'] },
  { country: 'ES', region: 'melilla', postalCodes: ['52'] },
  { country: 'FI', region: 'aland', postalCodes: ['22'], names: ['Åland', 'Ahvenanmaa'] },
  // Saint Barthélemy and Saint Martin have codes of Guadeloupe; 973 French Guiana, 975 Saint Pierre and Miquelon, 976 Mayotte, 986 Wallis
  // and Futuna, 987 French Polynesia, 988 New Caledonia.
  { country: 'FR', region: 'outside_vat', postalCodes: ['97133', '97150', '973', '975', '976', '986', '987', '988'] },
  { country: 'FR', region: 'guadeloupe', postalCodes: ['971'] },
  { country: 'FR', region: 'martinique', postalCodes: ['972'] },
  { country: 'FR', region: 'reunion', postalCodes: ['974'], names: ['La Réunion', 'Réunion'] },
  { country: 'GR', region: 'mount_athos', postalCodes: ['63086', '63087'] },
  { country: 'IT', region: 'livigno', postalCodes: ['23041'] },
  { country: 'IT', region: 'campione', postalCodes: ['22061'], names: ["Campione d'Italia"] },
  { country: 'PT', region: 'azores', postalCodes: ['95', '96', '97', '98', '99'], names: ['Açores'] },
  { country: 'PT', region: 'madeira', postalCodes: ['90', '91', '92', '93', '94'] },
  { country: 'GB', region: 'northern_ireland', postalCodes: ['BT'], names: ['Northern Ireland'] },
]

const members = new Set('AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(' '))
/** Of members, and no supply inside the EU for its taxes: Article 6 of Directive 2006/112/EC. */
const outside = new Set([
  'heligoland',
  'buesingen',
  'canary_islands',
  'ceuta',
  'melilla',
  'aland',
  'outside_vat',
  'guadeloupe',
  'martinique',
  'reunion',
  'mount_athos',
  'livigno',
  'campione',
])
const known = taxOf({ prices: 'included', rates: euRates, regions: euRegions }, 'UTC')

type Place = Parameters<typeof regionOf>[1]

/** The country in whose EU tax a place lies: `GB` for goods in Northern Ireland, `FR` for Monaco; null outside. */
export function euStateOf(place: Place): string | null {
  const region = regionOf(known, place)
  if (region === 'northern_ireland') return 'GB'
  if (place.country === 'MC') return 'FR'
  return members.has(place.country) && (region === null || !outside.has(region)) ? place.country : null
}
