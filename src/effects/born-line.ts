// Effects that are leased to this process from birth and wait for a place: the oldest for which there is one comes first.
import type { Effect } from './effect.ts'
import type { Places } from './places.ts'

export type BornLine = {
  size(): number
  add(effect: Effect): void
  next(): Effect | undefined
  /** For somebody who waits for it. */
  remove(id: string): Effect | undefined
  /** Of code of the project, which has no place for now. */
  removeOwn(): readonly Effect[]
  removeAll(): readonly Effect[]
}

export function createBornLine(places: Pick<Places, 'isOwn' | 'hasRoom' | 'roomOf'>): BornLine {
  // A line for each that has places of its own: the first of one may have to wait while others need not.
  const lines = new Map<string, Effect[]>()
  const nameOf = ({ kind }: Effect) => (places.isOwn(kind) ? 'own' : places.roomOf(kind) === null ? 'others' : `few ${kind}`)
  const all = () => [...lines.values()]
  return {
    size: () => all().reduce((sum, line) => sum + line.length, 0),
    add(effect) {
      const name = nameOf(effect)
      const line = lines.get(name)
      if (line === undefined) lines.set(name, [effect])
      else line.push(effect)
    },
    next() {
      const open = all().filter(([first]) => first !== undefined && places.hasRoom(first.kind))
      const [oldest] = open.toSorted(([one], [other]) => one!.createdAt - other!.createdAt)
      return oldest?.shift()
    },
    remove(id) {
      for (const [name, line] of lines) {
        const index = name === 'own' ? -1 : line.findIndex((effect) => effect.id === id)
        if (index >= 0) return line.splice(index, 1)[0]
      }
      return undefined
    },
    removeOwn: () => lines.get('own')?.splice(0) ?? [],
    removeAll: () => all().flatMap((line) => line.splice(0)),
  }
}
