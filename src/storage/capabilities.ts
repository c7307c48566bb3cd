// What a database can do, as data with a default and a consequence. The conformance suite asserts
// each line: a capability that is not offered is refused, never skipped.

export type Capabilities = {
  /** Name and version as the database says it. */
  readonly product: string
  readonly version: string
  /** Several processes may write. When false, a second writer waits for the file's lock. */
  readonly isShared: boolean
  /** Schema changes roll back with their transaction. When false, steps are journalled one by one. */
  readonly hasTransactionalSchema: boolean
  /** Transactions waiting together share one durable commit. */
  readonly hasGroupCommit: boolean
  /** The database wakes waiting processes. When false they poll. */
  readonly hasNotifications: boolean
}
