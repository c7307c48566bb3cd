// What the config's `seed` returns, before any of it is stored: known collections and fields, and values that a
// record can hold. A time is milliseconds here, as a record has it, and so is all that is stored in a form of its own; a place is
// in degrees, and a file is the path of one of the project's.
import { isEngineError } from '../../base/engine-error.ts'
import { nearest } from '../../base/nearest.ts'
import type { SeedRecords } from '../../config/backend-config.ts'
import type { CollectionModel, Model } from '../../schema/model.ts'
import { type Add, is, line, list, object, passes, plainObject, wholeNumber } from '../../schema/shape.ts'
import { validatorOf } from '../../schema/validate.ts'
import { createInputSchema, writableFields } from '../../schema/wire.ts'

const shape = list(object({ collection: line, records: list(plainObject) }, { required: ['collection', 'records'] }))

const filePath = is(
  'the path of a file below the folder of the config, such as seed/cover.webp',
  (path) => typeof path === 'string' && /^(?:\.\/)?[^/\\\0]+(?:\/[^/\\\0]+)*$/.test(path) && !path.split('/').includes('..'),
)
const pathsOf = { one: filePath, many: list(filePath) }

/** Says every mistake: `seed[2].records[14].title: is missing`. */
export function checkSeed(given: unknown, model: Model, add: Add): void {
  if (!passes(shape, given, 'seed', add)) return
  for (const [index, { collection: name, records }] of (given as SeedRecords).entries()) {
    const collection = model.find(name)
    if (collection) for (const [at, record] of records.entries()) checkRecord(collection, record, `seed[${index}].records[${at}]`, add)
    else add(`seed[${index}].collection`, `there is no collection "${name}"${nearest(name, model.collections.keys())}`)
  }
}

function checkRecord(collection: CollectionModel, record: Readonly<Record<string, unknown>>, path: string, add: Add): void {
  const fields = writableFields(collection)
  // The stock of a variant is given with it, and kept by its level.
  const known = ['id', ...fields.map(({ name }) => name), ...(collection.name === 'variants' ? ['onHand'] : [])]
  for (const name of Object.keys(record)) if (!known.includes(name)) add(`${path}.${name}`, `is no field${nearest(name, known)}`)
  if (record['id'] !== undefined) line(record['id'], `${path}.id`, add)
  if (record['onHand'] !== undefined) wholeNumber(record['onHand'], `${path}.onHand`, add)
  const storedOf = (name: string) => {
    const { holdsFiles, seeded, stored } = collection.fields.get(name)!.field.kind
    return holdsFiles === undefined ? (seeded?.check ?? stored) : pathsOf[holdsFiles]
  }
  for (const { name, field } of fields) {
    if (record[name] != null) storedOf(name)?.(record[name], `${path}.${name}`, add)
    if (record[name] != null || !field.required) continue
    const isOfCaller = JSON.stringify(field.default) === '{"set":"actor"}'
    if (isOfCaller || (storedOf(name) && field.default === undefined))
      add(`${path}.${name}`, isOfCaller ? 'is missing: nobody is signed in while the seed is loaded' : 'is missing')
  }
  const plain = fields.filter(({ name }) => !storedOf(name))
  const values = plain.flatMap(({ name }) => (record[name] === undefined ? [] : [[name, record[name]]]))
  try {
    validatorOf(schemaOf(collection, plain))(Object.fromEntries(values))
  } catch (error) {
    if (!isEngineError(error, 'validation_failed')) throw error
    for (const issue of error.errors ?? []) add(path + issue.path.replaceAll('/', '.'), issue.message)
  }
}

/** One of a collection, so that it is compiled once for all its records. */
const schemas = new WeakMap<CollectionModel, object>()

function schemaOf(collection: CollectionModel, fields: Parameters<typeof createInputSchema>[0]): object {
  const known = schemas.get(collection) ?? createInputSchema(fields)
  schemas.set(collection, known)
  return known
}
