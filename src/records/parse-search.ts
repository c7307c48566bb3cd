// `search=words`: what it looks into for this caller, and what is found first.
import type { Actor } from '../access/actor.ts'
import { invalid } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import { always, and, type Filter, matches, never, or, type WordsFilter } from '../contract/filter.ts'
import { wordsSought } from '../contract/words.ts'
import type { CollectionModel } from '../schema/model.ts'
import type { QueryScope } from './parse-filter.ts'
import { isReadable } from './present.ts'

export type Search = {
  /** What is found. */
  readonly where: Filter
  /** The same by how well it fits, the best first; none where parts are searched. */
  readonly tiers: readonly WordsFilter[]
}

/** The fields that this caller's `search` looks into. Where there are none, a list does not take the parameter. */
export function searchPathsOf(collection: CollectionModel, actor: Actor): readonly string[] {
  return collection.searchPaths.filter((path) => isReadable(collection.fields.get(path)!.field, actor))
}

/** Every word is in some searchable field. @throws validation_failed */
export function parseSearch({ collection, actor }: QueryScope, text: string | undefined): Search {
  const given = (text ?? '').split(/\s+/).filter((word) => word !== '')
  if (given.length > limits.searchWordsMax) throw invalid('query:search', 'words', `has more than ${limits.searchWordsMax} words`)
  const paths = searchPathsOf(collection, actor)
  if (given.length === 0 || paths.length === 0) return { where: always, tiers: [] }
  if (collection.words.size === 0)
    return { where: and(...given.map((word) => or(...paths.map((path) => contains(path, word))))), tiers: [] }
  const words = wordsSought(text!)
  // Of marks alone: no text has a word that fits.
  if (words === null) return { where: never, tiers: [] }
  if (words.length > limits.searchPairsMax)
    throw invalid('query:search', 'words', `has more than ${limits.searchPairsMax} words and pairs of letters`)
  const tiers = tiersOf(collection, paths, words)
  return { where: tiers.at(-1)!, tiers }
}

/**
 * First what has all words in the fields of the most weight, whole; then what has its last word begin so. Then the same with the
 * fields of less weight. A tier depends on the record alone: what others there are never moves one, whoever may see them.
 */
function tiersOf(collection: CollectionModel, paths: readonly string[], words: WordsFilter['words']): WordsFilter[] {
  const weights = [...new Set(paths.map((path) => weightOf(collection, path)))].toSorted((a, b) => b - a)
  const whole = words.map(({ text }) => ({ text, isStart: false }))
  const ways = words.some(({ isStart }) => isStart) ? [whole, words] : [words]
  return weights.flatMap((least) => {
    const heavy = paths.filter((path) => weightOf(collection, path) >= least)
    return ways.map((sought): WordsFilter => ({ op: 'words', paths: heavy, words: sought }))
  })
}

function weightOf({ fields }: CollectionModel, path: string): number {
  const { search } = fields.get(path)!.field
  return typeof search === 'object' ? search.weight : 1
}

/** The place of a found record, as a cursor has it. */
export function tierOf(tiers: readonly WordsFilter[], record: Readonly<Record<string, unknown>>): number {
  const at = tiers.findIndex((tier) => matches(tier, record) === true)
  return at < 0 ? tiers.length - 1 : at
}

function contains(path: string, value: string): Filter {
  return { op: 'contains', path, value }
}
