// Categories: a tree. Each knows the way to it from the root, so that all below one are a range of an index.
// Invariant: `path` is the path of the parent and the own id; whoever places one holds the whole way to it, so no circle can be made by two at once.
import { anyone, nobody } from '../../access/rule.ts'
import { assert } from '../../base/assert.ts'
import { invalid, LostRace } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { and, compare, type Filter } from '../../contract/filter.ts'
import { type AfterChange, type BeforeChange, collection, recordOf, type WriteAccess } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { findAll } from '../../storage/find-all.ts'
import { staffOnly } from './staff-only.ts'

const fields = {
  slug: field.text({ required: true, unique: true, max: 100 }),
  title: field.text({ required: true, search: true }),
  position: field.integer({ default: 0 }),
  /** Null of one that stands at the top. */
  parent: field.ref('categories'),
  /** The ids from the top down to its own: `/cat_a/cat_b/`. Null only of one that was there before categories were a tree: it is at the top. */
  path: field.text({ max: limits.categoryPathCharacters, write: nobody }),
} as const

const base = collection('categories', { prefix: 'cat', fields })
export type Category = NonNullable<(typeof base)['record']>

export const categories = collection('categories', {
  prefix: 'cat',
  fields,
  indexes: [['path'], ['parent', 'position']],
  lists: { children: { from: 'categories', by: 'parent' } },
  access: { read: anyone, ...staffOnly },
  async beforeChange({ tx, before, after }: BeforeChange) {
    const [earlier, wanted] = [before && recordOf(base, before), recordOf(base, after)]
    const isPlaced = earlier !== null && (earlier.path ?? null) !== null && earlier.parent === wanted.parent
    return isPlaced ? {} : { path: await placeOf(tx, wanted, earlier !== null) }
  },
  async afterChange({ tx, before, after }: AfterChange) {
    if (before === null || after === null) return
    await moveBelow(tx, { from: pathOf(recordOf(base, before)), to: pathOf(recordOf(base, after)) })
  },
})

export function pathOf({ id, path }: Pick<Category, 'id' | 'path'>): string {
  return path ?? `/${id}/`
}

/** The ids from the top down to its own. */
export function idsOnPath(path: string): string[] {
  return path.split('/').filter((id) => id !== '')
}

/** All that stand below this path, at any depth. Ids are ASCII, and `0` is what follows `/` there. */
export function belowPath(path: string): Filter {
  return and(compare('path', 'gt', path), compare('path', 'lt', `${path.slice(0, -1)}0`))
}

/**
 * Where it stands under its parent. Held: itself and the whole way down to its parent, in the order of their ids; whoever moves one
 * of these waits, and then finds what was made of it.
 * @throws validation_failed for a circle, or too deep; conflict when the way has changed meanwhile
 */
async function placeOf(tx: WriteAccess, category: Category, isThere: boolean): Promise<string> {
  const { id, parent } = category
  const above = parent === null ? null : await tx.get(base, parent)
  const way = above === null ? [] : idsOnPath(pathOf(above))
  const held = [...new Set([...way, ...(isThere ? [id] : [])])].toSorted()
  for (const one of held) await tx.lock(base, one, one === id ? 'exclusive' : 'shared')
  const now = above === null ? null : await tx.lock(base, above.id, 'shared')
  if (now !== null && pathOf(now) !== pathOf(above!)) throw new LostRace(new Error('the way to the parent has changed meanwhile'))
  if (way.includes(id)) throw invalid('/parent', 'circle', 'is this category itself, or stands below it')
  const path = `${now === null ? '/' : pathOf(now)}${id}/`
  checkDepth(idsOnPath(path).length)
  return path
}

function checkDepth(depth: number): void {
  if (depth > limits.categoryDepthMax) throw invalid('/parent', 'too_deep', `would be deeper than ${limits.categoryDepthMax} levels`)
}

/** All below one that was moved are moved along. @throws validation_failed where there are too many, or they would be too deep */
async function moveBelow(tx: WriteAccess, { from, to }: { readonly from: string; readonly to: string }): Promise<void> {
  if (from === to) return
  const below = await findAll(tx, base, belowPath(from))
  if (below.length > limits.cascadeRecordsMax)
    throw invalid('/parent', 'too_many', `would move more than ${limits.cascadeRecordsMax} categories: move those below it first`)
  for (const one of below.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    assert(pathOf(one).startsWith(from), 'what stands below a path begins with it')
    const path = `${to}${pathOf(one).slice(from.length)}`
    checkDepth(idsOnPath(path).length)
    await tx.update(base, one, { set: { path } })
  }
}
