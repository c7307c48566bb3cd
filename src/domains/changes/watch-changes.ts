// `GET /api/changes`: a live view of the feed. Each event passes the same read rule and the same field
// gate as a GET, evaluated when it is delivered. An event's id is its place in the feed, so a client
// that comes back with Last-Event-ID misses nothing and is told nothing twice.
import { Type } from 'typebox'
import type { Actor } from '../../access/actor.ts'
import { anyone } from '../../access/rule.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import type { Feed } from '../../changes/feed.ts'
import { always, and, type Filter, matches, never, oneOf, type Scalar } from '../../contract/filter.ts'
import { type EventSink, type Operation, query } from '../../operation/define.ts'
import type { AnyRecord } from '../../schema/collection.ts'
import type { CollectionModel, Model } from '../../schema/model.ts'
import { createRenamer } from '../../storage/migrations/renamed-changes.ts'
import type { Commit, Reader, RecordChange } from '../../storage/storage.ts'
import { parseFilter } from '../records/parse-filter.ts'
import { presentAll, readFilter } from '../records/present.ts'

type Place = { readonly position: number; readonly index: number }
type GivenPlace = Place & { readonly epoch: string | null }
type Watched = ReadonlyMap<string, { readonly collection: CollectionModel; readonly where: Filter }>

const commitsPerRead = 256

export function watchChanges(feed: Feed): Operation {
  return query({
    name: 'changes.watch',
    route: 'GET /api/changes',
    summary: 'Watch changes as server-sent events',
    tag: 'Changes',
    input: Type.Object(
      {
        collections: Type.String({ minLength: 1, description: 'Names, separated by commas. One alone may be filtered as its list is.' }),
        filter: Type.Optional(Type.Unsafe<unknown>({ type: 'object', description: 'As in a list; for one collection.' })),
        lastEventId: Type.Optional(Type.String({ description: 'For clients that cannot set the header Last-Event-ID.' })),
      },
      { additionalProperties: false },
    ),
    output: Type.Unsafe({ type: 'string', description: 'text/event-stream; data is {collection, id, action, record}.' }),
    headers: [['Last-Event-ID', 'The id of the last event that was seen: goes on behind it.']],
    errors: ['forbidden'],
    access: anyone,
    async run({ read, input, actor, model, request }) {
      const watched = watchedBy(model, actor, input.collections, input.filter)
      const resume = request.headers['last-event-id'] ?? input.lastEventId
      const start = resume === undefined ? null : parsePlace(resume)
      return { output: '', stream: (sink) => follow(renaming(feed, model), read, actor, watched, start, sink) }
    },
  })
}

/** A feed whose every line is under the names of now. */
function renaming(feed: Feed, model: Model): Feed {
  const rename = createRenamer(model)
  return { ...feed, after: async (position, limit) => rename(await feed.after(position, limit)) }
}

function watchedBy(model: Model, actor: Actor, names: string, filter: unknown): Watched {
  const watched = new Map<string, { collection: CollectionModel; where: Filter }>()
  for (const name of names.split(',')) {
    const collection = model.find(name)
    if (!collection || collection.source.internal || !collection.isFed)
      throw invalid('query:collections', 'unknown_collection', `${name} cannot be watched`)
    const rule = readFilter(collection, actor)
    if (rule.op === 'false') throw new EngineError(actor.kind === 'guest' ? 'unauthenticated' : 'forbidden')
    watched.set(name, { collection, where: rule })
  }
  if (filter !== undefined) {
    const [only] = watched.values()
    if (watched.size !== 1) throw invalid('query:filter', 'collections', 'filters one collection at a time')
    watched.set(only!.collection.name, {
      ...only!,
      where: and(only!.where, parseFilter({ model, collection: only!.collection, actor }, filter)),
    })
  }
  return watched
}

/** `12.3`: the fourth change of commit 12 was seen. `12`: all of commit 12 was. `12.3-k7f2`: in a restored database, of this epoch. */
function parsePlace(text: string): GivenPlace {
  const match = /^(\d{1,15})(?:\.(\d{1,6}))?(?:-([0-9a-z]{1,16}))?$/.exec(text)
  if (!match) throw invalid('header:Last-Event-ID', 'format', 'is not an id of this stream')
  const index = match[2] === undefined ? Number.MAX_SAFE_INTEGER : Number(match[2])
  return { position: Number(match[1]), index, epoch: match[3] ?? null }
}

