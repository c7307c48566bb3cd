// The views that are open, each with its readers.
import type { LiveView, Member } from './live-view.ts'
import { type Around, createViewRoutes } from './view-routes.ts'

export type ViewGroup = {
  readonly view: LiveView
  /** Who is told along with all others. */
  readonly members: Set<Member>
  /** How many hold it, those included that catch up by themselves. */
  holders: number
}

export type ViewGroups = {
  /** Of an equal view, if there is one. */
  enter(view: LiveView): ViewGroup
  leave(group: ViewGroup, member: Member): void
  size(): number
  all(): readonly ViewGroup[]
  /** Groups that a commit may be news for, with the number of such commits. */
  touchedBy(around: Around): Promise<ReadonlyMap<ViewGroup, number>>
}

export function createViewGroups(): ViewGroups {
  const groups = new Map<string, ViewGroup>()
  const routes = createViewRoutes()

  return {
    enter(view) {
      let group = groups.get(view.key)
      if (!group) {
        group = { view, members: new Set(), holders: 0 }
        groups.set(view.key, group)
        routes.add(view)
      }
      group.holders++
      return group
    },
    leave(group, member) {
      group.members.delete(member)
      if (--group.holders > 0) return
      groups.delete(group.view.key)
      routes.remove(group.view)
    },
    size: () => groups.size,
    all: () => [...groups.values()],
    async touchedBy(around) {
      const touched = new Map<ViewGroup, number>()
      for (const { changes } of around.commits) {
        const views = await Promise.all(changes.map((change) => routes.of(change, around)))
        for (const { key } of new Set(views.flatMap((some) => [...some]))) {
          const group = groups.get(key)
          if (group && group.members.size > 0) touched.set(group, (touched.get(group) ?? 0) + 1)
        }
      }
      return touched
    },
  }
}
