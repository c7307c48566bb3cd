// Addresses that an account keeps, to be used at checkout by their ids. A cart and an order have a copy: what is changed here later moves no
// parcel. Invariant: of one account at most one is the usual one to send to, and one to bill to; whoever writes one holds the account.

import type { Actor } from '../../access/actor.ts'
import { actorId, any, signedIn, staff, where } from '../../access/rule.ts'
import { countries, countriesWithoutTowns, countriesWithPostalCodes } from '../../base/countries.ts'
import { EngineError, type InputIssue, invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { isName } from '../../base/names.ts'
import { and, eq } from '../../contract/filter.ts'
import { type AfterChange, type BeforeChange, type CollectionRef, collection, recordOf } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { formatMessages } from '../../schema/validate.ts'
import { findAll } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'
import { users } from '../accounts/collections.ts'
import { tidyAddress } from './address.ts'
import type { Address } from './collections.ts'

const own = where('owner').eq(actorId)
const usual = ['isDefaultShipping', 'isDefaultBilling'] as const
const parts = ['name', 'line1', 'line2', 'city', 'region', 'postalCode', 'country', 'phone'] as const

export type SavedAddress = {
  readonly id: string
  readonly createdAt: number
  readonly updatedAt: number
  readonly version: number
  readonly owner: string
  readonly label: string | null
  readonly name: string
  readonly line1: string
  readonly line2: string | null
  readonly city: string
  readonly region: string | null
  readonly postalCode: string | null
  readonly country: string
  readonly phone: string | null
  readonly isDefaultShipping: boolean | null
  readonly isDefaultBilling: boolean | null
}
/** For what its declaration does itself. */
const saved: CollectionRef<SavedAddress> = { name: 'addresses' }

export const addresses = collection('addresses', {
  prefix: 'adr',
  title: 'Saved addresses',
  feed: false,
  fields: {
    owner: field.ref('users', { required: true, default: { set: 'actor' }, write: staff, onErase: 'delete' }),
    /** What its owner calls it: Home, Work. */
    label: field.text({ max: 60 }),
    name: field.text({ required: true, max: 200 }),
    line1: field.text({ required: true, max: 200 }),
    line2: field.text({ max: 200 }),
    /** Needed where a country has towns. */
    city: field.text({ max: 100 }),
    region: field.text({ max: 100 }),
    postalCode: field.text({ max: 20 }),
    /** ISO 3166-1 alpha-2. */
    country: field.text({ required: true, min: 2, max: 2 }),
    phone: field.text({ max: 40 }),
    isDefaultShipping: field.boolean({ default: false }),
    isDefaultBilling: field.boolean({ default: false }),
  },
  indexes: [['owner', '-createdAt']],
  access: { read: any(staff, own), create: signedIn, update: any(staff, own), delete: any(staff, own) },
  async beforeChange({ tx, before, after }: BeforeChange) {
    const wanted = recordOf(saved, after)
    // Two at once would each see no other.
    await tx.lock(users, wanted.owner, 'exclusive')
    if (before === null && (await savedBy(tx, wanted.owner)).length >= limits.savedAddressesMax)
      throw invalid('', 'maxItems', `an account keeps at most ${limits.savedAddressesMax} addresses: remove one first`)
    checkAddress(wanted)
    const none = Object.fromEntries(parts.map((name) => [name, null]))
    return { ...none, ...tidyAddress(addressOf(wanted)) }
  },
  async afterChange({ tx, after }: AfterChange) {
    if (after === null) return
    const written = recordOf(saved, after)
    const set = Object.fromEntries(usual.filter((name) => written[name] === true).map((name) => [name, false]))
    const names = Object.keys(set) as (typeof usual)[number][]
    if (names.length === 0) return
    for (const other of await savedBy(tx, written.owner))
      if (other.id !== written.id && names.some((name) => other[name] === true)) await tx.update(saved, other, { set })
  },
})

async function savedBy(read: Pick<Reader, 'find'>, owner: string): Promise<readonly SavedAddress[]> {
  return await findAll(read, saved, eq('owner', owner))
}

function addressOf(one: SavedAddress): Address {
  return Object.fromEntries(parts.map((name) => [name, one[name]])) as Address
}

/** As an address of a cart is asked for. @throws validation_failed with each part that is none */
function checkAddress(one: SavedAddress): void {
  const issues = parts.flatMap((name): InputIssue[] => {
    const text = one[name] ?? ''
    if (name === 'country')
      return countries.includes(text) ? [] : [{ path: '/country', code: 'enum', message: 'must be a country of ISO 3166-1, such as DE' }]
    const isNeeded =
      name === 'name' ||
      name === 'line1' ||
      (name === 'city' && !countriesWithoutTowns.includes(one.country)) ||
      (name === 'postalCode' && countriesWithPostalCodes.includes(one.country))
    if (text.trim() === '') return isNeeded ? [{ path: `/${name}`, code: 'required', message: 'is missing' }] : []
    return isName(text) ? [] : [{ path: `/${name}`, code: 'format', message: formatMessages['name']! }]
  })
  if (issues.length > 0) throw new EngineError('validation_failed', { errors: issues })
}

type Named = { readonly savedShippingAddress?: string; readonly savedBillingAddress?: string }
type Given = { readonly shippingAddress?: Address | null; readonly billingAddress?: Address | null }

/**
 * What a request gives, with the saved addresses that it names in their place: those of whoever asks, and of nobody else.
 * @throws reference_not_found; validation_failed for an address that is given in both ways
 */
export async function withSaved<T extends Named & Given>(
  read: Pick<Reader, 'find'>,
  actor: Actor,
  given: T,
): Promise<Omit<T, keyof Named> & Given> {
  const { savedShippingAddress, savedBillingAddress, ...rest } = given
  const copied: { shippingAddress?: Address; billingAddress?: Address } = {}
  for (const [name, into, id] of [
    ['savedShippingAddress', 'shippingAddress', savedShippingAddress],
    ['savedBillingAddress', 'billingAddress', savedBillingAddress],
  ] as const) {
    if (id === undefined) continue
    if (rest[into] !== undefined) throw invalid(`/${name}`, 'exclusive', `give ${into} or ${name}, and not both`)
    // Beyond the limit: an id is one record's.
    const [found] = actor.id === null ? [] : await read.find(saved, { where: and(eq('id', id), eq('owner', actor.id)), limit: 1 })
    if (found === undefined) {
      const errors = [{ path: `/${name}`, code: 'reference_not_found', message: 'names none of your addresses' }]
      throw new EngineError('reference_not_found', { errors })
    }
    copied[into] = tidyAddress(addressOf(found))
  }
  return { ...rest, ...copied }
}
