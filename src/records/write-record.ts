// What creating and changing a record share: values in from the wire, rules on fields, references and
// unique values checked, and the answer out.
import type { Actor } from '../access/actor.ts'
import type { AskedRule } from '../access/refusal.ts'
import { EngineError, invalid } from '../base/engine-error.ts'
import { and, type Filter, matches } from '../contract/filter.ts'
import type { Answer } from '../operation/define.ts'
import type { Work } from '../operation/work.ts'
import type { AnyRecord } from '../schema/collection.ts'
import type { CollectionModel, Model } from '../schema/model.ts'
import { fromWire } from '../schema/wire.ts'
import type { Reader } from '../storage/storage.ts'
import type { Transaction } from '../storage/transaction.ts'
import { etagOf, etagOfRow } from './etag.ts'
import { isSettable, presentAll, readFilter } from './present.ts'

/** @throws forbidden for a field the caller may not set */
export function checkSettable(collection: CollectionModel, actor: Actor, names: readonly string[]): void {
  for (const name of names)
    if (!isSettable(collection.fields.get(name)!.field, actor))
      throw new EngineError('forbidden', {
        detail: `You may not set ${name}.`,
        errors: [{ path: `/${name}`, code: 'forbidden', message: 'may not be set by you' }],
      })
}

/** Given values in stored form. @throws forbidden for a field the caller may not set */
export function acceptFields(collection: CollectionModel, actor: Actor, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  checkSettable(collection, actor, Object.keys(given))
  const accepted: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(given)) {
    const { field } = collection.fields.get(name)!
    // The schemas say so too, but a project's own schema of a JSON field may allow null.
    if (value === null && field.required) throw invalid(`/${name}`, 'type', 'must not be null')
    accepted[name] = fromWire(field, value, `/${name}`)
  }
  return accepted
}

/**
 * The records named are kept until the commit: whoever deletes one waits, and then finds what refers to it.
 * @throws reference_not_found for an id that does not exist or that the caller may not see
 */
export async function checkReferences(
  tx: Pick<Transaction, 'get' | 'lock'>,
  model: Model,
  collection: CollectionModel,
  actor: Actor,
  values: Readonly<Record<string, unknown>>,
): Promise<void> {
  const named = referencesIn(collection, values)
  // In one order for all, so that two writers never wait for each other.
  const inOrder = named.toSorted((a, b) => (`${a.to} ${a.id}` < `${b.to} ${b.id}` ? -1 : 1))
  const found = new Map(await Promise.all(inOrder.map(async (one) => [one, await keep(tx, model, collection, one)] as const)))
  for (const one of named) {
    const target = model.get({ name: one.to })
    const record = found.get(one)
    // A rule that names its caller is never true for the system, which sees everything.
    if (record && (actor.kind === 'system' || (await fits(tx, target, record, readFilter(target, actor))))) continue
    throw new EngineError('reference_not_found', {
      detail: `${one.path} names no record of ${one.to}.`,
      errors: [{ path: one.path, code: 'reference_not_found', message: `names no record of ${one.to}` }],
    })
  }
}

type Reference = { readonly to: string; readonly id: string; readonly path: string }

function referencesIn(collection: CollectionModel, values: Readonly<Record<string, unknown>>): Reference[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const { to } = collection.fields.get(name)!.field
    if (to === undefined || value === null) return []
    return [value].flat().map((id, index) => ({ to, id: id as string, path: Array.isArray(value) ? `/${name}/${index}` : `/${name}` }))
  })
}

/** System records (users, orders) are never deleted. What a write keeps in step is taken as it will be needed, not twice. */
async function keep(tx: Pick<Transaction, 'get' | 'lock'>, model: Model, from: CollectionModel, { to, id }: Reference) {
  const target = model.get({ name: to })
  if (target.source.system) return await tx.get<AnyRecord>(target, id)
  return await tx.lock<AnyRecord>(target, id, from.source.afterChange ? 'exclusive' : 'shared')
}

/** The rule of the collection for such a write, as its config has it. */
export function ruleOf({ name, source }: CollectionModel, action: 'create' | 'update' | 'delete'): AskedRule {
  return { of: `${name}.${action}`, rule: source.access?.[action] }
}

/** Whether a record as it now is fits a rule; a rule through references asks the database. */
export async function fits(read: Pick<Reader, 'get'>, collection: CollectionModel, record: AnyRecord, filter: Filter): Promise<boolean> {
  const answer = matches(filter, record)
  return answer === 'ask' ? (await read.get(collection, record.id, filter)) !== null : answer
}

/** The record as its writer may see it, with its address and validator. */
export async function answerWith(
  { tx, now }: Pick<Work, 'tx' | 'now'>,
  collection: CollectionModel,
  actor: Actor,
  record: AnyRecord,
  status: number,
): Promise<Answer<unknown>> {
  const isVisible = await fits(tx, collection, record, and(readFilter(collection, actor)))
  const [output] = isVisible
    ? await presentAll(tx, collection, actor, [record], { now })
    : [{ id: record.id, createdAt: new Date(record.createdAt).toISOString() }]
  const isRowAlone = isVisible && !collection.source.loaded
  const etag = isRowAlone ? etagOfRow(JSON.stringify(output)) : isVisible ? etagOf(collection, actor, record, output) : undefined
  const headers: Record<string, string> = etag === undefined ? {} : { etag }
  if (status === 201) headers['location'] = `/api/${collection.name}/${record.id}`
  return { output, status, headers }
}
