// Seed data for an empty database in development, so that a demo has something to show. Written once.
import { and, eq } from '../contract/filter.ts'
import { mainLocation, stockLevels, stockMovements } from '../domains/stock/collections.ts'
import type { Backend } from '../engine/backend.ts'
import { checkSeed } from '../engine/config-check/check-seed.ts'
import type { Engine } from '../engine/create-engine.ts'
import type { AnyRecord } from '../schema/collection.ts'
import type { Field } from '../schema/kinds/kind.ts'
import type { CollectionModel } from '../schema/model.ts'
import { settings } from '../settings/collections.ts'
import { findUnique } from '../storage/find-all.ts'
import { inTransaction } from '../storage/in-transaction.ts'
import { claimSeedFiles, findSeedFiles, type SeedPlace, seedCause, storeSeedFiles } from './seed-files.ts'

/** A mistake in code that makes records is one in each of them. */
const mistakesShown = 20

/** All of it in one transaction: a killed first start leaves nothing half. */
export async function seedDatabase(engine: Engine, backend: Backend, { blobs, folder }: SeedPlace): Promise<void> {
  const { seed } = backend.config
  const { parts, newId } = engine
  if (!seed || (await findUnique(parts.storage.reader, settings, eq('name', 'seeded'))) !== null) return
  const groups = await seed({ newId, now: parts.clock.now() })
  const mistakes: string[] = []
  const add = (path: string, message: string) => void mistakes.push(`  ${path}: ${message}`)
  checkSeed(groups, backend.model, add)
  const found = mistakes.length > 0 ? [] : findSeedFiles(groups, { model: backend.model, folder, add })
  if (mistakes.length > 0) throw new Error(`The seed of the config is wrong:\n${mistakes.slice(0, mistakesShown).join('\n')}`)
  const stored = Map.groupBy(await storeSeedFiles(found, engine, blobs), ({ given }) => given)
  await inTransaction(parts, seedCause, async (tx, now) => {
    // Of processes that start at once one loads the seed: the others wait here until it has committed.
    if ((await tx.insertOnce(settings, { id: newId('set'), name: 'seeded', value: { at: now } })) === null) return
    for (const { collection: name, records } of groups) {
      const collection = backend.model.get({ name })
      for (const given of records) await insert(collection, given)
    }

    async function insert(collection: CollectionModel, given: Readonly<Record<string, unknown>>): Promise<void> {
      const { onHand, ...fields } = given as { onHand?: number }
      const named = { id: newId(collection.prefix), ...defaultsOf(collection, now), ...storedOf(collection, fields) }
      const record = await claimSeedFiles(tx, stored.get(given) ?? [], { collection, record: named })
      const kept = await collection.source.beforeChange?.({ tx, now, newId, before: null, after: { createdAt: now, ...record } })
      const after = await tx.insert<AnyRecord>(collection, { ...record, ...kept })
      await collection.source.afterChange?.({ tx, now, newId, before: null, after })
      if (onHand !== undefined) await stock(after.id, onHand)
    }

    /** `onHand` of a variant is not its own field but its stock level's. */
    async function stock(variant: string, onHand: number): Promise<void> {
      const level = await findUnique(tx, stockLevels, and(eq('variant', variant), eq('location', mainLocation)))
      if (!level || onHand <= 0) return
      await tx.update(stockLevels, level, { add: { onHand, available: onHand } })
      await tx.insert(stockMovements, {
        id: newId('mov'),
        stockLevel: level.id,
        kind: 'received',
        quantity: onHand,
        order: null,
        reason: 'seed',
      })
    }
  })
}

function storedOf(collection: CollectionModel, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const toStored = (name: string, value: unknown) => collection.fields.get(name)?.field.kind.seeded?.toStored(value) ?? value
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, toStored(name, value)]))
}

function defaultsOf(collection: CollectionModel, now: number): Record<string, unknown> {
  const entries = [...collection.fields.values()].filter(({ isComputed }) => !isComputed)
  return Object.fromEntries(
    entries.flatMap(({ name, field }) =>
      ['id', 'version', 'createdAt', 'updatedAt'].includes(name) ? [] : [[name, defaultOf(field, now)]],
    ),
  )
}

/** Nobody is signed in while the seed is loaded. */
function defaultOf({ kind, default: value = null }: Field, now: number): unknown {
  if (kind.isJson || typeof value !== 'object' || value === null || !('set' in value)) return value
  return value.set === 'now' ? now : null
}
