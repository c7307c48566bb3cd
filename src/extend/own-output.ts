// What an own operation answers, tried before anything is stored: what is not as its `output` says is its mistake. The validator
// says whether it fits, since the serializer would make a number of a text and a text of an object. Fields that the schema does not
// name are left out, and a `Date` is a text.
import { isEngineError } from '../base/engine-error.ts'
import type { Answer, Operation } from '../operation/define.ts'
import { stringifyOf } from '../operation/serializer.ts'
import { validatorOf } from '../operation/validate.ts'
import { OwnMistake } from './own-code.ts'

/** @throws OwnMistake that names the path */
export function checkAnswer(operation: Operation, answer: Answer<unknown>): void {
  const { output, status = operation.status, json, stream, content, atHand } = answer
  // What has no body, is no JSON or is text already, or is made after the commit.
  if (status === 204 || status === 304 || json !== undefined || stream || content || atHand) return
  if (output === undefined) throw new OwnMistake('its `run` answers no `output`: end it with `return { output: … }`')
  checkOutput(operation, output)
}

/** What code of a project returned, whatever its type says. @throws OwnMistake */
export function checkIsAnswer(answer: unknown): void {
  if (typeof answer === 'object' && answer !== null) return
  throw new OwnMistake(`its \`run\` returns ${answer === undefined ? 'nothing' : typeof answer}: end it with \`return { output: … }\``)
}

/** @throws OwnMistake that names the path */
export function checkOutput(operation: Operation, output: unknown): void {
  try {
    const misfit = misfitOf(operation.output, output)
    if (misfit !== null) throw new Error(misfit)
    // What the schema leaves open may still be no JSON, and what says itself what it is may say something else.
    if (typeof output === 'string') return
    const changed = changedIn(output, parsed(stringifyOf(operation)(output)))
    if (changed !== null) throw new Error(changed)
  } catch (error) {
    throw new OwnMistake(`its output does not fit its schema: ${(error as Error).message}`)
  }
}

/** Null where it fits. @throws Error for what is no JSON */
function misfitOf(schema: object, output: unknown): string | null {
  const fits = validatorOf(openedOf(schema))
  if (issuesOf(fits, output).length === 0) return null
  // As it is told: without what is undefined, and with texts for times. A BigInt has no JSON, and is told where it stands.
  const told: unknown = JSON.parse(JSON.stringify(output, (_, value) => (typeof value === 'bigint' ? {} : value)) ?? 'null')
  const found = issuesOf(fits, told)
    .filter(({ path, code }) => code !== 'format' || !(valueAt(output, path) instanceof Date))
    .slice(0, 3)
  return found.length === 0 ? null : found.map(({ path, message }) => `${path || 'the whole'} ${message}`).join('; ')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('it holds what has no JSON, such as a function or a symbol')
  }
}

/** Where the serializer has made another kind of value of what is given; null where it has not. */
function changedIn(given: unknown, told: unknown, path = ''): string | null {
  if (isOwnTeller(given)) return changedIn(given.toJSON(), told, path)
  if (typeof told === 'object' && told !== null) {
    for (const [name, part] of Object.entries(told)) {
      const changed = changedIn((given as Readonly<Record<string, unknown>> | null)?.[name], part, `${path}/${name}`)
      if (changed !== null) return changed
    }
    return null
  }
  const isChanged = told !== null && ['string', 'number', 'boolean'].includes(typeof given) && typeof given !== typeof told
  return isChanged ? `${path || 'the whole'} must be ${typeof told}` : null
}

function isOwnTeller(given: unknown): given is { toJSON(): unknown } {
  return typeof given === 'object' && given !== null && 'toJSON' in given && typeof given.toJSON === 'function'
}

const opened = new WeakMap<object, object>()

/** The schema without its refusals of fields too many, which are left out of the answer. */
function openedOf(schema: object): object {
  const isRefusal = (name: string, value: unknown) => value === false && /^(additional|unevaluated)Properties$/.test(name)
  const found = opened.get(schema) ?? JSON.parse(JSON.stringify(schema), (name, value) => (isRefusal(name, value) ? undefined : value))
  opened.set(schema, found)
  return found
}

function issuesOf(fits: ReturnType<typeof validatorOf>, output: unknown) {
  try {
    fits(output)
    return []
  } catch (error) {
    if (!isEngineError(error, 'validation_failed')) throw error
    return error.errors ?? []
  }
}

/** By a JSON pointer. */
function valueAt(output: unknown, pointer: string): unknown {
  const names = pointer.split('/').slice(1)
  return names.reduce<unknown>(
    (value, name) => (value as Readonly<Record<string, unknown>> | null)?.[name.replaceAll('~1', '/').replaceAll('~0', '~')],
    output,
  )
}
