// A reader's way along the feed: where it begins, how it catches up by itself, and that it is then told along with all others.
// Invariant: its place only moves over what it was told or was judged to be none of its business.
import type { EventSink } from '../operation/define.ts'
import { eventBytes, eventText } from './event-text.ts'
import type { FanOut } from './fan-out.ts'
import type { News } from './judge.ts'
import type { LiveView, Member } from './live-view.ts'
import { type Place, whole } from './places.ts'
import { stretchAfter } from './stretch.ts'
import { createTeller, partsAfter } from './tell.ts'

/** `now`: from here on. `lost`: the place it had is not one of this view. */
export type Start = Place | 'now' | 'lost'

const newsPerTurn = 100

/** Sends what comes after `start` until the sink closes. */
export function followFeed(fanOut: FanOut, asked: LiveView, { start, sink }: { start: Start; sink: EventSink }): () => void {
  const { feed, read } = fanOut.source
  const { view, join, placeOf, leave } = fanOut.enter(asked)
  let isClosed = false
  const member: Member = { place: { position: 0, index: whole }, sink, fellBehind: () => void skipAhead().catch(sink.fail) }

  async function begin(): Promise<void> {
    if (start === 'now') return standAt(feed.newest(), 'ready')
    // Whatever was done before this was asked has its say in it, on whichever process it was done.
    await feed.caughtUp()
    const { oldest, newest } = await feed.range()
    if (isClosed) return
    if (start === 'lost' || start.position < oldest - 1 || start.position > newest) standAt(feed.newest(), 'reset')
    else member.place = start
  }

  async function catchUp(): Promise<void> {
    while (!isClosed && !join(member)) {
      const stretch = await stretchAfter({ feed, read }, view, { place: member.place, pause: sink.drained })
      if (isClosed) return
      if (stretch.news === null) standAt(stretch.head, 'reset')
      else if (await tellAll(stretch.news)) member.place = { position: stretch.head, index: whole }
    }
  }

  /** False when the reader was slow, and the rest has to be judged again by then. */
  async function tellAll(news: readonly News[]): Promise<boolean> {
    const tell = createTeller(read)
    for (let first = 0; first < news.length; first += newsPerTurn) {
      const told = await tell(view, news.slice(first, first + newsPerTurn))
      for (const { place, bytes } of partsAfter(told, member.place)) {
        if (isClosed) return false
        sink.send(bytes)
        member.place = place
        if (sink.isBehind() && (await sink.drained())) return false
      }
      if (first + newsPerTurn < news.length && (await sink.drained())) return false
    }
    return !isClosed
  }

  /** To judge all that it missed meanwhile would cost more than to read afresh, and as much again for the next slow one. */
  async function skipAhead(): Promise<void> {
    await sink.drained()
    if (isClosed) return
    standAt(feed.newest(), 'reset')
    await catchUp()
  }

  function standAt(position: number, event: 'ready' | 'reset'): void {
    member.place = { position, index: whole }
    sink.send(eventBytes([eventText(view.places.ofSilence(member.place), event, '{}')]))
  }

  sink.onHeartbeat(() => {
    const place = placeOf(member)
    return place === null ? null : view.places.ofSilence(place)
  })
  begin().then(catchUp).catch(sink.fail)
  return () => {
    isClosed = true
    leave(member)
  }
}
