// A reader's way along the feed: where it is, what it is told next, and when it has to read afresh. Invariant: its place only
// moves over what it was told or was judged to be none of its business.
import type { Actor } from '../access/actor.ts'
import { limits } from '../base/limits.ts'
import type { EventSink } from '../operation/define.ts'
import { presentAll } from '../records/present.ts'
import type { CollectionModel } from '../schema/model.ts'
import type { Commit, Reader } from '../storage/storage.ts'
import type { Feed } from './feed.ts'
import { createHistory } from './history.ts'
import { judge, type News, type Target } from './judge.ts'
import { type Place, type Places, whole } from './places.ts'
import { createRows } from './rows.ts'
import { createSight } from './sight.ts'

export type View = {
  readonly feed: Feed
  readonly read: Reader
  readonly actor: Actor
  readonly targets: readonly Target[]
  readonly places: Places
}

/** `now`: from here on. `lost`: the place it had is not one of this view. */
export type Start = Place | 'now' | 'lost'

type Stretch = {
  /** Position up to which it was looked at. */
  readonly head: number
  /** Null when judging it would cost more than to read everything afresh. */
  readonly news: readonly News[] | null
}

const commitsPerRead = 256
const newsPerTurn = 100

/** Sends what comes after `start` until the sink closes. */
export function followFeed(view: View, start: Start, sink: EventSink): () => void {
  const { feed, places } = view
  let place: Place = { position: 0, index: whole }
  let isClosed = false

  async function catchUp(): Promise<void> {
    while (!isClosed) {
      const stretch = await stretchAfter(view, place, sink.drained)
      if (isClosed || stretch === null) return
      if (stretch.news === null) standAt(stretch.head, 'reset')
      else if (await tellAll(stretch.news)) place = { position: stretch.head, index: whole }
    }
  }

  /** False when the reader was slow, and the rest has to be judged again by then. */
  async function tellAll(news: readonly News[]): Promise<boolean> {
    for (let start = 0; start < news.length; start += newsPerTurn) {
      const part = news.slice(start, start + newsPerTurn)
      const records = await presented(view, part)
      if (isClosed) return false
      for (const one of part) {
        sink.send({ id: places.ofEvent(one.place), event: 'change', data: eventOf(one, records) })
        place = one.place
      }
      if (start + newsPerTurn < news.length && (await sink.drained())) return false
    }
    return true
  }

  function standAt(position: number, event: 'ready' | 'reset'): void {
    place = { position, index: whole }
    sink.send({ id: places.ofSilence(place), event, data: {} })
  }

  async function begin(): Promise<void> {
    if (start === 'now') return standAt(feed.newest(), 'ready')
    // Whatever was done before this was asked has its say in it, on whichever process it was done.
    await feed.caughtUp()
    const { oldest, newest } = await feed.range()
    if (isClosed) return
    if (start === 'lost' || start.position < oldest - 1 || start.position > newest) standAt(feed.newest(), 'reset')
    else place = start
  }

  let beginning: Promise<void> | null = null
  const pump = createPump(async () => {
    // An event before that would be a step ahead of its place.
    beginning ??= begin()
    await beginning
    await catchUp()
  })
  const look = () => void pump.ask().catch((error) => sink.fail(error))
  const stopListening = feed.onAdvance(look)
  sink.onHeartbeat(() => (pump.isRunning() ? null : places.ofSilence(place)))
  look()
  return () => {
    isClosed = true
    stopListening()
  }
}

/** Does the work whenever it is asked to, one at a time: asked meanwhile, once more. */
function createPump(work: () => Promise<void>) {
  let isRunning = false
  let isWanted = false
  return {
    isRunning: () => isRunning,
    async ask(): Promise<void> {
      isWanted = true
      if (isRunning) return
      isRunning = true
      try {
        while (isWanted) {
          isWanted = false
          await work()
        }
      } finally {
        isRunning = false
      }
    },
  }
}

/** All that came after the place, judged; null when there is nothing. */
async function stretchAfter({ feed, read, targets }: View, place: Place, pause: () => Promise<unknown>): Promise<Stretch | null> {
  const rows = createRows(read)
  const needs = needsOf(targets)
  const names = new Set(needs.keys())
  // Asking from the commit before finds the rest of one that was cut in the middle.
  const start = place.index === whole ? place.position : place.position - 1
  const commits: Commit[] = []
  for (let head = start; ; ) {
    const asked = rows.asked()
    const newest = feed.newest()
    if (newest === start) return null
    if (newest - start > limits.liveReplayCommitsMax) return { head: newest, news: null }
    for (let page = await feed.after(head, commitsPerRead); page.length > 0; page = await feed.after(head, commitsPerRead)) {
      head = page.at(-1)!.position
      commits.push(...page.filter(({ changes }) => changes.some(({ collection }) => names.has(collection))))
    }
    if (lacksAny(commits, needs)) return { head, news: null }
    const history = createHistory(commits, names)
    const sight = createSight(history, rows)
    const { news, isUnsure } = await judge(history, sight, { targets, start: place, pause })
    if (sight.isGivenUp()) return { head, news: null }
    if (!isUnsure || rows.asked() === asked) return { head, news }
    // What was just read may be ahead of the stretch, and what that hides be told by nothing later: continue until it is not.
    await feed.caughtUp()
    if (feed.newest() === head) return { head, news }
  }
}

/** Names of the fields that the rules look at, by collection. */
function needsOf(targets: readonly Target[]): ReadonlyMap<string, ReadonlySet<string>> {
  const needs = new Map<string, Set<string>>()
  const add = (collection: string, paths: Iterable<string>) => needs.set(collection, new Set([...(needs.get(collection) ?? []), ...paths]))
  for (const { collection, paths, chains } of targets) {
    add(collection.name, paths)
    for (const hop of chains.flat()) add(hop.collection, hop.paths)
  }
  return needs
}

/** Written before the field was there, or while the feed left it out: no rule about it can be judged from such a line. */
function lacksAny(commits: readonly Commit[], needs: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  return commits.some(({ changes }) =>
    changes.some(({ collection, record }) => [...(needs.get(collection) ?? [])].some((name) => record[name] === undefined)),
  )
}

type Wire = Record<string, unknown>

/** The records that are told of, as their reader may see them. */
async function presented({ read, actor }: View, news: readonly News[]): Promise<ReadonlyMap<News, Wire>> {
  const groups = Map.groupBy(
    news.filter(({ record }) => record !== null),
    ({ target }) => target,
  )
  const parts = await Promise.all(
    [...groups].map(async ([{ collection }, group]) => {
      const records = group.map(({ record }) => record!)
      const wires = await presentAll(read, collection, actor, records, lightFields(collection))
      return group.map((one, index) => [one, wires[index]!] as const)
    }),
  )
  return new Map(parts.flat())
}

function eventOf(news: News, records: ReadonlyMap<News, Wire>): object {
  const { target, id, action } = news
  const record = records.get(news)
  return { collection: target.collection.name, id, action, ...(record ? { record } : {}) }
}

/** Large fields are not in the feed: null would be a lie, so they are left out. */
function lightFields(collection: CollectionModel): ReadonlySet<string> | undefined {
  if (collection.heavyFields.length === 0) return undefined
  return new Set([...collection.fields.keys()].filter((name) => !collection.heavyFields.includes(name)))
}
