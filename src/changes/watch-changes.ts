// `GET /api/changes`: a live view of the feed, under the same read rule and the same field gate as a GET. An event's id is its
// place in the feed and in this view of it: who comes back with it as Last-Event-ID, and sees the same, misses nothing and is
// told nothing twice; who sees something else by now is told to read afresh.

import { hash } from 'node:crypto'
import type { Actor } from '../access/actor.ts'
import { refusedTo } from '../access/refusal.ts'
import { anyone } from '../access/rule.ts'
import { isInScope, scopeMissing } from '../access/scopes.ts'
import { invalid } from '../base/engine-error.ts'
import type { Random } from '../base/random.ts'
import { and, type Filter } from '../contract/filter.ts'
import { Type } from '../contract/type.ts'
import { type Operation, query } from '../operation/define.ts'
import { parseFilter } from '../records/parse-filter.ts'
import { readFilter, reading, visibleFields } from '../records/present.ts'
import type { CollectionModel, CompiledField, Model } from '../schema/model.ts'
import { chainsOf, pathsOf } from './dependents.ts'
import type { FanOut } from './fan-out.ts'
import { followFeed, type Start } from './follow-feed.ts'
import type { Target } from './judge.ts'
import { createPlaces, isPlaceForm, type Places, whole } from './places.ts'

export type WatchPorts = {
  readonly fanOut: FanOut
  /** The secret of the ids, the same for all processes of a database. */
  readonly placesKey: () => Promise<Uint8Array>
  readonly random: Random
}

export function watchChanges({ fanOut, placesKey, random }: WatchPorts): Operation {
  return query({
    name: 'changes.watch',
    route: 'GET /api/changes',
    summary: 'Watch changes as server-sent events',
    tag: 'Changes',
    scope: null,
    input: Type.Object(
      {
        collections: Type.String({ minLength: 1, description: 'Names, separated by commas. One alone may be filtered as its list is.' }),
        filter: Type.Optional(Type.Unsafe<unknown>({ type: 'object', description: 'As in a list; for one collection.' })),
        lastEventId: Type.Optional(
          Type.String({ description: 'For clients that cannot set the header Last-Event-ID. `0` begins with the oldest change there is.' }),
        ),
      },
      { additionalProperties: false },
    ),
    output: Type.Unsafe({ type: 'string', description: 'text/event-stream; data is {collection, id, action, record}.' }),
    headers: [['Last-Event-ID', 'The id of the last event that was seen: the stream continues after it.']],
    errors: ['forbidden'],
    access: anyone,
    async run({ input, actor, model, request }) {
      const targets = targetsOf(model, actor, input.collections, input.filter)
      const resume = request.headers['last-event-id'] ?? input.lastEventId
      const shown = JSON.stringify([fanOut.source.feed.epoch, targets.map(shownIn)])
      const places = createPlaces(await placesKey(), shown, random)
      const view = { key: hash('sha256', shown, 'base64'), targets, places }
      const start = resume === undefined ? 'now' : startOf(places, resume)
      return { output: '', stream: (sink) => followFeed(fanOut, view, { start, sink }) }
    },
  })
}

function targetsOf(model: Model, actor: Actor, names: string, filter: unknown): Target[] {
  const collections = [...new Set(names.split(','))].sort().map((name) => {
    const collection = model.find(name)
    if (!collection || collection.source.internal || !collection.isFed)
      throw invalid('query:collections', 'unknown_collection', `${name} cannot be watched`)
    if (!isInScope(actor, `${name}:read`)) throw scopeMissing(`${name}:read`)
    if (readFilter(collection, actor).op === 'false') throw refusedTo(actor, { of: `${name}.read`, rule: collection.source.access?.read })
    return collection
  })
  const [only] = collections
  if (filter === undefined) return collections.map((collection) => targetOf(collection, actor, readFilter(collection, actor)))
  if (collections.length !== 1) throw invalid('query:filter', 'collections', 'filters one collection at a time')
  const wanted = parseFilter({ model, collection: only!, actor: reading(actor, only!) }, filter)
  checkFed(model, only!, wanted)
  return [targetOf(only!, actor, and(readFilter(only!, actor), wanted))]
}

/** What is left out of the feed cannot be judged from it. @throws validation_failed */
function checkFed(model: Model, collection: CollectionModel, filter: Filter): void {
  const looks = chainsOf(collection.name, filter).map((chain) => chain.at(-1)!)
  for (const [name, paths] of [
    [collection.name, pathsOf(filter)] as const,
    ...looks.map((hop) => [hop.collection, pathsOf(hop.of)] as const),
  ]) {
    const { heavyFields, isFed } = model.get({ name })
    const left = isFed ? paths.find((path) => heavyFields.includes(path)) : name
    if (left !== undefined)
      throw invalid('query:filter', 'not_filterable', `a stream cannot be filtered by ${left}: the feed leaves it out`)
  }
}

function targetOf(collection: CollectionModel, actor: Actor, where: Filter): Target {
  const fields = visibleFields(collection, actor)
  let shown = namesOf.get(fields)
  if (!shown) {
    shown = new Set(fields.map(({ name }) => name))
    namesOf.set(fields, shown)
  }
  return { collection, where, chains: chainsOf(collection.name, where), paths: new Set(pathsOf(where)), fields, shown }
}
const namesOf = new WeakMap<readonly CompiledField[], ReadonlySet<string>>()

/** All that decides what is told of a collection. */
function shownIn({ collection, where, fields, shown }: Target): unknown {
  // One caller may see a field itself where another is told something in its place.
  const veiledOnes = fields.filter((field) => collection.fields.get(field.name) !== field).map(({ name }) => name)
  return [collection.name, where, [...shown], veiledOnes]
}

/** Ids were bare positions once: such a place is lost. @throws validation_failed for what never was an id */
function startOf(places: Places, id: string): Start {
  if (id === '0') return { position: 0, index: whole }
  if (isPlaceForm(id)) return places.read(id) ?? 'lost'
  if (/^\d{1,15}(\.\d{1,6})?(-[0-9a-z]{1,16})?$/.test(id)) return 'lost'
  throw invalid('header:Last-Event-ID', 'format', 'is not an id of this stream')
}
