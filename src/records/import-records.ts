import { isDeepStrictEqual } from 'node:util'
import type { Actor } from '../access/actor.ts'
import { staff } from '../access/rule.ts'
import { EngineError, type InputIssue, invalid, isEngineError, LostRace } from '../base/engine-error.ts'
import { isA } from '../base/error-text.ts'
import { limits } from '../base/limits.ts'
import { nearest } from '../base/nearest.ts'
import { ProjectError } from '../base/project-error.ts'
import { and, oneOf } from '../contract/filter.ts'
import { type Static, Type } from '../contract/type.ts'
import { type Command, type CommandContext, command, type Operation, type PrepareContext } from '../operation/define.ts'
import { toldTo } from '../operation/told-to.ts'
import type { Work } from '../operation/work.ts'
import type { AnyRecord } from '../schema/collection.ts'
import type { Field } from '../schema/kinds/kind.ts'
import type { CollectionModel } from '../schema/model.ts'
import { validatorOf } from '../schema/validate.ts'
import { fieldSchema, fromWire } from '../schema/wire.ts'
import { namedByFields } from '../storage/in-transaction.ts'
import { withIds } from './import-names.ts'
import { type ImportFormat, type ReadRow, rowsOf } from './import-rows.ts'
import { patchTo } from './merge-json.ts'
import { isReadable, readFilter } from './present.ts'

const inputSchema = Type.Object(
  {
    format: Type.Optional(
      Type.Unsafe<ImportFormat>({
        type: 'string',
        enum: ['csv', 'jsonl'],
        description: 'By the Content-Type when left out; CSV where that does not tell.',
      }),
    ),
    by: Type.Optional(
      Type.String({
        description:
          'A unique field: a row whose value some record has changes that record. Rows with an `id` change the record of that id.',
      }),
    ),
  },
  { additionalProperties: false },
)

const count = (description: string) => Type.Integer({ description })
export const importReport = Type.Object(
  {
    rows: count('Rows that were read.'),
    created: count('Records that were made.'),
    changed: count('Records that were changed.'),
    unchanged: count('Rows that said nothing new.'),
    rejected: count('Rows that were left out.'),
    rejections: Type.Array(
      Type.Object({
        line: Type.Integer({ description: 'Where the row begins; the first line of the file is 1.' }),
        errors: Type.Array(Type.Object({ path: Type.String(), code: Type.String(), message: Type.String() })),
      }),
      { description: `Why, for the first ${limits.importRejectionsMax}.` },
    ),
    ignored: Type.Array(Type.String(), { description: 'Columns that you cannot set, such as createdAt.' }),
  },
  { title: 'ImportReport' },
)

export type ImportReport = Static<typeof importReport>
type Counts = { rows: number; created: number; changed: number; unchanged: number; rejected: number }
type Rejection = { readonly line: number; readonly errors: readonly InputIssue[] }
type Report = Counts & {
  readonly rejections: { readonly line: number; readonly errors: readonly InputIssue[] }[]
  readonly ignored: Set<string>
}
type Input = { readonly format?: ImportFormat; readonly by?: string }
type Writers = { readonly create: Command | undefined; readonly update: Command | undefined }

/**
 * `POST /api/{collection}/import`: rows of CSV or JSON lines, written as they come, a few in each transaction, through the gates of a
 * single create or update. What does not fit is left out and told; sent again, the same file changes nothing (rows with an id, or `by`).
 */
export function importRecords(collection: CollectionModel, writers: Writers): Operation {
  return command({
    name: `${collection.name}.import`,
    route: `POST /api/${collection.name}/import`,
    summary: `Import ${collection.title.toLowerCase()} from CSV or JSON lines`,
    tag: collection.title,
    takesFile: ['text/csv', 'application/jsonl', 'multipart/form-data'],
    takesNoKey: 'is not taken: rows with an id, or with `by` a unique field, make an import safe to send again',
    input: inputSchema,
    output: importReport,
    access: staff,
    async prepare(context) {
      const { by = null, format } = context.input
      checkKey(collection, context, by)
      const file = await context.request.openFile!()
      const report: Report = { rows: 0, created: 0, changed: 0, unchanged: 0, rejected: 0, rejections: [], ignored: new Set() }
      const importing: Importing = { collection, writers, context, by, report }
      const reading = {
        collection,
        model: context.model,
        actor: context.actor,
        format: format ?? formatOf(file.type),
        ignored: report.ignored,
      }
      await importAll(importing, rowsOf(reading, file.bytes)).catch((error: unknown) => {
        throw withWritten(error, report)
      })
      return report
    },
    async run({ prepared: { ignored, ...report } }) {
      return { output: { ...report, ignored: [...ignored] } }
    },
  })
}

