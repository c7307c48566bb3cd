// Who may send files and who may read one. A file has no rule of its own: it is as private as the value that it is.
import { type Actor, isStaff } from '../../access/actor.ts'
import { refusedTo } from '../../access/refusal.ts'
import { any, type Rule, ruleFilter } from '../../access/rule.ts'
import { findVisible, isReadable, reading } from '../../records/present.ts'
import type { Model } from '../../schema/model.ts'
import type { Reader } from '../../storage/storage.ts'
import type { FileRow } from './collections.ts'
import { collectionsWithFiles, filesIn } from './file-fields.ts'

/** Who might come to write a record that has files. */
export function sendersOf(model: Model): Rule {
  return any(
    ...collectionsWithFiles(model).flatMap(({ access: { create, update } }) => [create, update].filter((rule) => rule !== undefined)),
  )
}

/** @throws unauthenticated, forbidden */
export function checkSender(senders: Rule, actor: Actor): void {
  if (ruleFilter(senders, actor).op === 'false') throw refusedTo(actor, { of: 'whatever may be written with files', rule: senders })
}

/** The name of a sender for limits. */
export function senderOf(actor: Actor): string {
  return actor.id ?? actor.origin
}

/** Whoever may read the field of the record that it is the value of; until it is one, whoever sent it under their account. */
export async function isFileReadable(read: Reader, model: Model, { file, actor }: { file: FileRow; actor: Actor }): Promise<boolean> {
  if (file.state !== 'claimed') return file.state === 'stored' && actor.id !== null && file.uploadedBy === actor.id
  const collection = model.find(file.collection!)
  const field = collection?.fields.get(file.field!)
  if (collection === undefined || field === undefined || !isReadable(field.field, reading(actor, collection))) return false
  const record = await findVisible(read, collection, actor, file.record!)
  return record !== null && filesIn(record[field.name]).some(({ id }) => id === file.id)
}

/** Whether there is something for a signed link to lead to: no record that was deleted, though it may be restored. */
export async function isInPlace(read: Reader, model: Model, { state, collection: name, record }: FileRow): Promise<boolean> {
  if (state !== 'claimed') return state === 'stored'
  const collection = model.find(name!)
  return collection !== undefined && (await read.get(collection, record!)) !== null
}

/** A file is claimed by who has sent it. What a guest has sent is known to nobody else until then: its id is the proof. */
export function mayClaim(file: FileRow, actor: Actor): boolean {
  return file.state === 'stored' && (file.uploadedBy === actor.id || isStaff(actor))
}
