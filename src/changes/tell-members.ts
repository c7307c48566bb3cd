// What a view is told, given to everybody who shares it. Invariant: the place of a reader moves over nothing that it was not given.
import { eventBytes, eventText } from './event-text.ts'
import type { Member } from './live-view.ts'
import { isAfter, type Place, whole } from './places.ts'
import type { Stretch } from './stretch.ts'
import { type Part, partsAfter, type Teller, type Told } from './tell.ts'
import type { ViewGroup } from './view-groups.ts'

type Telling = {
  /** Everybody has been told everything up to it. */
  readonly start: Place
  readonly tell: Teller
  readonly counts: { delivered: number; setApart: number }
  /** Lets others have their turn. */
  readonly pause: () => Promise<void>
}

const readersPerTurn = 250

export async function tellMembers(group: ViewGroup, stretch: Stretch, { start, tell, counts, pause }: Telling): Promise<void> {
  const { view, members } = group
  const end = { position: stretch.head, index: whole }
  const told: readonly Told[] = stretch.news === null ? [] : await tell(view, stretch.news)
  if (stretch.news !== null && told.length === 0) return
  const parts = partsAfter(told, start)
  let given = 0
  for (const member of members) {
    const from = isAfter(member.place, start) ? member.place : start
    if (!isAfter(end, from)) continue
    if (stretch.news === null) {
      member.place = end
      member.sink.send(eventBytes([eventText(view.places.ofSilence(end), 'reset', '{}')]))
    } else {
      member.place = from
      const mine = from === start ? parts : partsAfter(told, from)
      const isGiven = give(member, mine)
      counts.delivered += mine.length
      if (isGiven) member.place = end
      else {
        counts.setApart++
        members.delete(member)
        member.fellBehind()
      }
    }
    if (++given % readersPerTurn === 0) await pause()
  }
}

/** False for one that has not taken most of what it was sent before. */
function give(member: Member, parts: readonly Part[]): boolean {
  for (const { place, bytes } of parts) {
    if (member.sink.isBehind()) return false
    member.sink.send(bytes)
    member.place = place
  }
  return true
}
