// What a test's storage has written to: who looks whether nothing was stored reads only that again.
import type { AdapterTransaction, StorageAdapter } from '../../src/storage/storage.ts'

/** Whatever else a transaction is asked changes something. */
const reads: ReadonlySet<string | symbol> = new Set<keyof AdapterTransaction>([
  'get',
  'getMany',
  'find',
  'count',
  'group',
  'lock',
  'appendCommit',
])

/** The same storage; `wrote` is told of each write of its transactions, by the name of the collection. */
export function watchWrites(storage: StorageAdapter, wrote: (collection: string) => void): StorageAdapter {
  const watched = (tx: AdapterTransaction) =>
    new Proxy(tx, {
      get(at, name) {
        const value = Reflect.get(at, name) as unknown
        if (typeof value !== 'function') return value
        return (...given: readonly unknown[]) => {
          if (!reads.has(name)) wrote((given[0] as { readonly name: string }).name)
          return value.apply(at, given) as unknown
        }
      },
    })
  return new Proxy(storage, {
    get(at, name) {
      const value = Reflect.get(at, name) as unknown
      if (typeof value !== 'function') return value
      if (name === 'transaction') return (work: (tx: AdapterTransaction) => Promise<unknown>) => at.transaction((tx) => work(watched(tx)))
      return value.bind(at) as unknown
    },
  })
}
