// What stands in a list of the config and was made by a builder: a hook, an operation, an effect and so on. A mistake in one
// is told by its name and by the file and line where it is declared, never by its number in the list.
import { declarationOf } from '../../base/place.ts'
import { type Add, type Check, isObject, type Keys, object, passes, shown } from '../../schema/shape.ts'

const words: Readonly<Record<string, string>> = {
  before: 'before hook',
  after: 'after hook',
  query: 'operation',
  command: 'operation',
  effect: 'effect',
  mail: 'mail',
  schedule: 'schedule',
  secret: 'secret',
}

/** What people call it: `before hook comments.fill`. Null of what is none of them, or has no name. */
export function titleOf(entry: unknown): string | null {
  if (!isObject(entry)) return null
  const { kind, name } = entry
  if (typeof kind !== 'string' || !Object.hasOwn(words, kind)) return null
  return typeof name === 'string' && /^[^\r\n]+$/.test(name) ? `${words[kind]} ${name}` : null
}

/** Tells mistakes at `path` and below as mistakes of `entry`. */
export function tellOf(entry: unknown, path: string, add: Add): Add {
  const title = titleOf(entry) ?? path
  const place = placeIn(entry)
  return (where, message) => {
    const inner = where.slice(path.length)
    add(title === path ? where : title + inner.replace(/^\./, ', '), `${message}${place}`)
  }
}

/** ` (/shop/hooks.ts:3:20)`, or nothing where that is not known. */
export function placeIn(entry: unknown): string {
  const place = declarationOf(entry)?.place ?? ''
  return place === '' ? '' : ` (${place})`
}

type Entry = { readonly kinds: readonly string[]; readonly keys: Keys; readonly required: readonly string[]; readonly made: string }
export type Entries = (entry: Readonly<Record<string, unknown>>, path: string, add: Add) => void

/** A list of what one builder makes, each named once. `more` looks at those that have their form. */
export function entries({ kinds, keys, required, made }: Entry, more?: Entries): Check {
  const shape = object(keys, { required })
  return (value, path, add) => {
    if (!Array.isArray(value)) return add(path, `must be a list, not ${shown(value)}`)
    const seen = new Set<unknown>()
    for (const [index, entry] of (value as readonly unknown[]).entries()) {
      const at = `${path}[${index}]`
      const tell = tellOf(entry, at, add)
      if (!isObject(entry) || !kinds.includes(String(entry['kind']))) tell(at, `must be made by ${made}, not ${shown(entry)}`)
      else if (passes(shape, saidOf(entry, Object.keys(keys)), at, tell)) {
        if (seen.has(entry['name'])) tell(`${at}.name`, `"${String(entry['name'])}" is named twice: choose another name`)
        seen.add(entry['name'])
        more?.(entry, at, tell)
      }
    }
  }
}

/** What was said of it: with words that its builder has not looked at, and without what that has filled in. */
function saidOf(entry: Readonly<Record<string, unknown>>, known: readonly string[]): Readonly<Record<string, unknown>> {
  const given = { ...declarationOf(entry)?.given } as Readonly<Record<string, unknown>>
  const others = Object.entries(given).filter(([key]) => !known.includes(key))
  const own = known.map((key) => [key, (Object.hasOwn(entry, key) ? entry[key] : given[key]) ?? undefined])
  return Object.fromEntries([...others, ...own])
}