/** Sends what comes after `start` (or what comes from now on) until the sink closes. */
function follow(feed: Feed, read: Reader, actor: Actor, watched: Watched, start: GivenPlace | null, sink: EventSink): () => void {
  let place: Place = start ?? { position: feed.newest(), index: Number.MAX_SAFE_INTEGER }
  // Until `begin` has said where the stream starts: an event before that would be a step ahead of its place.
  let isPumping = true
  let isWanted = false
  let isClosed = false
  const mark = feed.epoch === null ? '' : `-${feed.epoch}`

  async function pump(): Promise<void> {
    if (isPumping) {
      isWanted = true
      return
    }
    isPumping = true
    try {
      do {
        isWanted = false
        await catchUp()
      } while (isWanted && !isClosed)
    } finally {
      isPumping = false
    }
  }

  async function catchUp(): Promise<void> {
    // Asking from the commit before finds the rest of one that was cut in the middle.
    let after = place.index === Number.MAX_SAFE_INTEGER ? place.position : place.position - 1
    while (!isClosed) {
      const commits = await feed.after(after, commitsPerRead)
      if (commits.length === 0) return
      for (const commit of commits) {
        await deliver(commit)
        if (isClosed) return
        after = commit.position
        place = { position: commit.position, index: Number.MAX_SAFE_INTEGER }
      }
    }
  }

  async function deliver(commit: Commit): Promise<void> {
    for (const [index, change] of commit.changes.entries()) {
      if (commit.position === place.position && index <= place.index) continue
      const event = await eventOf(read, actor, watched, change)
      if (isClosed) return
      if (event) sink.send({ id: `${commit.position}.${index}${mark}`, event: 'change', data: event })
    }
  }

  async function begin(): Promise<void> {
    const { oldest, newest } = await feed.range()
    const isElsewhere = start !== null && start.epoch !== feed.epoch
    const isTooOld = start !== null && (isElsewhere || start.position < oldest - 1 || start.position > newest)
    if (isTooOld) place = { position: feed.newest(), index: Number.MAX_SAFE_INTEGER }
    if (start === null || isTooOld) sink.send({ id: `${place.position}${mark}`, event: isTooOld ? 'reset' : 'ready', data: {} })
    isPumping = false
    await pump()
  }

  const stopListening = feed.onAdvance(() => void pump().catch((error) => sink.fail(error)))
  sink.onHeartbeat(() => (isPumping ? null : `${place.position}${mark}`))
  void begin().catch((error) => sink.fail(error))
  return () => {
    isClosed = true
    stopListening()
  }
}

/** What this caller is told of a change: the record as it is now to them, or that it is gone from their view. */
async function eventOf(read: Reader, actor: Actor, watched: Watched, change: RecordChange): Promise<object | null> {
  const target = watched.get(change.collection)
  if (!target) return null
  const { collection, where } = target
  const head = { collection: change.collection, id: change.id }
  const isSeen = await decide(read, where, change.record)
  if (change.action === 'deleted') return isSeen ? { ...head, action: 'deleted' } : null
  if (isSeen) {
    const [record] = await presentAll(read, collection, actor, [change.record], lightFields(collection))
    return { ...head, action: change.action, record }
  }
  if (change.action !== 'updated' || !change.before) return null
  const wasSeen = await decide(read, where, { ...change.record, ...change.before })
  return wasSeen ? { ...head, action: 'deleted' } : null
}

/** Large fields are not in the feed: null would be a lie, so they are left out. */
function lightFields(collection: CollectionModel): ReadonlySet<string> | undefined {
  if (collection.heavyFields.length === 0) return undefined
  return new Set([...collection.fields.keys()].filter((name) => !collection.heavyFields.includes(name)))
}

/** Whether the record, as it stands in the change, fits. What it refers to is looked at as it is now. */
async function decide(read: Reader, where: Filter, record: AnyRecord): Promise<boolean> {
  return matches(await withoutReferences(read, where, record), record) === true
}

/** The filter with each `via` answered for this record: it may be deleted, so the database cannot be asked for the whole. */
async function withoutReferences(read: Reader, filter: Filter, record: AnyRecord): Promise<Filter> {
  switch (filter.op) {
    case 'and':
    case 'or':
      return { op: filter.op, of: await Promise.all(filter.of.map((part) => withoutReferences(read, part, record))) }
    case 'not':
      return { op: 'not', of: await withoutReferences(read, filter.of, record) }
    case 'via': {
      const value = (record[filter.local] ?? []) as Scalar | readonly Scalar[]
      const where = and(oneOf(filter.remote, typeof value === 'object' ? value : [value]), filter.of)
      // Beyond the limit: one that fits is enough.
      const found = where.op === 'false' ? [] : await read.find({ name: filter.collection }, { where, limit: 1 })
      return found.length > 0 ? always : never
    }
    default:
      return filter
  }
}
