import { Readable } from 'node:stream'
import { staff } from '../access/rule.ts'
import { and } from '../contract/filter.ts'
import { Type } from '../contract/type.ts'
import { type Operation, query } from '../operation/define.ts'
import type { AnyRecord } from '../schema/collection.ts'
import { type CollectionModel, isLoaded } from '../schema/model.ts'
import { pagesById } from '../storage/find-all.ts'
import { columnsOf, headerOf, rowOf } from './csv.ts'
import { listFilters } from './list-filters.ts'
import { parseFilter, type QueryScope } from './parse-filter.ts'
import { present, readFilter, visibleFields } from './present.ts'

const mediaTypes = { csv: 'text/csv', jsonl: 'application/jsonl' } as const

/**
 * `GET /api/{collection}/export`: every record that fits and that the caller may see, sent as it is read. A record that changes
 * meanwhile is in it once, as it was before or after.
 */
export function exportRecords(collection: CollectionModel): Operation {
  return query({
    name: `${collection.name}.export`,
    route: `GET /api/${collection.name}/export`,
    summary: `Export ${collection.title.toLowerCase()} as CSV or JSON lines`,
    tag: collection.title,
    isPresented: true,
    mediaType: Object.values(mediaTypes),
    input: Type.Object(
      {
        format: Type.Optional(
          Type.Unsafe<keyof typeof mediaTypes>({
            type: 'string',
            enum: Object.keys(mediaTypes),
            default: 'csv',
            description: 'CSV, or a JSON object a line.',
          }),
        ),
        filter: Type.Optional(Type.Unsafe<unknown>({ type: 'object', description: 'As in a list.' })),
      },
      { additionalProperties: false },
    ),
    filters: (actor) => listFilters(collection, actor),
    output: Type.String(),
    access: staff,
    async run({ read, input, actor, model }) {
      const scope: QueryScope = { model, collection, actor }
      const format = input.format ?? 'csv'
      const where = and(input.filter === undefined ? undefined : parseFilter(scope, input.filter), readFilter(collection, actor))
      const fields = visibleFields(collection, actor).filter((field) => !isLoaded(field))
      const columns = columnsOf(fields)
      async function* lines() {
        if (format === 'csv') yield headerOf(columns)
        for await (const page of pagesById<AnyRecord>(read, collection, where)) {
          const records = page.map((record) => present(fields, record))
          yield records.map((record) => (format === 'csv' ? rowOf(columns, record) : `${JSON.stringify(record)}\n`)).join('')
        }
      }
      return {
        output: null,
        content: { size: null, open: async () => Readable.from(lines()) },
        headers: {
          'content-type': `${mediaTypes[format]}; charset=utf-8`,
          'content-disposition': `attachment; filename="${collection.name}.${format}"`,
        },
      }
    },
  })
}
