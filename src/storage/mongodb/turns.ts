// Who may write a document now, among the transactions of this process. MongoDB lets nobody wait for a document:
// the second writer fails at once and runs again from the start, so a crowd before one document would spend itself
// on failing. Here the crowd queues. Invariants: a transaction that runs never waits (it fails and comes back), and
// one that comes back takes all its documents in ascending order before it runs, so nobody can wait in a circle.

export type Turn = {
  /** False when another transaction has the document: this one must run again. */
  take(key: string): boolean
  /** What it took, and what it could not. */
  readonly wanted: ReadonlySet<string>
  /** Whether it met a document that another one has. */
  mustRunAgain(): boolean
  end(): void
}

export type Turns = {
  /** Waits until all of these are free, and takes them. */
  begin(keys: ReadonlySet<string>): Promise<Turn>
}

export function createTurns(): Turns {
  /** Of each document that is taken, those who wait for it. */
  const queues = new Map<string, (() => void)[]>()

  async function wait(key: string): Promise<void> {
    const queue = queues.get(key)
    if (queue === undefined) queues.set(key, [])
    else await new Promise<void>((resolve) => void queue.push(resolve))
  }

  /** Hands it on to the next in line. */
  function release(key: string): void {
    const next = queues.get(key)!.shift()
    if (next === undefined) queues.delete(key)
    else next()
  }

  return {
    async begin(keys) {
      const held = new Set<string>()
      for (const key of [...keys].sort()) {
        await wait(key)
        held.add(key)
      }
      const wanted = new Set(keys)
      let isRefused = false
      return {
        wanted,
        mustRunAgain: () => isRefused,
        take(key) {
          wanted.add(key)
          if (held.has(key)) return true
          if (queues.has(key)) isRefused = true
          if (isRefused) return false
          queues.set(key, [])
          held.add(key)
          return true
        },
        end() {
          for (const key of held) release(key)
          held.clear()
        },
      }
    },
  }
}
