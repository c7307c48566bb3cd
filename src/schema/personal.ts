// What of a collection is a person's: by which fields a record names somebody, what their erasure does to it, and which of its
// values say something of them. Read from the declaration, once. Invariant: a reference to a user always says something: where the
// declaration does not, its record stays and loses what names the person, so nothing of anybody else is deleted unasked.
import type { Filter } from '../contract/filter.ts'
import type { AnyRecord, Holds } from './collection.ts'
import { emailKind } from './kinds/email.ts'
import type { Field, OnErase } from './kinds/kind.ts'
import { longTextKind } from './kinds/long-text.ts'
import { textKind } from './kinds/text.ts'
import type { CollectionModel, CompiledField } from './model.ts'

export type PersonalWay = { readonly field: string; readonly holds: Holds; readonly onErase: OnErase }

export type Personal = {
  readonly ways: readonly PersonalWay[]
  /** Fields that are emptied when a record stays. */
  readonly fields: readonly CompiledField[]
  readonly freeForm: 'delete' | readonly string[] | null
  readonly waits: ((now: number) => Filter) | null
  readonly because: string
}

export const erasedWord = '[erased]'
/** A domain that never exists (RFC 2606 section 2): nothing that is sent there arrives anywhere. */
export const erasedDomain = 'erased.invalid'
/** In place of an address that several records may have. */
export const erasedEmail = `erased@${erasedDomain}`

const known = new WeakMap<CollectionModel, Personal>()

export function personalOf(collection: CollectionModel): Personal {
  let personal = known.get(collection)
  if (personal === undefined) {
    personal = compile(collection)
    known.set(collection, personal)
  }
  return personal
}

function compile(collection: CollectionModel): Personal {
  const { personal: own = {} } = collection.source
  const stored = [...collection.fields.values()].filter(({ isComputed, compute }) => !isComputed && compute === null)
  const ways = stored.flatMap(({ name, field }): PersonalWay[] => {
    const given = own.by?.[name]
    const holds = given?.holds ?? heldBy(field)
    if (holds === null) return []
    return [{ field: name, holds, onErase: given?.onErase ?? onEraseOf(field, collection.isAppendOnly) }]
  })
  const fields = stored.filter(({ name, field }) => field.personal === true || own.empty?.[name] !== undefined)
  return { ways, fields, freeForm: own.freeForm ?? null, waits: own.waits ?? null, because: own.because ?? '' }
}

function heldBy({ kind, to }: Field): Holds | null {
  if (kind.refers !== undefined && to === 'users') return kind.refers === 'one' ? 'user' : 'users'
  return kind === emailKind ? 'address' : null
}

/** What a declaration that says nothing means. */
export function onEraseOf({ kind, onErase, onDelete, required }: Field, isAppendOnly: boolean): OnErase {
  if (onErase !== undefined) return onErase
  if (onDelete === 'cascade') return 'delete'
  return isAppendOnly || (kind.refers === 'one' && required) ? 'keep' : 'clear'
}

/** Why a personal field could not be emptied; null when it can. */
export function emptyMistake({ kind, required, personal }: Pick<Field, 'kind' | 'required' | 'personal'>): string | null {
  if (personal !== true || !required || kind.refers === 'many' || kind.holdsFiles === 'many') return null
  if (kind === textKind || kind === longTextKind || kind === emailKind) return null
  return `is emptied when a person is erased, and a required ${kind.name} cannot be: leave required out`
}

/** What is left of a record that stays: `set` of an update, for whoever goes by these ways. */
export function emptied(
  collection: CollectionModel,
  record: AnyRecord,
  { ways, user }: { readonly ways: readonly PersonalWay[]; readonly user: string },
): Record<string, unknown> {
  const { fields } = personalOf(collection)
  const set: Record<string, unknown> = {}
  for (const one of fields) set[one.name] = emptyValue(collection, one, record)
  for (const { field, holds, onErase } of ways) {
    if (onErase !== 'clear') continue
    const value = record[field]
    if (holds === 'users') set[field] = Array.isArray(value) ? value.filter((id) => id !== user) : value
    else if (holds !== 'record') set[field] = emptyValue(collection, collection.fields.get(field)!, record)
  }
  return set
}

/** In place of a value that says something of a person. */
export function emptyValue({ source }: CollectionModel, { name, field }: CompiledField, record: AnyRecord): unknown {
  const own = source.personal?.empty?.[name]
  if (own !== undefined) return own(record)
  const value = record[name]
  if (Array.isArray(value)) return []
  if (value === null || value === undefined || !field.required) return null
  if (field.kind === emailKind) return field.unique ? erasedAddress(record.id) : erasedEmail
  if (field.kind !== textKind && field.kind !== longTextKind) return null
  return (field.unique ? `${erasedWord} ${record.id}` : erasedWord).slice(0, field.max)
}

/** One of its own: two erased accounts have two. */
export function erasedAddress(id: string): string {
  return `erased-${id.toLowerCase()}@${erasedDomain}`
}

/**
 * What is left of a deleted record in lines of the change feed: what may be words of the person or about them is gone, states,
 * numbers, times and references to other records stay, so that who may see it is decided as before.
 */
export function blanked(
  collection: CollectionModel | undefined,
  record: Readonly<Record<string, unknown>>,
  user: string,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => {
      const found = collection?.fields.get(name)
      if (name === 'id' || (found !== undefined && saysNothing(found))) return [name, value === user ? null : value]
      if (found === undefined) return [name, typeof value === 'number' || typeof value === 'boolean' ? value : null]
      return [name, Array.isArray(value) ? [] : blankOf(found, value)]
    }),
  )
}

const silent = new Set(['id', 'boolean', 'integer', 'decimal', 'money', 'dateTime', 'enum', 'ref', 'refs'])

function saysNothing({ field }: CompiledField): boolean {
  return silent.has(field.kind.name) && field.personal !== true
}

function blankOf({ field }: CompiledField, value: unknown): unknown {
  if (value === null) return null
  if (field.kind === emailKind) return erasedEmail
  return field.kind === textKind || field.kind === longTextKind ? erasedWord : null
}

/** The same for a record that has to stay since others refer to it: as `blanked`, and every field can be stored. */
export function blankStored(collection: CollectionModel, record: AnyRecord, user: string): Record<string, unknown> {
  const set: Record<string, unknown> = {}
  for (const one of collection.fields.values()) {
    const { name, field, isComputed, compute } = one
    if (isComputed || compute !== null || name === 'id' || name === 'createdAt' || name === 'updatedAt' || name === 'version') continue
    if (!saysNothing(one)) {
      const value = emptyValue(collection, one, record)
      // A required value of a kind that nothing can stand for stays: the declaration says what to do about that.
      if (value !== null || !field.required) set[name] = value
    } else if (record[name] === user && !field.required) set[name] = null
  }
  return set
}
