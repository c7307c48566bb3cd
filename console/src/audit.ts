/** What one line of the audit says, for people: which fields differ, in which words, and who it was. Pure. */
import type { CollectionInfo, FieldInfo } from './shapes.ts'

export interface AuditEntry {
  id: string
  at: string
  operation: string
  actor: string
  from: { address: string; agent: string | null } | null
  collection: string
  record: string
  action: 'created' | 'updated' | 'deleted'
  before: Readonly<Record<string, unknown>> | null
  after: Readonly<Record<string, unknown>> | null
}

export interface Difference {
  field: FieldInfo
  before: unknown
  after: unknown
}

/** Of every record, and said by its line already. */
const ownOfAll = ['id', 'createdAt', 'updatedAt']

/** In the order of the collection's fields. Of a record that was made or deleted: what it held. */
export function differencesOf({ before, after }: AuditEntry, info: CollectionInfo | undefined): Difference[] {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})].filter((name) => !ownOfAll.includes(name)))
  const known = info?.fields.filter(({ name }) => names.delete(name)) ?? []
  const others = [...names].map((name) => plainField(name, after?.[name] ?? before?.[name]))
  return [...known, ...others]
    .map((field) => ({ field, before: before?.[field.name] ?? null, after: after?.[field.name] ?? null }))
    .filter((one) => (before !== null && after !== null) || !isNothing(one.before ?? one.after))
}

/** Fields that are no more, and those of collections that this caller may not see. */
function plainField(name: string, value: unknown): FieldInfo {
  const isObject = typeof value === 'object' && value !== null
  return {
    name,
    input: 'none',
    display: isObject ? 'json' : 'text',
    required: false,
    filterable: false,
    sortable: false,
    operators: [],
  }
}

function isNothing(value: unknown): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

export interface TextPart {
  kind: 'same' | 'gone' | 'come'
  text: string
}

/** Characters of what stayed, on either side of what changed. */
const aroundMax = 60

/** What went from a text and what came into it, by whole words: all between the first that differs and the last. */
export function textDifference(before: string, after: string): TextPart[] {
  const [old, now] = [wordsIn(before), wordsIn(after)]
  const most = Math.min(old.length, now.length)
  let head = 0
  while (head < most && old[head] === now[head]) head++
  let tail = 0
  while (tail < most - head && old.at(-1 - tail) === now.at(-1 - tail)) tail++
  const parts: TextPart[] = [
    { kind: 'same', text: ending(old.slice(0, head).join('')) },
    { kind: 'gone', text: old.slice(head, old.length - tail).join('') },
    { kind: 'come', text: now.slice(head, now.length - tail).join('') },
    { kind: 'same', text: beginning(old.slice(old.length - tail).join('')) },
  ]
  return parts.filter(({ text }) => text !== '')
}

function wordsIn(text: string): string[] {
  return text.split(/(\s+)/).filter((word) => word !== '')
}

function ending(text: string): string {
  return text.length <= aroundMax ? text : `… ${text.slice(-aroundMax).replace(/^\S*\s/, '')}`
}

function beginning(text: string): string {
  return text.length <= aroundMax ? text : `${text.slice(0, aroundMax).replace(/\s\S*$/, '')} …`
}

/** Whom an id of no account stands for; undefined where it is an account's. */
export function actorWords(actor: string): string | undefined {
  if (actor === 'system') return 'The system'
  if (actor === 'guest') return 'A guest'
  // The hash of the token of their cart.
  if (/^[0-9a-f]{64}$/.test(actor)) return 'A guest with a cart'
  return /^[a-z]+_/.test(actor) ? undefined : actor
}

/** `created` and its kin, in the past as they are. */
export const actionTones = { created: 'good', updated: 'busy', deleted: 'bad' } as const
