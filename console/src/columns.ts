/** Which fields a table shows, in which order: what names the record first, then its state and sums. */
import type { DisplayName } from '../../src/contract/field-forms.ts'
import type { CollectionInfo, FieldInfo } from './shapes.ts'

const names = ['number', 'title', 'name', 'subject', 'email', 'sku', 'slug', 'code', 'kind', 'account']
const states = ['roles', 'status', 'state', 'paymentStatus', 'fulfillmentStatus', 'direction', 'action']
const unshown: ReadonlySet<DisplayName> = new Set(['json', 'longText', 'references'])
const unnamed = new Set(['id', 'key', 'payload'])
const columnsMax = 7
// Where what a record is about names it better than any text of its own.
const leads: Readonly<Record<string, string>> = {
  stockLevels: 'variant',
  stockMovements: 'stockLevel',
  reservations: 'variant',
  giftCards: 'lastFour',
  storeCredits: 'customer',
}

// Where there is more to say of a record than fits, and its state is not the first of it.
const chosen: Readonly<Record<string, readonly string[]>> = {
  discounts: ['title', 'code', 'kind', 'active', 'uses', 'usesMax'],
}

/** At most seven fields: more do not fit beside the navigation on a laptop. */
export function columnsOf(collection: CollectionInfo): FieldInfo[] {
  const ranked = collection.fields
    .filter((field) => (!unshown.has(field.display) || field.name === 'roles') && !unnamed.has(field.name))
    .filter(({ name }) => chosen[collection.name]?.includes(name) ?? true)
    .map((field, index) => ({ field, rank: leads[collection.name] === field.name ? -1 : rankOf(field), index }))
    .sort((a, b) => a.rank - b.rank || a.index - b.index)
    .map((entry) => entry.field)
  const created = ranked.find((field) => field.name === 'createdAt' || field.name === 'postedAt')
  const rest = ranked.filter((field) => field !== created && field.name !== 'updatedAt')
  const shown = rest.slice(0, created === undefined ? columnsMax : columnsMax - 1)
  return created === undefined ? shown : [...shown, created]
}

function rankOf(field: FieldInfo): number {
  const name = names.indexOf(field.name)
  if (name >= 0) return name
  // A picture tells a record as well as its name does.
  if (isPicture(field)) return 10
  if (states.includes(field.name) || field.display === 'choice') return 20
  if (field.display === 'text' || field.display === 'email') return 30
  if (field.display === 'money') return 40
  if (field.display === 'reference') return 50
  if (field.display === 'dateTime' || field.display === 'date') return 70
  if (field.display === 'url') return 80
  return 60
}

function isPicture({ accept = [] }: FieldInfo): boolean {
  return accept.length > 0 && accept.every((type) => type.startsWith('image/'))
}

/** Is the field one that people align to the right? */
export function isNumeric(field: FieldInfo): boolean {
  return field.display === 'number' || field.display === 'money'
}
