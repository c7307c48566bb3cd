// One database as several processes see it: each has an adapter of its own, which tells it of its own
// commits and of everybody's feed. For engines side by side in one test, on SQLite, where transactions
// are serial; tests on a database server open it several times instead.
import type { Commit, CommitLine, StorageAdapter } from '../../src/storage/storage.ts'

/** Makes the adapter of one more process. Closing it leaves the database open. */
export function shareStorage(inner: StorageAdapter): () => StorageAdapter {
  const readers: ((commit: Commit) => void)[] = []
  inner.onFeed((commit) => {
    for (const tell of readers) tell(commit)
  })
  return () => {
    const listeners: ((line: CommitLine) => void)[] = []
    return {
      ...inner,
      // As if it were a database of many processes: nobody may take over what another one holds.
      capabilities: { ...inner.capabilities, isShared: true },
      async transaction(work) {
        const own: CommitLine[] = []
        const result = await inner.transaction(async (tx) => {
          own.length = 0
          return await work({
            ...tx,
            async appendCommit(line) {
              own.push(line)
              await tx.appendCommit(line)
            },
          })
        })
        for (const line of own) for (const tell of listeners) tell(line)
        return result
      },
      onCommit: (listener) => void listeners.push(listener),
      onFeed: (listener) => void readers.push(listener),
      close: async () => {},
    }
  }
}