async function importAll(importing: Importing, rows: AsyncIterable<ReadRow>): Promise<void> {
  let chunk: ReadRow[] = []
  for await (const row of rows) {
    importing.report.rows += 1
    chunk.push(row)
    if (chunk.length < limits.importRowsTogether) continue
    await importChunk(importing, chunk)
    chunk = []
  }
  if (chunk.length > 0) await importChunk(importing, chunk)
}

/** What ends an import undoes only the transaction that it is in: how many rows stay is told with it. Not where that is not known. */
function withWritten(error: unknown, { created, changed }: Counts): unknown {
  if (!isEngineError(error, 'internal') && !isEngineError(error, 'validation_failed')) return error
  const { code, detail, errors, cause } = error
  const count = created + changed
  const written = count === 0 ? 'Nothing of the file was written.' : `Of the rows before it ${count} made or changed a record, and stay.`
  return new EngineError(code, { detail: `${detail}${/[.!?]$/.test(detail) ? '' : '.'} ${written}`, ...(errors ? { errors } : {}), cause })
}

type Importing = {
  readonly collection: CollectionModel
  readonly writers: Writers
  readonly context: PrepareContext<Input>
  readonly by: string | null
  readonly report: Report
}

function formatOf(type: string | null): ImportFormat {
  return /jsonl|ndjson|json-seq|^application\/json/i.test(type ?? '') ? 'jsonl' : 'csv'
}

/** @throws validation_failed */
function checkKey(collection: CollectionModel, { actor }: PrepareContext<Input>, by: string | null): void {
  if (by === null) return
  const field = collection.fields.get(by)
  if (!field || field.isComputed || !isReadable(field.field, actor)) {
    const seen = [...collection.fields.values()].filter((one) => !one.isComputed && isReadable(one.field, actor))
    const names = seen.map(({ name }) => name)
    throw invalid('query:by', 'unknown_field', `${collection.name} has no field ${by}${nearest(by, names)}`)
  }
  if (!field.field.unique) throw invalid('query:by', 'not_unique', `${by} is not unique: several records may have one value of it`)
}

/** What one row refuses is its own: the others of its transaction are written without it. */
class RowRefused extends Error {
  readonly row: ReadRow
  readonly errors: readonly InputIssue[]
  constructor(row: ReadRow, errors: readonly InputIssue[]) {
    super('a row was refused')
    this.row = row
    this.errors = errors
  }
}

async function importChunk(importing: Importing, rows: readonly ReadRow[]): Promise<void> {
  const { report, context } = importing
  const refused: Rejection[] = rows.flatMap(({ line, problem }) => (problem === null ? [] : [{ line, errors: problem }]))
  let left = rows.filter((row) => row.problem === null)
  for (let tries = 0; left.length > 0; tries++) {
    // After some refusals each row for itself: a chunk of which most is refused would be written over and over.
    const together = tries < limits.importTries ? left : left.slice(0, 1)
    try {
      const counts = await context.writeFirst((work) => writeRows(importing, work, together))
      for (const name of ['created', 'changed', 'unchanged'] as const) report[name] += counts[name]
      left = left.slice(together.length)
    } catch (error) {
      const row = error instanceof RowRefused ? error.row : together.length === 1 && isRefusal(error) ? together[0]! : null
      if (row !== null) {
        const errors = error instanceof RowRefused ? error.errors : issuesOf(context, error)
        refused.push({ line: row.line, errors })
        left = left.filter((one) => one !== row)
        // A server may say only at the commit that one of them was refused, and not which.
      } else if (isRefusal(error)) tries = limits.importTries
      else throw error
    }
  }
  report.rejected += refused.length
  const told = refused.toSorted((a, b) => a.line - b.line).slice(0, limits.importRejectionsMax - report.rejections.length)
  report.rejections.push(...told)
  context.request.onProgress?.(report)
}

/** That a race was lost is not the row's fault: the transaction runs again by itself. */
function isRefusal(error: unknown): boolean {
  return isA(error, ProjectError) || (isEngineError(error) && error.status < 500 && !(error instanceof LostRace))
}

function issuesOf({ actor, model }: PrepareContext<Input>, error: unknown): readonly InputIssue[] {
  if (isA(error, ProjectError)) return [{ path: error.path ?? '', code: error.kind.code, message: error.detail }]
  const { code, detail, errors = [] } = toldTo(actor, model, namedByFields(model, error)) as EngineError
  return errors.length > 0 ? errors : [{ path: '', code, message: detail }]
}

async function writeRows(importing: Importing, work: Work, rows: readonly ReadRow[]) {
  const counts = { created: 0, changed: 0, unchanged: 0 }
  const { collection, context } = importing
  const meant = await withIds(work.tx, { collection, model: context.model, actor: context.actor }, rows)
  const known = await knownRecords(importing, work, meant)
  for (const [index, row] of rows.entries())
    try {
      const { problem, ...read } = meant[index]!
      if (problem !== null) throw new RowRefused(row, problem)
      counts[await writeRow(importing, work, { row: { ...read, problem }, known })] += 1
    } catch (error) {
      if (error instanceof RowRefused) throw error
      if (isRefusal(error)) throw new RowRefused(row, issuesOf(importing.context, error))
      if (isEngineError(error)) throw error
      throw new EngineError('internal', { detail: `Something broke at line ${row.line}. The log has the request id.`, cause: error })
    }
  return counts
}

