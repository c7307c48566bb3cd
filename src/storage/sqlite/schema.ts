// The schema of an SQLite database at a start: an empty one is filled, additive changes are made, and more is
// refused with a sentence. Whatever else must change goes by `kingpost migrate`.
import type { DatabaseSync } from 'node:sqlite'
import { limits } from '../../base/limits.ts'
import type { Model } from '../../schema/model.ts'
import { refuseMisfits, type SchemaPolicy, stepsAtStart } from '../migrations/at-start.ts'
import { wordsOfRows } from '../migrations/fill.ts'
import { adoptedKinds, kindsAfter, kindsBefore, withKinds } from '../migrations/kinds.ts'
import { valuesLooks } from '../migrations/look-through.ts'
import { planMigration } from '../migrations/plan.ts'
import type { Fill } from '../migrations/steps.ts'
import { type StoredSchema, storedModel } from '../migrations/stored-schema.ts'
import { prepareCommitLog } from './commit-log.ts'
import {
  checkVersion,
  introspectSqlite,
  prepareOwnTables,
  raiseVersion,
  readJournal,
  readKinds,
  readRows,
  runStep,
  sqliteTypes,
  statementsOf,
  writeMeta,
} from './schema-dialect.ts'

/**
 * Answers the model with the names under which it is stored.
 * @throws Error with one sentence for people
 */
export function prepareSchema(database: DatabaseSync, model: Model, policy: SchemaPolicy = 'additive'): Model {
  database.exec('begin immediate')
  try {
    checkVersion(database)
    prepareOwnTables(database)
    prepareCommitLog(database)
    raiseVersion(database)
    const stored = changeAtStart(database, model, policy)
    database.exec('commit')
    return stored
  } catch (error) {
    if (database.isTransaction) database.exec('rollback')
    throw error
  }
}

function changeAtStart(database: DatabaseSync, model: Model, policy: SchemaPolicy): Model {
  const before = introspectSqlite(database, model, false)
  const known = readKinds(database)
  let kinds = adoptedKinds(model, withKinds(before, known), { kinds: known, types: sqliteTypes })
  let stored = withKinds(before, kinds)
  const planOf = () => planMigration({ model, stored, journal: readJournal(database), types: sqliteTypes })
  let plan = planOf()
  // Rows are counted for who is told of them: a start that changes nothing takes as long however many there are.
  if (plan.steps.length + plan.problems.length > 0 && before.tables.size > 0) {
    stored = withKinds(introspectSqlite(database, model), kinds)
    plan = planOf()
  }
  const steps = stepsAtStart(plan, policy, before.tables.size === 0)
  for (const look of valuesLooks(steps, { model, stored, types: sqliteTypes })) {
    for (let query = look.next(); query !== null; query = look.next()) look.add(readRows(database, query))
    refuseMisfits(look.sentences())
  }
  for (const step of steps) {
    if (step.kind === 'backfill')
      fillWords(database, { model, stored: withKinds(introspectSqlite(database, model), kinds), fill: step.fill })
    // Behind a backfill of the same start nobody has written.
    else if (step.kind !== 'catchUp') runStep(database, step)
    kinds = kindsAfter(kindsBefore(kinds, step), step, true)
  }
  if (kinds !== known) writeMeta(database, 'columns', JSON.stringify(kinds))
  return storedModel(model, steps.length === 0 ? stored : withKinds(introspectSqlite(database, model), kinds), sqliteTypes)
}

type Words = { readonly model: Model; readonly stored: StoredSchema; readonly fill: Fill }

function fillWords(database: DatabaseSync, { model, stored, fill }: Words): void {
  const collection = storedModel(model, stored, sqliteTypes).get({ name: fill.collection })
  const columns = [...stored.tables.get(fill.table)!.columns.values()]
  const update = database.prepare(statementsOf({ kind: 'backfill', table: fill.table, fill })[0]!.sql)
  let after: string | null = null
  while (true) {
    const rows = readRows(database, { table: fill.table, columns, after, limit: limits.migrationBatchRowsMax })
    for (const { id, values } of wordsOfRows(collection, fill, rows)) update.run(values[0] as string, id)
    if (rows.length < limits.migrationBatchRowsMax) return
    after = rows.at(-1)!.id
  }
}

/** The model with the names under which this database has it; changes nothing. */
export function storedModelOf(database: DatabaseSync, model: Model): Model {
  return storedModel(model, withKinds(introspectSqlite(database, model), readKinds(database)), sqliteTypes)
}
