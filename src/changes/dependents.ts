// Records that come into sight or leave it without a change of their own: their rule looks at another record, and that one
// changed. Which collections a filter looks at is known from the filter; who is meant is looked up from the other end.
import type { Filter, Scalar } from '../contract/filter.ts'
import type { AnyRecord } from '../schema/collection.ts'
import { valueAtPath } from '../schema/model.ts'
import type { Step } from './history.ts'
import type { Sight, Via } from './sight.ts'

/** One look from a record of `from` at others. */
export type Hop = Via & { readonly from: string; readonly paths: ReadonlySet<string> }
/** How a filter comes to look at a collection: from its own records, hop by hop. */
export type Chain = readonly Hop[]

export function chainsOf(collection: string, filter: Filter): Chain[] {
  if (filter.op === 'and' || filter.op === 'or') return filter.of.flatMap((part) => chainsOf(collection, part))
  if (filter.op === 'not') return chainsOf(collection, filter.of)
  if (filter.op !== 'via') return []
  const hop = { ...filter, from: collection, paths: new Set([filter.remote, ...pathsOf(filter.of)]) }
  return [[hop], ...chainsOf(filter.collection, filter.of).map((chain) => [hop, ...chain])]
}

/** Names of the fields of its own record that a filter looks at. */
export function pathsOf(filter: Filter): string[] {
  switch (filter.op) {
    case 'true':
    case 'false':
      return []
    case 'and':
    case 'or':
      return filter.of.flatMap(pathsOf)
    case 'not':
      return pathsOf(filter.of)
    case 'via':
      return [filter.local]
    case 'words':
      return [...filter.paths]
    default:
      return [filter.path.split('.', 1)[0]!]
  }
}

/** Ids of records at the start of the chain whose sight may have changed with these steps at its end, all of one commit. */
export async function dependentsOn(sight: Sight, chain: Chain, steps: readonly Step[]): Promise<ReadonlySet<string>> {
  const last = chain.at(-1)!
  let ends: readonly Pick<Step, 'before' | 'after'>[] = steps.filter((step) => step.collection === last.collection && isSeenBy(last, step))
  const position = steps[0]!.position
  for (const [level, hop] of chain.toReversed().entries()) {
    const keys = new Set((await Promise.all(ends.map((end) => movedKeys(sight, { ...hop, position }, end)))).flat())
    // A list of ids has no index: who holds one of them cannot be found in bounded time.
    const ids = await holdersOf(sight, hop, keys)
    if (level === chain.length - 1) return ids
    ends = await Promise.all(
      [...ids].map(async (id) => ({
        before: await sight.stateAt(hop.from, id, position - 1),
        after: await sight.stateAt(hop.from, id, position),
      })),
    )
  }
  return new Set()
}

/** Whether the hop looks at anything that changed in the step. What lies behind it has a chain of its own. */
function isSeenBy({ paths }: Hop, { changed }: Step): boolean {
  return changed === null || !changed.isDisjointFrom(paths)
}

/** Keys under which the record was found and is not any more, or is found now and was not. */
async function movedKeys(
  sight: Sight,
  { of, remote, position }: Hop & { readonly position: number },
  { before, after }: Pick<Step, 'before' | 'after'>,
): Promise<Scalar[]> {
  const keyOf = async (record: AnyRecord | null, at: number) =>
    record !== null && (await sight.fits(of, record, at)) ? valueAtPath(record, remote) : null
  const [earlier, now] = await Promise.all([keyOf(before, position - 1), keyOf(after, position)])
  return earlier === now ? [] : [earlier, now].filter((key) => key !== null)
}

async function holdersOf(sight: Sight, { from, local, isList }: Hop, keys: ReadonlySet<Scalar>): Promise<ReadonlySet<string>> {
  if (isList) {
    if (keys.size > 0) sight.giveUp()
    return new Set()
  }
  const all = await Promise.all([...keys].map((key) => sight.holders(from, local, key)))
  return new Set(all.flatMap((ids) => [...ids]))
}
