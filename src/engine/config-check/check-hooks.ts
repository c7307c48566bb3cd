// The project's hooks: well-formed, named once, and on something that there is.
import { nearest } from '../../base/nearest.ts'
import { eventNames } from '../../extend/events.ts'
import type { Hook } from '../../extend/hook.ts'
import { recordActions } from '../../records/record-hooks.ts'
import type { Collection } from '../../schema/collection.ts'
import { type Add, callable, is, isObject, list, word } from '../../schema/shape.ts'
import { error } from './check-operations.ts'
import { entries } from './entries.ts'

const namePattern = /^[a-z][a-zA-Z0-9]*\.[a-z][a-zA-Z0-9]*$/

/** A name of a hook, an effect or a schedule. */
export const ownName = is(
  'noun.verb, such as comments.checkWords',
  (value) => typeof value === 'string' && namePattern.test(value) && value.length <= 80,
)

const action = word(...recordActions)
const actions = list(action, 1)
const keys = {
  name: ownName,
  on: () => {},
  action: (value: unknown, path: string, add: Add) => (Array.isArray(value) ? actions : action)(value, path, add),
  errors: list(error),
  run: callable,
  settle: callable,
}

/** `collections` are the system's and the project's own. */
export function checkHooks(hooks: unknown, collections: readonly Collection[], add: Add): void {
  const made = 'before({ … }) or after({ … })'
  entries({ kinds: ['before', 'after'], keys, required: ['name', 'on', 'run'], made }, (entry, path, tell) => {
    const { kind, on, errors, settle } = entry as unknown as Hook
    if (kind === 'after' && errors.length > 0) tell(`${path}.errors`, 'is an option of before hooks alone: nobody waits for this one')
    if (kind === 'before' && settle !== null) tell(`${path}.settle`, 'is an option of after hooks alone')
    checkSubject(on, collections, (message) => tell(`${path}.on`, message))
  })(hooks, 'hooks', add)
}

function checkSubject(on: unknown, collections: readonly Collection[], say: (message: string) => void): void {
  if (typeof on === 'string') {
    if (!eventNames.includes(on)) say(`"${on}" is no event${nearest(on, eventNames)}; there are ${eventNames.join(', ')}`)
    return
  }
  if (!isObject(on) || typeof on['name'] !== 'string') return say('must be a collection or the name of an event')
  const found = collections.find(({ name }) => name === on['name'])
  if (found === undefined) say(`"${on['name']}" is none of the collections of this config: add it to the list \`collections\``)
  else if (found.system) say(`"${found.name}" changes through operations of its own alone: follow an event, such as ${eventNames[0]}`)
}
