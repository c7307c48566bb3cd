// The schema of a database server at a start, from what is there to what may be done without being asked. How it is
// done is the dialect's.
import type { Model } from '../../schema/model.ts'
import { type SchemaPolicy, stepsAtStart } from '../migrations/at-start.ts'
import type { Kinds } from '../migrations/dialect.ts'
import { adoptedKinds, kindsAfter, kindsBefore, withKinds } from '../migrations/kinds.ts'
import { planMigration } from '../migrations/plan.ts'
import type { Step } from '../migrations/steps.ts'
import { type StoredSchema, storedModel } from '../migrations/stored-schema.ts'
import { type Ask, introspectServer, readJournal, readKinds, type SchemaWords } from './server-schema.ts'

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
  const kinds = steps.reduce((one, step) => kindsAfter(kindsBefore(one, step), step), adopted)
  return { steps, kinds: kinds === known ? null : kinds, stored }
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
