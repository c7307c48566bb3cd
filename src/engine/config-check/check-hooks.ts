// The project's hooks: well-formed, named once, and on something that there is.
import { nearest } from '../../base/nearest.ts'
import { eventNames } from '../../extend/events.ts'
import type { Hook } from '../../extend/hook.ts'
import { recordActions } from '../../records/record-hooks.ts'
import type { Collection } from '../../schema/collection.ts'
import { type Add, type Check, callable, is, isObject, line, list, object, passes, word } from '../../schema/shape.ts'

const namePattern = /^[a-z][a-zA-Z0-9]*\.[a-z][a-zA-Z0-9]*$/

/** A name of a hook, an effect or a schedule. */
export const ownName = is(
  'noun.verb, such as comments.checkWords',
  (value) => typeof value === 'string' && namePattern.test(value) && value.length <= 80,
)

const shape = object(
  {
    kind: word('before', 'after'),
    name: ownName,
    on: () => {},
    actions: list(word(...recordActions), 1),
    run: callable,
    settle: (value, path, add) => (value === null ? undefined : callable(value, path, add)),
    what: line,
    place: () => {},
  } satisfies Record<keyof Hook, Check>,
  { required: ['kind', 'name', 'on', 'run'], made: 'before({ … }) or after({ … })' },
)

/** `collections` are the system's and the project's own. */
export function checkHooks(hooks: readonly unknown[], collections: readonly Collection[], add: Add): void {
  const seen = new Set<string>()
  for (const [index, hook] of hooks.entries()) {
    const path = `hooks[${index}]`
    if (!isObject(hook) || !('kind' in hook)) {
      shape(isObject(hook) ? null : hook, path, add)
      continue
    }
    if (!passes(shape, hook, path, add)) continue
    const { name, on, place } = hook as Hook
    const at = place === '' ? '' : ` (${place})`
    if (seen.has(name)) add(`${path}.name`, `"${name}" is the name of another hook: choose another${at}`)
    seen.add(name)
    checkSubject(on, collections, (message) => add(`${path}.on`, `${message}${at}`))
  }
}

function checkSubject(on: unknown, collections: readonly Collection[], say: (message: string) => void): void {
  if (typeof on === 'string') {
    if (!eventNames.includes(on)) say(`"${on}" is no event${nearest(on, eventNames)}; there are ${eventNames.join(', ')}`)
    return
  }
  if (!isObject(on) || typeof on['name'] !== 'string') return say('must be a collection or the name of an event')
  const found = collections.find(({ name }) => name === on['name'])
  if (found === undefined) say(`"${on['name']}" is none of the collections of this config`)
  else if (found.system) say(`"${found.name}" changes through operations of its own alone: follow an event, such as ${eventNames[0]}`)
}
