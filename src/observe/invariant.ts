// The shape of an invariant group, and reading in pages: what every group is written with.
import type { BlobStore } from '../blobs/blob-store.ts'
import type { Filter } from '../contract/filter.ts'
import type { AnyRecord, CollectionRef } from '../schema/collection.ts'
import type { Model } from '../schema/model.ts'
import { findAll, pagesById } from '../storage/find-all.ts'
import type { Commit, Reader } from '../storage/storage.ts'

/** A group shares one pass over the data. `check` reports under the names that it declares. */
export type InvariantGroup = {
  /** Name and the sentence that must be true. */
  readonly invariants: Readonly<Record<string, string>>
  /** Collections it reads; a project without them has nothing to check. */
  readonly needs: readonly string[]
  readonly check: (context: VerifyContext) => Promise<void>
}

export type VerifyContext = {
  readonly read: Reader
  readonly model: Model
  readonly commitsAfter: (position: number, limit: number) => Promise<readonly Commit[]>
  readonly now: number
  /** How long something may be under way before it counts as stuck. 0 when all has come to rest. */
  readonly patienceMs: number
  /** `rows` are `collection/id`; `found` says what is there instead. */
  report(invariant: string, rows: readonly string[], found: string): void
  progress(rowCount: number): void
  /** Where the bytes of files are; left out where they are not looked at. */
  readonly bytes?: BytesContext
}

export type BytesContext = {
  readonly blobs: BlobStore
  /** Also reads each file to its end. */
  readonly isRead: boolean
  /** Files come and go while one state of the database is looked at: what seems wrong is asked for again, as it is now. */
  readonly now: <T>(ask: (read: Reader) => Promise<T>) => Promise<T>
}

/** Pages of a collection by id. */
export async function* pagesOf<T extends AnyRecord>(
  context: Pick<VerifyContext, 'read' | 'progress'>,
  collection: CollectionRef<T>,
  where?: Filter,
): AsyncGenerator<T[]> {
  for await (const page of pagesById(context.read, collection, where)) {
    context.progress(page.length)
    yield page
  }
}

/** All records that fit, read in pages: for what belongs to one page of something else. */
export async function allOf<T extends AnyRecord>(
  context: Pick<VerifyContext, 'read'>,
  collection: CollectionRef<T>,
  where: Filter,
): Promise<T[]> {
  return await findAll(context.read, collection, where)
}
