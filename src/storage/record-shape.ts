// Records of one collection as objects of one form, whoever makes them. V8 reads, copies and writes out objects of one hidden
// class several times faster than objects that were put together by spreading, each in its own order. As the codecs of rows,
// this is made as source text; the names in it come from the checked model (letters and digits), never from input.
import { invalid } from '../base/engine-error.ts'
import type { AnyRecord } from '../schema/collection.ts'
import type { CollectionModel, CompiledField } from '../schema/model.ts'

export type RecordShape = {
  /** A new record: what is given, with its times and version. */
  make(given: object, now: number): AnyRecord
  copy(record: AnyRecord): AnyRecord
  /** With what is computed of its other fields and stored. @throws Error where the function of a field fails */
  complete(record: AnyRecord): AnyRecord
  /** Those fields. */
  readonly computed: readonly string[]
  /** Without the fields that are kept out of the feed: too large for it, or no business of an audit trail. */
  tell(record: AnyRecord): AnyRecord
  /**
   * What every database can keep and give back as it is. Requests are checked before; this stands behind the operations of a
   * project, which may add up what they were given: a number too large could be written, and then be read by nothing.
   * @throws validation_failed for a number that is not whole, or beyond what is exact (2^53 - 1), with its field
   */
  check(record: AnyRecord): void
}

const shapes = new WeakMap<CollectionModel, RecordShape>()

export function shapeOf(collection: CollectionModel): RecordShape {
  let shape = shapes.get(collection)
  if (shape === undefined) {
    shape = createShape(collection)
    shapes.set(collection, shape)
  }
  return shape
}

const system: Readonly<Record<string, string>> = { createdAt: 'now', updatedAt: 'now', version: '1' }

function createShape({ fields, heavyFields }: CollectionModel): RecordShape {
  const stored = [...fields.values()].filter(({ isComputed }) => !isComputed)
  const names = stored.map(({ name }) => name)
  const literal = (own: readonly string[], textOf: (name: string) => string) =>
    `return ({ ${own.map((name) => `${name}: ${textOf(name)}`).join(', ')} })`
  const asItIs = (name: string) => `record.${name}`
  const made = stored.flatMap(({ name, compute }) => (compute === null ? [] : [[name, compute] as const]))
  const light = names.filter((name) => !heavyFields.includes(name))
  return {
    make: new Function(
      'given',
      'now',
      literal(names, (name) => system[name] ?? `given.${name}`),
    ) as RecordShape['make'],
    copy: new Function('record', literal(names, asItIs)) as RecordShape['copy'],
    complete: (record) =>
      made.length === 0 ? record : { ...record, ...Object.fromEntries(made.map(([name, compute]) => [name, compute(record)])) },
    computed: made.map(([name]) => name),
    tell: heavyFields.length === 0 ? (record) => record : (new Function('record', literal(light, asItIs)) as RecordShape['tell']),
    check: new Function('isExact', 'refuse', `return (record) => { ${stored.map(checkOf).join(' ')} }`)(Number.isSafeInteger, refuse),
  }
}

function checkOf({ name, columns }: CompiledField): string {
  const value = `record.${name}`
  const [first] = columns
  if (columns.length === 1)
    return first!.type === 'json' ? '' : `if (typeof ${value} === 'number' && !isExact(${value})) refuse('/${name}');`
  const whole = columns.filter(({ type }) => type === 'integer')
  const isWhole = `typeof ${value} === 'object' && ${value} !== null`
  return whole.map(({ part }) => `if (${isWhole} && !isExact(${value}.${part})) refuse('/${name}/${part}');`).join(' ')
}

function refuse(path: string): never {
  throw invalid(path, 'number', 'would be a number that cannot be kept exactly')
}
