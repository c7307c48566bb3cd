// Reading by words from SQLite: pages that end where they are full, and counts that end where it is told.
import { and, type Filter } from '../../contract/filter.ts'
import type { CollectionModel } from '../../schema/model.ts'
import type { Compiler, SqlValue, Statement } from '../sql/compile.ts'
import type { FindQuery } from '../storage.ts'
import { tierStatement } from './search.ts'

export function createSearching(compiler: Compiler) {
  const conditionOf = (collection: CollectionModel, where: Filter | undefined): Statement | null => {
    const values: SqlValue[] = []
    return where === undefined || where.op === 'true' ? null : { sql: compiler.where(collection, where, values), values }
  }
  return {
    /** Tier by tier, until the page is full: what is not needed is not looked for. */
    page<TRow>(
      collection: CollectionModel,
      { where, ranked = [], after, limit }: FindQuery,
      look: (statement: Statement) => TRow[],
    ): TRow[] {
      const rest = conditionOf(collection, where)
      const list = compiler.columnsOf(collection, 't')
      const found: TRow[] = []
      for (let at = Number(after?.[0] ?? 0); at < ranked.length && found.length < limit; at++) {
        const seen = after?.[0] === at ? (after[1] as string) : undefined
        const tier = { filter: ranked[at]!, before: ranked.slice(0, at), after: seen, limit: limit - found.length, rest }
        found.push(...look(tierStatement(collection, list, tier)))
      }
      return found
    },

    /** Of a condition that has words the index is counted: as a condition it would be read to its end first. Null of others. */
    count(collection: CollectionModel, where: Filter | undefined, atMost = Number.MAX_SAFE_INTEGER): Statement | null {
      const parts = where?.op === 'and' ? where.of : where === undefined ? [] : [where]
      const filter = parts.find((part) => part.op === 'words')
      if (filter === undefined) return null
      const rest = conditionOf(collection, and(...parts.filter((part) => part !== filter)))
      const { sql, values } = tierStatement(collection, '1', { filter, before: [], after: undefined, limit: atMost, rest })
      return { sql: `select count(*) as "count" from (${sql})`, values }
    },
  }
}
