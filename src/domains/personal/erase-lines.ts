// The change feed and the audit trail keep old lines, with values that records had: those of the person are rewritten without them.
// Positions stay, and so does what a line tells of states and numbers: whoever follows the feed continues where they were, and the
// audit trail still says who did what. Invariant: lines of others are stored as they were.
import { isDeepStrictEqual } from 'node:util'
import { effects } from '../../effects/effect.ts'
import { parseRequestLine } from '../../operation/request-line.ts'
import type { AnyRecord } from '../../schema/collection.ts'
import type { CollectionModel, Model } from '../../schema/model.ts'
import { blanked, emptied, emptyValue, erasedAddress, erasedDomain, personalOf } from '../../schema/personal.ts'
import type { Commit, Reader, RecordChange } from '../../storage/storage.ts'
import { users } from '../accounts/collections.ts'
import { erasedAmong, isAskedBy, type Person, waysOf, withoutAddress } from './person.ts'

type Scope = { readonly read: Reader; readonly model: Model; readonly person: Person; readonly erasure: string }

/** Those of these lines that must change, as they are to be stored. */
export async function rewrittenLines(scope: Scope, commits: readonly Commit[]): Promise<Commit[]> {
  const { read, erasure, person } = scope
  const ids = [...new Set(commits.flatMap(({ changes }) => changes.map(({ id }) => id)))]
  const erased = new Map((await erasedAmong(read, erasure, ids)).map(({ record, how }) => [record, how]))
  return commits.flatMap((commit) => {
    const changes = commit.changes.map((change) => rewritten(scope, change, howOf(scope, change, erased.get(change.id))))
    const isTheirs = commit.actor.split(' ', 1)[0] === person.id
    // Where the request came from: a network address is a person's as well.
    const requestId = isTheirs ? parseRequestLine(commit.requestId).requestId : commit.requestId
    const isSame = requestId === commit.requestId && isDeepStrictEqual(changes, commit.changes)
    return isSame ? [] : [{ ...commit, requestId, changes }]
  })
}

type How = 'account' | 'delete' | 'clear' | undefined

/** Also of a record that was gone before: as its own values of then say. */
function howOf({ model, person }: Scope, { id, collection: name, record, before }: RecordChange, noted: How): How {
  if (id === person.id) return 'account'
  if (name === effects.name && isAskedBy(person, record)) return 'delete'
  const collection = model.find(name)
  if (noted !== undefined || collection === undefined) return noted
  const ways = [record, { ...record, ...before }].flatMap((state) => waysOf(collection, state, person))
  return ways.length === 0 ? undefined : ways.some(({ onErase }) => onErase === 'delete') ? 'delete' : 'clear'
}

function rewritten({ model, person }: Scope, change: RecordChange, how: How): RecordChange {
  const collection = model.find(change.collection)
  const made = (part: Readonly<Record<string, unknown>>) => without({ collection, person, how, whole: change.record }, part)
  const { record, before, ...rest } = change
  const told = { ...rest, record: made(record) as AnyRecord, ...(before === undefined ? {} : { before: made(before) }) }
  return withoutAddress(told, person, `erased@${erasedDomain}`)
}

type Part = { readonly collection: CollectionModel | undefined; readonly person: Person; readonly how: How; readonly whole: AnyRecord }

/** `part`: a record, or the values of it that were replaced. */
function without({ collection, person, how, whole }: Part, part: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (how === undefined) return part
  if (how === 'account' && collection?.name === users.name) {
    const instead: Readonly<Record<string, unknown>> = { email: erasedAddress(person.id), name: null }
    return { ...part, ...Object.fromEntries(Object.entries(instead).filter(([name]) => Object.hasOwn(part, name))) }
  }
  if (how === 'delete' || collection === undefined) return blanked(collection, part, person.id)
  // An earlier value may have been another address of theirs.
  const addresses = personalOf(collection).ways.filter(({ holds, onErase }) => holds === 'address' && onErase === 'clear')
  const record = { ...whole, ...part }
  const set = {
    ...Object.fromEntries(addresses.map(({ field }) => [field, emptyValue(collection, collection.fields.get(field)!, record)])),
    ...emptied(collection, record, { ways: waysOf(collection, record, person), user: person.id }),
  }
  return { ...part, ...Object.fromEntries(Object.entries(set).filter(([name]) => Object.hasOwn(part, name))) }
}
