/** What the fields of a webhook mean: which events it asks for, and how it stands with its receiver. Pure. */
import type { Tone } from './format.ts'
import type { Webhook } from './shapes.ts'

export interface EventKind {
  /** `order.*`: all of the kind, those to come as well. */
  all: string
  names: string[]
}

/** The names by kind, with those that a webhook asks for though nothing here is called so any more. */
export function eventKinds(known: readonly string[], asked: readonly string[]): EventKind[] {
  const byKind = Map.groupBy([...new Set([...known, ...asked])], kindOf)
  return [...byKind].map(([all, names]) => ({ all, names: names.filter((name) => name !== all) }))
}

const kindOf = (name: string) => `${name.slice(0, name.lastIndexOf('.'))}.*`

/** Asked for where it was not, and the other way round. Who asks for all of a kind need not ask for one of it. */
export function turnEvent(asked: readonly string[], name: string): string[] {
  if (asked.includes(name)) return asked.filter((one) => one !== name)
  return [...asked.filter((one) => kindOf(one) !== name || kindOf(one) === one), name]
}

export function eventWords(asked: readonly string[]): string {
  return asked.length === 0 ? 'All events' : asked.join(', ')
}

/** The address without what all have, as its name. */
export function webhookName({ url }: Pick<Webhook, 'url'>): string {
  return url.replace(/^https?:\/\//, '').replace(/\/$/, '')
}

export function webhookHealth({ enabled, failingSince }: Pick<Webhook, 'enabled' | 'failingSince'>): { word: string; tone: Tone } {
  if (!enabled) return { word: 'off', tone: 'quiet' }
  return failingSince === null ? { word: 'on', tone: 'good' } : { word: 'failing', tone: 'bad' }
}
