// News as events. A record is read under the fields of a view and written out once for all views that show the same of it.
import { limits } from '../base/limits.ts'
import { presentFields } from '../records/present.ts'
import type { AnyRecord } from '../schema/collection.ts'
import type { CollectionModel, CompiledField } from '../schema/model.ts'
import type { Reader } from '../storage/storage.ts'
import { eventBytes, eventText } from './event-text.ts'
import type { News, Target } from './judge.ts'
import type { LiveView } from './live-view.ts'
import { isAfter, type Place } from './places.ts'

export type Told = { readonly place: Place; readonly text: string }

/** Several events that go out together, and the place of the last one. */
export type Part = { readonly place: Place; readonly bytes: Uint8Array }

export type Teller = (view: LiveView, news: readonly News[]) => Promise<readonly Told[]>

/** For one look at the feed: what was read is true of that moment. */
export function createTeller(read: Pick<Reader, 'find'>): Teller {
  const texts = new Map<readonly CompiledField[], Map<AnyRecord, string>>()

  async function textsOf({ collection, fields }: Target, news: readonly News[]): Promise<ReadonlyMap<AnyRecord, string>> {
    const known = texts.get(fields) ?? new Map<AnyRecord, string>()
    texts.set(fields, known)
    const records = [...new Set(news.flatMap(({ record }) => (record === null || known.has(record) ? [] : [record])))]
    if (records.length === 0) return known
    const wires = await presentFields(read, { collection, fields, chosen: lightFields(collection), caller: null }, records)
    for (const [index, record] of records.entries()) known.set(record, JSON.stringify(wires[index]))
    return known
  }

  return async ({ places }, news) => {
    const groups = Map.groupBy(news, ({ target }) => target)
    const known = new Map(await Promise.all([...groups].map(async ([target, group]) => [target, await textsOf(target, group)] as const)))
    return news.map(({ place, target, id, action, record }) => {
      const text = record === null ? undefined : known.get(target)!.get(record)
      const head = `{"collection":"${target.collection.name}","id":${JSON.stringify(id)},"action":"${action}"`
      return { place, text: eventText(places.ofEvent(place), 'change', text === undefined ? `${head}}` : `${head},"record":${text}}`) }
    })
  }
}

/** Those after the place, in parts that a reader who is not behind can be given at once. */
export function partsAfter(told: readonly Told[], start: Place): Part[] {
  const parts: Part[] = []
  let texts: string[] = []
  let characters = 0
  for (const [index, { place, text }] of told.entries()) {
    if (!isAfter(place, start)) continue
    texts.push(text)
    characters += text.length
    if (characters < limits.livePartCharacters && index < told.length - 1) continue
    parts.push({ place, bytes: eventBytes(texts) })
    texts = []
    characters = 0
  }
  return parts
}

/** Large fields are not in the feed: null would be a lie, so they are left out. */
function lightFields({ heavyFields, fields }: CollectionModel): ReadonlySet<string> | undefined {
  if (heavyFields.length === 0) return undefined
  return new Set([...fields.keys()].filter((name) => !heavyFields.includes(name)))
}