/** Records that rows of this chunk are about, by their key. Those that the chunk writes join them by their ids. */
async function knownRecords(
  { collection, by, context }: Importing,
  { tx }: Work,
  rows: readonly ReadRow[],
): Promise<Map<string, AnyRecord | string>> {
  const known = new Map<string, AnyRecord | string>()
  const keys = rows.flatMap((row) => keyOf(collection, row, by) ?? [])
  for (const name of by === null ? ['id'] : ['id', by]) {
    const values = [...new Set(keys.flatMap((key) => (key.name === name ? [key.stored] : [])))]
    if (values.length === 0) continue
    // What the caller may not see is none: how a row compares with it would tell what it holds.
    const where = and(oneOf(name, values), readFilter(collection, context.actor))
    // Beyond the limit: nothing, for both are unique.
    const found = await tx.find<AnyRecord>(collection, { where, limit: values.length, isUnordered: true })
    for (const record of found) known.set(`${name} ${String(record[name])}`, record)
  }
  return known
}

type Key = { readonly name: string; readonly stored: string | number }

/** What says which record a row is about; null for a new one, and for a value that is none: writing it says what is wrong. */
function keyOf(collection: CollectionModel, { values }: ReadRow, by: string | null): Key | null {
  const id = values['id'] ?? null
  if (id !== null) return typeof id === 'string' && id.length <= limits.idCharactersMax ? { name: 'id', stored: id } : null
  const value = by === null ? null : (values[by] ?? null)
  if (by === null || value === null) return null
  const { field } = collection.fields.get(by)!
  try {
    validatorOf(keySchema(by, field))({ [by]: value })
    return { name: by, stored: fromWire(field, value, `/${by}`) as string | number }
  } catch (error) {
    if (isRefusal(error)) return null
    throw error
  }
}

const keySchemas = new WeakMap<Field, object>()
function keySchema(name: string, field: Field): object {
  const known = keySchemas.get(field) ?? { type: 'object', properties: { [name]: fieldSchema(field) } }
  keySchemas.set(field, known)
  return known
}

async function writeRow(
  importing: Importing,
  work: Work,
  { row, known }: { readonly row: ReadRow; readonly known: Map<string, AnyRecord | string> },
): Promise<'created' | 'changed' | 'unchanged'> {
  const { collection, by, context, writers } = importing
  const key = keyOf(collection, row, by)
  const { id = null, ...values } = row.values
  const place = key === null ? null : `${key.name} ${key.stored}`
  const found = place === null ? undefined : known.get(place)
  const record = typeof found === 'string' ? await work.tx.get<AnyRecord>(collection, found) : (found ?? null)
  if (record === null && id !== null) throw invalid('/id', 'not_found', 'is of no record: leave it out to make one')
  const run = async (operation: Command | undefined, input: object): Promise<void> => {
    if (operation === undefined) throw new EngineError('forbidden')
    validatorOf(operation.inputFor?.(context.actor) ?? operation.input)(input, 'body')
    const alone = { ...context, ...work, input, prepared: undefined, request: { ...context.request, ifMatch: null } }
    const { output } = await operation.run(alone as CommandContext<unknown, unknown>)
    if (place !== null) known.set(place, (output as AnyRecord).id)
  }
  if (record === null) {
    await run(writers.create, withoutNulls(values))
    return 'created'
  }
  const changes = changesOf({ collection, actor: context.actor }, record, values)
  if (Object.keys(changes).length === 0) return 'unchanged'
  await run(writers.update, { ...changes, id: record.id })
  return 'changed'
}

/** What is not said of a new record is its default. */
function withoutNulls(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null))
}

/** What a row says that the record does not have yet, as a patch. */
function changesOf(
  { collection, actor }: { readonly collection: CollectionModel; readonly actor: Actor },
  record: AnyRecord,
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const changes: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(values)) {
    const { field } = collection.fields.get(name)!
    // Nothing in a row is nothing said, where there must be a value.
    if (value === null && field.required) continue
    const before = record[name] ?? null
    if (!isReadable(field, actor)) {
      changes[name] = value
      continue
    }
    // A file is told with more than it is given by: what was exported says nothing new.
    const told = before === null || !field.kind.toWire ? before : field.kind.toWire(before)
    if (isDeepStrictEqual(told, value) || isDeepStrictEqual(fromWire(field, value, `/${name}`), before)) continue
    changes[name] = field.kind.isJson ? patchTo(before, value) : value
  }
  return changes
}
