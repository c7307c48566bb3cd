// What an own operation answers, tried before anything is stored: what is not as its `output` says is its mistake. The validator
// says whether it fits, since the serializer would make a number of a text and a text of an object. Fields that the schema does not
// name are left out, and a `Date` is a text.
import { Readable } from 'node:stream'
import { isEngineError } from '../base/engine-error.ts'
import type { Answer, Content, Operation } from '../operation/define.ts'
import { stringifyOf } from '../operation/serializer.ts'
import { shown } from '../schema/shape.ts'
import { validatorOf } from '../schema/validate.ts'
import { OwnMistake } from './own-code.ts'

/** @throws OwnMistake that names the path */
export function checkAnswer(operation: Operation, answer: Answer<unknown>): void {
  const { output, status = operation.status, json, stream, content, atHand } = answer
  // What has no body, is no JSON or is text already, or is made after the commit.
  if (status === 204 || status === 304 || json !== undefined || stream || content || atHand) return
  if (output === undefined) throw new OwnMistake('its `run` answers no `output`: end it with `return { output: … }`')
  checkOutput(operation, output)
}

/** What each part of an answer beside its output must be. What is found to be another thing only when it is sent leaves the caller unanswered. */
const parts: Readonly<Record<string, { readonly what: string; fits(value: unknown): boolean }>> = {
  headers: { what: 'an object', fits: (value) => typeof value === 'object' && !Array.isArray(value) },
  json: { what: 'a text', fits: (value) => typeof value === 'string' },
  events: { what: 'a list', fits: Array.isArray },
  awaiting: { what: 'a list of ids', fits: (value) => Array.isArray(value) && value.every((one) => typeof one === 'string') },
  atHand: { what: 'a function', fits: (value) => typeof value === 'function' },
  stream: { what: 'a function', fits: (value) => typeof value === 'function' },
  content: {
    what: '`{ size, open }`, with a count of bytes or null and a function',
    fits: (value) => {
      const { size, open } = value as Partial<Content>
      return typeof open === 'function' && (size === null || (Number.isSafeInteger(size) && (size as number) >= 0))
    },
  },
}
/** Node writes them by itself: those of somebody else make an answer that never ends, or two of one. */
const ofConnection = ['connection', 'content-length', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade']

/** What code of a project returned, whatever its type says. @throws OwnMistake */
export function checkIsAnswer({ kind }: Operation, answer: unknown): void {
  if (typeof answer !== 'object' || answer === null)
    throw new OwnMistake(`its \`run\` returns ${answer === undefined ? 'nothing' : typeof answer}: end it with \`return { output: … }\``)
  const given = answer as Readonly<Record<string, unknown>>
  for (const [name, { what, fits }] of Object.entries(parts)) {
    const value = given[name] ?? null
    if (value !== null && !fits(value)) throw new OwnMistake(`its \`${name}\` must be ${what}, not ${shown(value)}`)
  }
  const bytes = ['content', 'stream'].filter((name) => (given[name] ?? null) !== null)
  if (bytes.length === 2) throw new OwnMistake('it answers `content` and `stream`: one of the two can be sent')
  if (kind === 'command' && bytes[0] !== undefined)
    throw new OwnMistake(`it answers \`${bytes[0]}\`, which a query alone can: a repeat by its key could not be answered with it`)
  const named = Object.keys(given['headers'] ?? {}).find((name) => ofConnection.includes(name.toLowerCase()))
  if (named !== undefined) throw new OwnMistake(`its header ${named} is not for an operation to set: the server writes it`)
}

/** What `open` of its `content` gives. @throws OwnMistake */
export function checkBytes(bytes: unknown): void {
  if (bytes instanceof Readable || typeof (bytes as { pour?: unknown } | null | undefined)?.pour === 'function') return
  throw new OwnMistake(
    `\`open\` of its \`content\` must give a stream that is read, such as \`Readable.from([bytes])\`, not ${shown(bytes)}`,
  )
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
