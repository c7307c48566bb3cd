// What may stand before and after the write of a record: the port through which code of a project takes part. A collection
// that has none pays nothing for it.
import type { Actor } from '../access/actor.ts'
import type { ProjectErrorKind } from '../base/project-error.ts'
import type { Work } from '../operation/work.ts'
import type { AnyRecord } from '../schema/collection.ts'
import type { Model } from '../schema/model.ts'

export const recordActions = ['create', 'update', 'delete'] as const
export type RecordAction = (typeof recordActions)[number]

/** One write of one record, under way in its transaction. */
export type RecordWrite = {
  readonly work: Work
  readonly model: Model
  readonly actor: Actor
  readonly action: RecordAction
  /** As it was read; null for one that is made. */
  readonly before: AnyRecord | null
  /** As it is to be written, or has been; of one that is deleted, as it was. */
  readonly record: AnyRecord
  /** A deletion that can be undone, or the undoing of one: what belongs to the record alone, such as its files, stays. */
  readonly isSoft?: boolean
  /** Hooks that led to it, each by a write of the one before it. Left out for what a caller asked for. */
  readonly causedBy?: readonly string[]
}

export type RecordHooks = {
  /** The project's own errors with which it may refuse. */
  readonly errors?: readonly ProjectErrorKind[]
  /** Answers fields that are written instead, in stored form and fit for it. */
  before(write: RecordWrite): Promise<Readonly<Record<string, unknown>>>
  after(write: RecordWrite): Promise<void>
  /** A record that was deleted so that it could be restored is gone for good. */
  purged?(work: Work, record: AnyRecord): Promise<void>
}

export type CollectionHooks = Partial<Record<RecordAction, RecordHooks>>
/** Of a collection by its name. */
export type HooksOf = (collection: string) => CollectionHooks | undefined
