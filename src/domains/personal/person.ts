// Who is looked for, and which records are theirs. An address counts once its owner has shown that it is theirs: whoever typed a
// stranger's address into an account must not take that stranger's orders along.
import { eq, type Filter, has, oneOf } from '../../contract/filter.ts'
import type { CollectionModel, Model } from '../../schema/model.ts'
import { type PersonalWay, personalOf } from '../../schema/personal.ts'
import type { Reader } from '../../storage/storage.ts'
import { erasedId, erasedRecords } from './collections.ts'

/**
 * `address`: in lower case, as addresses are kept; null where it is not proven. `former`: those that the account had before, proven, which are nobody
 * else's now. `typed`: one that was only typed, in an account that nobody confirmed.
 */
export type Person = {
  readonly id: string
  readonly address: string | null
  readonly former?: readonly string[]
  readonly typed?: string | null
}

/** All that are known to be theirs. */
export function addressesOf({ address, former = [] }: Person): readonly string[] {
  return address === null ? former : [address, ...former]
}

/** Records that name the person themselves; null where nothing could be found by this way. */
export function whereNamed({ field, holds }: PersonalWay, person: Person): Filter | null {
  if (holds === 'user') return eq(field, person.id)
  if (holds === 'users') return has(field, person.id)
  const addresses = addressesOf(person)
  return holds === 'address' && addresses.length > 0 ? oneOf(field, addresses) : null
}

/** Those that belong to one of these records. */
export function whereFollows({ field }: PersonalWay, records: readonly string[]): Filter {
  return oneOf(field, records)
}

/** The ways by which this record is the person's. Of `record` none: those are found from what they follow. */
export function waysOf(collection: CollectionModel, record: Readonly<Record<string, unknown>>, person: Person): PersonalWay[] {
  const { id } = person
  const addresses = addressesOf(person)
  return personalOf(collection).ways.filter(({ field, holds }) => {
    const value = record[field]
    if (holds === 'users') return Array.isArray(value) && value.includes(id)
    if (holds === 'address') return typeof value === 'string' && addresses.includes(value.toLowerCase())
    return holds === 'user' && value === id
  })
}

export type Place = { readonly collection: CollectionModel; readonly way: PersonalWay }

/** `own` are left to whoever asks: the account itself, and the bookkeeping of erasures. */
export function placesIn(model: Model, own: readonly string[]): Place[] {
  return [...model.collections.values()]
    .filter(({ name }) => !own.includes(name))
    .flatMap((collection) => personalOf(collection).ways.map((way) => ({ collection, way })))
}

const idsInText = /[a-z]{2,8}_[0-9a-hjkmnp-tv-z]{26}/g

/** Tells of a page of texts which of them speak of the person or of one of the records that are erased. */
export async function speakOf(
  read: Reader,
  { person, erasure }: { readonly person: Person; readonly erasure: string },
  texts: readonly string[],
): Promise<boolean[]> {
  const addresses = addressesOf(person)
  const ids = texts.map((text) => new Set(text.match(idsInText)))
  const all = [...new Set(ids.flatMap((some) => [...some]))]
  const known = new Set((await erasedAmong(read, erasure, all)).map(({ record }) => record))
  return texts.map((text, index) => {
    const small = text.toLowerCase()
    if (ids[index]!.has(person.id) || addresses.some((address) => small.includes(address))) return true
    return [...ids[index]!].some((one) => known.has(one))
  })
}

const idsAtOnce = 500

export async function erasedAmong(read: Reader, erasure: string, ids: readonly string[]) {
  const found: NonNullable<(typeof erasedRecords)['record']>[] = []
  for (let start = 0; start < ids.length; start += idsAtOnce)
    found.push(
      ...(await read.getMany(
        erasedRecords,
        ids.slice(start, start + idsAtOnce).map((id) => erasedId(erasure, id)),
      )),
    )
  return found
}

/** What an account has asked for by typing its address, which carries nothing but that: mails to confirm it, to sign in. */
export function isAskedBy({ typed = null, former = [] }: Person, record: Readonly<Record<string, unknown>>): boolean {
  const { kind, payload } = record as { readonly kind?: unknown; readonly payload?: { readonly email?: unknown } | null }
  const email = payload?.email
  return String(kind).startsWith('accounts.') && typeof email === 'string' && (email === typed || former.includes(email))
}

/** Every text in a value with their addresses taken out, in whatever case it stands. */
export function withoutAddress<T>(value: T, person: Person, instead: string): T {
  const addresses = addressesOf(person)
  if (addresses.length === 0) return value
  const wanted = new RegExp(addresses.map((address) => address.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'), 'gi')
  const without = (one: unknown): unknown => {
    if (typeof one === 'string') return one.replace(wanted, instead)
    if (Array.isArray(one)) return one.map(without)
    if (typeof one !== 'object' || one === null) return one
    return Object.fromEntries(Object.entries(one).map(([name, inner]) => [name, without(inner)]))
  }
  return without(value) as T
}
