// Carrying a database from one version to the next in the three runs an operator makes, and looking at what came of it.

import { systemClock } from '../../../src/base/clock.ts'
import type { Model } from '../../../src/schema/model.ts'
import { type Allowed, type Applied, type ApplyOptions, applyMigration, lookAt } from '../../../src/storage/migrations/apply.ts'
import type { SchemaDialect } from '../../../src/storage/migrations/dialect.ts'

import type { TestDatabase } from '../databases.ts'

export const runs = {
  /** Beside running servers. */
  beside: { isStopped: false, isContracting: false, allowsDestructive: false },
  /** Once all servers are stopped. */
  stopped: { isStopped: true, isContracting: false, allowsDestructive: false },
  contract: { isStopped: true, isContracting: true, allowsDestructive: false },
  /** Once the version before is gone. */
  destructive: { isStopped: true, isContracting: true, allowsDestructive: true },
} as const

export async function migrateTo(
  model: Model,
  dialect: SchemaDialect,
  { run, ...options }: { readonly run: keyof typeof runs } & Omit<ApplyOptions, keyof Allowed | 'by'>,
): Promise<Applied> {
  return await applyMigration({ dialect, model, clock: systemClock }, { ...runs[run], by: 'test', ...options })
}

export async function planOf(model: Model, dialect: SchemaDialect) {
  return await lookAt({ dialect, model, clock: systemClock })
}

/** The schema as it lies in the database, in an order of its own, to compare two of them. A text may lie in a column that is wider than it must be. */
export async function schemaOf(model: Model, dialect: SchemaDialect): Promise<unknown> {
  const { tables } = await dialect.introspect(model)
  const kinds = await dialect.readKinds()
  return [...tables.values()]
    .map(({ name, columns, indexes, checks }) => ({
      name,
      kinds: Object.entries(kinds[name] ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1)),
      columns: [...columns.values()]
        .map(({ name: column, type, isNullable }) => `${column} ${dialect.meaningOf(type)} ${isNullable}`)
        .toSorted(),
      indexes: indexes.map((index) => JSON.stringify([index.columns, index.isUnique, index.isValid])).toSorted(),
      checks: checks.map(({ column, least }) => `${column}>=${least}`).toSorted(),
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** All of them, in the order of their ids. */
export async function recordsOf(database: TestDatabase, url: string, model: Model, name: string): Promise<unknown[]> {
  const storage = await database.open(model, { url })
  const records: unknown[] = []
  let last: string | null = null
  while (true) {
    const page: { id: string }[] = await storage.reader.find({ name } as never, {
      limit: 200,
      ...(last === null ? {} : { after: [last] }),
    })
    records.push(...page)
    if (page.length < 200) break
    last = page.at(-1)!.id
  }
  await storage.close()
  return records
}
