// Locks by name, held until the end of whoever took them, as a database server has them.

export type LockMode = 'shared' | 'exclusive'

/** Thrown by what cannot go on before somebody else has ended. */
export class Blocked<T> extends Error {
  readonly by: readonly T[]
  constructor(by: readonly T[]) {
    super('Somebody else holds a lock.')
    this.by = by
  }
}

type Waiting<T> = { readonly by: readonly T[]; readonly goOn: () => void }

export class RowLocks<T extends object> {
  private readonly held = new Map<string, Map<T, LockMode>>()
  private readonly keys = new Map<T, Set<string>>()
  private readonly waiting = new Map<T, Waiting<T>>()

  /** @throws Blocked */
  take(owner: T, key: string, mode: LockMode): void {
    let holders = this.held.get(key)
    if (holders) {
      const others = [...holders].filter(([other, have]) => other !== owner && (mode === 'exclusive' || have === 'exclusive'))
      if (others.length > 0) throw new Blocked(others.map(([other]) => other))
    } else this.held.set(key, (holders = new Map()))
    if (holders.get(owner) !== 'exclusive') holders.set(owner, mode)
    const keys = this.keys.get(owner)
    if (keys) keys.add(key)
    else this.keys.set(owner, new Set([key]))
  }

  /** Calls `goOn` once one of those in the way has ended. False when they wait for this one: a deadlock. */
  wait(owner: T, { by }: Blocked<T>, goOn: () => void): boolean {
    if (by.some((other) => this.waitsFor(other, owner))) return false
    this.waiting.set(owner, { by, goOn })
    return true
  }

  stopWaiting(owner: T): void {
    this.waiting.delete(owner)
  }

  release(owner: T): void {
    for (const key of this.keys.get(owner) ?? []) {
      const holders = this.held.get(key)!
      holders.delete(owner)
      if (holders.size === 0) this.held.delete(key)
    }
    this.keys.delete(owner)
    this.waiting.delete(owner)
    for (const [other, { by, goOn }] of this.waiting)
      if (by.includes(owner)) {
        this.waiting.delete(other)
        goOn()
      }
  }

  private waitsFor(owner: T, wanted: T): boolean {
    return owner === wanted || (this.waiting.get(owner)?.by ?? []).some((other) => this.waitsFor(other, wanted))
  }
}
