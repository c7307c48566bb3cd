// Who is looked for, and which records are theirs. An address counts once its owner has shown that it is theirs: whoever typed a
// stranger's address into an account must not take that stranger's orders along.
import { eq, type Filter, has, oneOf } from '../../contract/filter.ts'
import type { CollectionModel, Model } from '../../schema/model.ts'
import { type PersonalWay, personalOf } from '../../schema/personal.ts'
import type { Reader } from '../../storage/storage.ts'
import { erasedId, erasedRecords } from './collections.ts'

/** `address`: in lower case, as addresses are kept; null where it is not proven. `typed`: one that was only typed, in an account that nobody confirmed. */
export type Person = { readonly id: string; readonly address: string | null; readonly typed?: string | null }

/** Records that name the person themselves; null where nothing could be found by this way. */
export function whereNamed({ field, holds }: PersonalWay, { id, address }: Person): Filter | null {
  if (holds === 'user') return eq(field, id)
  if (holds === 'users') return has(field, id)
  return holds === 'address' && address !== null ? eq(field, address) : null
}

/** Those that belong to one of these records. */
export function whereFollows({ field }: PersonalWay, records: readonly string[]): Filter {
  return oneOf(field, records)
}

/** The ways by which this record is the person's. Of `record` none: those are found from what they follow. */
export function waysOf(collection: CollectionModel, record: Readonly<Record<string, unknown>>, { id, address }: Person): PersonalWay[] {
  return personalOf(collection).ways.filter(({ field, holds }) => {
    const value = record[field]
    if (holds === 'users') return Array.isArray(value) && value.includes(id)
    if (holds === 'address') return address !== null && typeof value === 'string' && value.toLowerCase() === address
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
  { person: { id, address }, erasure }: { readonly person: Person; readonly erasure: string },
  texts: readonly string[],
): Promise<boolean[]> {
  const ids = texts.map((text) => new Set(text.match(idsInText)))
  const all = [...new Set(ids.flatMap((some) => [...some]))]
  const known = new Set((await erasedAmong(read, erasure, all)).map(({ record }) => record))
  return texts.map((text, index) => {
    if (ids[index]!.has(id) || (address !== null && text.toLowerCase().includes(address))) return true
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
export function isAskedBy({ typed = null }: Person, record: Readonly<Record<string, unknown>>): boolean {
  const { kind, payload } = record as { readonly kind?: unknown; readonly payload?: { readonly email?: unknown } | null }
  return typed !== null && String(kind).startsWith('accounts.') && payload?.email === typed
}

/** Every text in a value with the address taken out, in whatever case it stands. */
export function withoutAddress<T>(value: T, { address }: Person, instead: string): T {
  if (address === null) return value
  const wanted = new RegExp(address.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'gi')
  const without = (one: unknown): unknown => {
    if (typeof one === 'string') return one.replace(wanted, instead)
    if (Array.isArray(one)) return one.map(without)
    if (typeof one !== 'object' || one === null) return one
    return Object.fromEntries(Object.entries(one).map(([name, inner]) => [name, without(inner)]))
  }
  return without(value) as T
}
