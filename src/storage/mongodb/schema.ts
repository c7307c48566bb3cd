// The schema of a MongoDB database at a start: an empty one is filled, additive changes are made. Nothing of it is in a
// transaction, so every step may be repeated and may meet another process that does the same at this moment. More goes
// by `kingpost migrate`.
import type { Db, MongoClient } from 'mongodb'
import type { Clock } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'
import type { Model } from '../../schema/model.ts'
import { refuseMisfits, type SchemaPolicy, stepsAtStart } from '../migrations/at-start.ts'
import type { Kinds, SchemaDialect } from '../migrations/dialect.ts'
import { wordsOfRows } from '../migrations/fill.ts'
import { adoptedKinds, kindsAfter, kindsBefore, withKinds } from '../migrations/kinds.ts'
import { valuesLooks } from '../migrations/look-through.ts'
import { planMigration } from '../migrations/plan.ts'
import type { Fill } from '../migrations/steps.ts'
import { storedModel } from '../migrations/stored-schema.ts'
import { linesName, prepareLog } from './commit-log.ts'
import type { Stored } from './document-codec.ts'
import { isDuplicate } from './errors.ts'
import { createCollection, createMongodbSchema, metaName, mongodbTypes, runStep } from './schema-dialect.ts'

/** Raised when the meaning of a stored document changes in a way older code would misread. */
const schemaVersion = 1

export type SchemaWish = { readonly client: MongoClient; readonly model: Model; readonly policy: SchemaPolicy; readonly clock: Clock }

/**
 * Answers the model with the names under which it is stored.
 * @throws Error with one sentence for people
 */
export async function prepareSchema(db: Db, { client, model, policy, clock }: SchemaWish): Promise<Model> {
  await checkVersion(db)
  const existing = new Set((await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name))
  if (!existing.has(linesName)) await createCollection(db, linesName, {})
  await prepareLog(db)
  const schema = createMongodbSchema({ client, db, product: '', clock, close: async () => {} })
  await schema.prepare()
  const before = await schema.introspect(model)
  const known = await schema.readKinds()
  let kinds = adoptedKinds(model, withKinds(before, known), { kinds: known, types: mongodbTypes })
  const stored = withKinds(before, kinds)
  const plan = planMigration({ model, stored, journal: await schema.readJournal(), types: mongodbTypes })
  const steps = stepsAtStart(plan, policy, before.tables.size === 0)
  for (const look of valuesLooks(steps, { model, stored, types: mongodbTypes })) {
    for (let query = look.next(); query !== null; query = look.next()) look.add(await schema.readRows(query))
    refuseMisfits(look.sentences())
  }
  for (const step of steps) {
    // Behind a backfill of the same start nobody has written.
    if (step.kind === 'backfill') await fillWords(schema, { model, kinds, fill: step.fill })
    else if (step.kind !== 'catchUp') await runStep(db, step)
    kinds = kindsAfter(kindsBefore(kinds, step), step, false)
  }
  if (kinds !== known) await schema.writeKinds(kinds)
  return await storedModelOf(db, { client, model, clock })
}

type Words = { readonly model: Model; readonly kinds: Kinds; readonly fill: Fill }

async function fillWords(schema: SchemaDialect, { model, kinds, fill }: Words): Promise<void> {
  const stored = withKinds(await schema.introspect(model), kinds)
  const collection = storedModel(model, stored, mongodbTypes).get({ name: fill.collection })
  const columns = [...stored.tables.get(fill.table)!.columns.values()]
  let after: string | null = null
  while (true) {
    const rows = await schema.readRows({ table: fill.table, columns, after, limit: limits.migrationBatchRowsMin })
    if (rows.length === 0) return
    after = rows.at(-1)!.id
    const note = { ids: [], cursor: after, rows: rows.length }
    await schema.writeRows({ table: fill.table, columns: fill.columns, rows: wordsOfRows(collection, fill, rows), note })
  }
}

/** The model with the names under which this database has it; changes nothing. */
export async function storedModelOf(db: Db, { client, model, clock }: Omit<SchemaWish, 'policy'>): Promise<Model> {
  const schema = createMongodbSchema({ client, db, product: '', clock, close: async () => {} })
  return storedModel(model, withKinds(await schema.introspect(model), await schema.readKinds()), mongodbTypes)
}

/** @throws Error with one sentence for people */
export async function checkVersion(db: Db): Promise<void> {
  const meta = db.collection<Stored>(metaName)
  const first = { value: schemaVersion }
  await orDuplicate(meta.updateOne({ _id: 'schemaVersion' }, { $setOnInsert: first }, { upsert: true }))
  const found = Number((await meta.findOne({ _id: 'schemaVersion' }))?.['value'])
  if (found > schemaVersion)
    throw new Error(
      `The database was written by a newer Kingpost (schema ${found}, this one knows ${schemaVersion}). Nothing was changed. Start it with the newer version.`,
    )
}

/** Two upserts of one document at once: the slower one may be told that it is there. That is as good. */
async function orDuplicate(upsert: Promise<unknown>): Promise<void> {
  try {
    await upsert
  } catch (error) {
    if (!isDuplicate(error)) throw error
  }
}
