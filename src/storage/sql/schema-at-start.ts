// The schema of a database server at a start, from what is there to what may be done without being asked. How it is
// done is the dialect's.
import { limits } from '../../base/limits.ts'
import type { Model } from '../../schema/model.ts'
import { refuseMisfits, type SchemaPolicy, stepsAtStart } from '../migrations/at-start.ts'
import type { Kinds } from '../migrations/dialect.ts'
import { wordsOfRows } from '../migrations/fill.ts'
import { adoptedKinds, kindsAfter, kindsBefore, withKinds } from '../migrations/kinds.ts'
import { valuesLooks } from '../migrations/look-through.ts'
import { planMigration } from '../migrations/plan.ts'
import type { Fill, Step } from '../migrations/steps.ts'
import { type StoredSchema, storedModel } from '../migrations/stored-schema.ts'
import { type Ask, introspectServer, readJournal, readKinds, readRows, runStatements, type SchemaWords } from './server-schema.ts'

export type StartingSchema = {
  readonly steps: readonly Step[]
  /** As they are once the steps are done. Null when they are so already. */
  readonly kinds: Kinds | null
  readonly stored: StoredSchema
}

/** Looks, and changes nothing. @throws Error with sentences for people when more is needed than may be done at a start */
export async function planStart(
  ask: Ask,
  words: SchemaWords,
  { model, policy }: { readonly model: Model; readonly policy: SchemaPolicy },
): Promise<StartingSchema> {
  const { types } = words
  const bare = await introspectServer(ask, words, model)
  const known = await readKinds(ask, words)
  const adopted = adoptedKinds(model, withKinds(bare, known), { kinds: known, types })
  const stored = withKinds(bare, adopted)
  const plan = planMigration({ model, stored, journal: await readJournal(ask, words), types })
  const steps = stepsAtStart(plan, policy, bare.tables.size === 0)
  for (const look of valuesLooks(steps, { model, stored, types })) {
    for (let query = look.next(); query !== null; query = look.next()) look.add(await readRows(ask, words, query))
    refuseMisfits(look.sentences())
  }
  const kinds = steps.reduce((one, step) => kindsAfter(kindsBefore(one, step), step, false), adopted)
  return { steps, kinds: kinds === known ? null : kinds, stored }
}

/** Carries a step out that may be done at a start. */
export async function runAtStart(
  ask: Ask,
  words: SchemaWords,
  { step, model }: { readonly step: Step; readonly model: Model },
): Promise<void> {
  if (step.kind === 'backfill') await fillWords(ask, words, { fill: step.fill, model })
  // Behind a backfill of the same start nobody has written.
  else if (step.kind !== 'catchUp') await runStatements(ask, words, step)
}

async function fillWords(
  ask: Ask,
  words: SchemaWords,
  { fill, model: declared }: { readonly fill: Fill; readonly model: Model },
): Promise<void> {
  const { stored, model } = await storedModelOn(ask, words, declared)
  const collection = model.get({ name: fill.collection })
  const columns = [...stored.tables.get(fill.table)!.columns.values()]
  let after: string | null = null
  while (true) {
    const rows = await readRows(ask, words, { table: fill.table, columns, after, limit: limits.migrationBatchRowsMax })
    if (rows.length === 0) return
    after = rows.at(-1)!.id
    const note = { ids: [], cursor: after, rows: rows.length }
    const batch = { table: fill.table, columns: fill.columns, rows: wordsOfRows(collection, fill, rows), note }
    for (const { sql, values } of words.updateOf(batch)) await ask(sql, values)
  }
}

/** The model with the names under which this database has it; changes nothing. */
export async function storedModelOn(
  ask: Ask,
  words: SchemaWords,
  model: Model,
): Promise<{ readonly model: Model; readonly stored: StoredSchema }> {
  const stored = withKinds(await introspectServer(ask, words, model), await readKinds(ask, words))
  return { model: storedModel(model, stored, words.types), stored }
}
