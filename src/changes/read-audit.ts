// `GET /api/audit`: who did what, newest first, from the lines that the feed is made of. Each page looks at a bounded stretch of them and
// says where it ended, so that a rare answer costs many small requests and not one that stops the others.
import type { Actor } from '../access/actor.ts'
import { staff } from '../access/rule.ts'
import { toIso } from '../base/clock.ts'
import { invalid } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import { matches } from '../contract/filter.ts'
import { Type } from '../contract/type.ts'
import { type Operation, query } from '../operation/define.ts'
import { parseRequestLine, type RequestSource } from '../operation/request-line.ts'
import { present, readFilter, visibleFields } from '../records/present.ts'
import type { Model } from '../schema/model.ts'
import { createRenamer } from '../storage/migrations/renamed-changes.ts'
import type { Commit, RecordChange } from '../storage/storage.ts'
import type { Feed } from './feed.ts'

const values = (description: string) =>
  Type.Unsafe<Record<string, unknown> | null>({ type: ['object', 'null'], additionalProperties: true, description })

const entry = Type.Object(
  {
    id: Type.String({ description: 'The position in the feed, and the number of the change at it.' }),
    at: Type.String({ format: 'date-time' }),
    operation: Type.String({ description: 'What was asked for: `orders.cancel`, `effects.email`.' }),
    actor: Type.String({ description: 'The id of an account; `system`; `guest`, or the hash of the token of their cart.' }),
    key: Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'The id of the API key that it was asked for with.' }),
    impersonator: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'The id of who of support acted as `actor`.',
    }),
    requestId: Type.String({ description: 'As the log has it; empty for what the engine did by itself.' }),
    from: Type.Unsafe<RequestSource | null>({
      type: ['object', 'null'],
      properties: {
        address: { type: 'string', description: 'Of IPv6 the network.' },
        agent: { type: ['string', 'null'], description: 'The browser or program, by its own word: `Chrome 142, Windows`.' },
      },
      required: ['address', 'agent'],
      additionalProperties: false,
      description: 'Where the request came from; null where there was none: then `operation` names the job or the command.',
    }),
    collection: Type.String(),
    record: Type.String({ description: 'Its id.' }),
    action: Type.Unsafe<string>({ type: 'string', enum: ['created', 'updated', 'deleted'] }),
    before: values('What the changed fields were; of a deleted record, all; null for one that was made.'),
    after: values('What they are since; of one that was made, all; null for a deleted one.'),
  },
  { title: 'AuditEntry' },
)

const only = (description: string) => Type.Optional(Type.String({ maxLength: limits.tokenCharactersMax, description }))

export function readAudit(feed: Feed): Operation {
  return query({
    name: 'audit.read',
    route: 'GET /api/audit',
    summary: 'Who changed what, newest first',
    tag: 'Audit',
    input: Type.Object(
      {
        collection: only('Changes of its records alone.'),
        record: only('Changes of the record with this id alone.'),
        actor: only('Changes by this account, also as another one, by this API key, or by `system` alone.'),
        operation: only('Changes by this operation alone.'),
        address: only('Changes by requests from this address alone.'),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.pageSizeMax, default: limits.pageSizeDefault })),
        cursor: Type.Optional(Type.String({ maxLength: limits.idCharactersMax, description: '`next` of the page before.' })),
      },
      { additionalProperties: false },
    ),
    output: Type.Object({
      items: Type.Array(entry),
      next: Type.Unsafe<string | null>({
        type: ['string', 'null'],
        description: 'Where the next page begins. One with few entries, or with none, may have one: it looked as far as it may.',
      }),
    }),
    access: staff,
    async run({ input, model, actor }) {
      await feed.caughtUp()
      const { oldest, newest } = await feed.range()
      const rename = createRenamer(model)
      const limit = input.limit ?? limits.pageSizeDefault
      const from = input.cursor === undefined ? { position: newest, index: Number.MAX_SAFE_INTEGER } : placeOf(input.cursor)
      const items: Entry[] = []
      let [end, looked] = [Math.min(from.position, newest), 0]
      while (end >= oldest && end > 0 && looked < limits.auditCommitsMax) {
        const start = Math.max(oldest, end - limits.readPageSize + 1)
        const commits = rename(await feed.after(start - 1, end - start + 1))
        for (const commit of commits.toReversed()) {
          if (commit.position > end) continue
          for (const found of entriesOf({ model, actor }, commit, input)) {
            if (commit.position === from.position && found.index >= from.index) continue
            if (items.length === limit) return { output: { items, next: items.at(-1)!.id } }
            items.push(found.entry)
          }
        }
        looked += end - start + 1
        end = start - 1
      }
      return { output: { items, next: end >= oldest && end > 0 ? `${end + 1}.0` : null } }
    },
  })
}

type Entry = { readonly id: string; readonly [name: string]: unknown }
type Wanted = {
  readonly collection?: string
  readonly record?: string
  readonly actor?: string
  readonly operation?: string
  readonly address?: string
}

function placeOf(cursor: string): { readonly position: number; readonly index: number } {
  const [, position, index] = /^(\d{1,15})\.(\d{1,9})$/.exec(cursor) ?? []
  if (position === undefined) throw invalid('query:cursor', 'cursor', 'is none of ours: take `next` of the page before')
  return { position: Number(position), index: Number(index) }
}

/** The last change first. */
function* entriesOf(scope: Scope, commit: Commit, wanted: Wanted): Generator<{ readonly index: number; readonly entry: Entry }> {
  const [by, more = null] = commit.actor.split(' ', 2) as [string, string?]
  if (wanted.actor !== undefined && wanted.actor !== by && wanted.actor !== more) return
  const isPerson = more?.startsWith('usr_') === true
  const [key, impersonator] = isPerson ? [null, more] : [more, null]
  if (wanted.operation !== undefined && commit.operation !== wanted.operation) return
  const { requestId, from } = parseRequestLine(commit.requestId)
  if (wanted.address !== undefined && from?.address !== wanted.address) return
  for (const [index, change] of [...commit.changes.entries()].toReversed()) {
    if (wanted.collection !== undefined && change.collection !== wanted.collection) continue
    if (wanted.record !== undefined && change.id !== wanted.record) continue
    const told = toldOf(scope, change)
    if (told === null) continue
    const { position, at, operation } = commit
    yield { index, entry: { id: `${position}.${index}`, at: toIso(at), operation, actor: by, key, impersonator, requestId, from, ...told } }
  }
}
type Scope = { readonly model: Model; readonly actor: Actor }

/** Null for what this caller may not see: by a rule that asks for other records, too, which may be others by now. */
function toldOf({ model, actor }: Scope, change: RecordChange): object | null {
  const collection = model.find(change.collection)
  // Of what is internal those alone that say who may know: that somebody's second factor was taken away, and by whom.
  if (!collection || (collection.source.internal && collection.access.read === undefined)) return null
  const states = [change.record, { ...change.record, ...change.before }]
  if (!states.every((state) => matches(readFilter(collection, actor), state) === true)) return null
  const fields = visibleFields(collection, actor).filter(({ isComputed }) => !isComputed)
  const { id: record, action } = change
  const told = { collection: collection.name, record, action }
  if (action === 'created') return { ...told, before: null, after: present(fields, change.record) }
  if (action === 'deleted') return { ...told, before: present(fields, change.record), after: null }
  const changed = fields.filter(({ name }) => Object.hasOwn(change.before ?? {}, name) && name !== 'updatedAt')
  // Of what changed they may see nothing, and so not that it did.
  if (changed.length === 0) return null
  return { ...told, before: present(changed, change.before ?? {}), after: present(changed, change.record) }
}
