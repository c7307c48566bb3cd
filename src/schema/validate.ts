// Input against its schema, with every mistake named by path. No coercion and no silent removal: a
// scalar means a scalar, an unknown field is an error. One Ajv for all operations.

import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { isDay, parseIso } from '../base/clock.ts'
import { minorDigits } from '../base/currencies.ts'
import { isEmail } from '../base/email-address.ts'
import { EngineError, type InputIssue } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import { isFreeText, isName } from '../base/names.ts'
import { pointerStep } from '../base/text.ts'
import { parseWebAddress } from '../base/web-address.ts'
import { type JsonSchema, saying } from '../schema/kinds/kind.ts'
import { oneLine } from '../schema/kinds/text.ts'

const options = {
  allErrors: true,
  strictNumbers: true,
  coerceTypes: false,
  removeAdditional: false,
  useDefaults: false,
  logger: false,
} as const
// Whether schemas are schemas is said by checkSchema and by tests: the schema of schemas would take 30 ms of each start.
const ajv = withFormats(new Ajv({ ...options, strict: false, validateSchema: false }))

/** Formats checked by us: small, linear, and the same in every language our clients are made for. */
function withFormats(on: Ajv): Ajv {
  on.addFormat('date-time', { type: 'string', validate: (text: string) => !Number.isNaN(parseIso(text)) })
  on.addFormat('date', { type: 'string', validate: isDay })
  on.addFormat('email', { type: 'string', validate: isEmail })
  on.addFormat('uri', { type: 'string', validate: isWebAddress })
  // RFC 6570, with the one name that return addresses have.
  on.addFormat('uri-template', { type: 'string', validate: (text: string) => isWebAddress(text.replaceAll('{order}', 'order')) })
  on.addFormat('name', { type: 'string', validate: isName })
  on.addFormat('name-or-blank', { type: 'string', validate: (text: string) => text.trim() === '' || isName(text) })
  on.addFormat('free-text', { type: 'string', validate: isFreeText })
  on.addFormat('free-text-or-blank', { type: 'string', validate: (text: string) => text.trim() === '' || isFreeText(text) })
  on.addFormat('currency', { type: 'string', validate: (text: string) => minorDigits(text) !== undefined })
  return on
}

/** Checks schemas themselves. Made for the first of them, and kept: the schema of schemas takes 15 ms of a start. */
let strict: Ajv | null = null

function makeStrict(): Ajv {
  return withFormats(new Ajv({ ...options, strict: false, strictSchema: true })).addVocabulary(['example'])
}

/** Of a project: what is not known would be ignored without a word. @throws Error that says what it is */
export function checkSchema(schema: object): void {
  const text = JSON.stringify(schema)
  // What is checked later cannot be awaited inside of what is checked at once.
  if (/"\$async":/.test(text)) throw new Error('"$async" is for what waits, and nothing waits here')
  // Another one may have the same name.
  if (/"\$id":/.test(text)) return void makeStrict().compile(schema)
  strict ??= makeStrict()
  try {
    strict.compile(schema)
  } finally {
    strict.removeSchema(schema)
  }
}

/** `query`: the input's names are parameters, and paths say so. */
export type Validator = (input: unknown, place?: 'body' | 'query') => void

const compiled = new WeakMap<object, Validator>()
/** By the text of the schema: each engine of a process makes its operations anew, with schemas that say the same. */
const checks = new Map<string, ValidateFunction>()

function checkOf(schema: object): ValidateFunction {
  const text = JSON.stringify(schema)
  const known = checks.get(text)
  if (known !== undefined) return known
  const check: ValidateFunction = ajv.compile(schema)
  // Another one may have the same name.
  if ('$id' in schema) ajv.removeSchema(String(schema.$id))
  checks.set(text, check)
  return check
}

/** A checker of this schema. @throws validation_failed with one issue per mistake, up to limits.inputIssuesMax */
export function validatorOf(schema: object): Validator {
  const found = compiled.get(schema)
  if (found) return found
  const check = checkOf(schema)
  const validator: Validator = (input, place = 'body') => {
    if (check(input)) return
    const found = check.errors ?? []
    const telling = new Set(found.filter(({ keyword }) => keyword !== 'type' && keyword !== 'anyOf').map((error) => error.instancePath))
    const own = found
      .filter((error) => found.length === 1 || !(saysLittle(error) || isOtherForm(error, telling)))
      .slice(0, limits.inputIssuesMax)
      .map((error) => {
        const said = error.keyword === 'pattern' || error.keyword === 'type' ? sayingOf(schema, error) : undefined
        return said === undefined ? issueOf(error) : { path: error.instancePath, code: error.keyword, message: said }
      })
    const errors = place === 'body' ? own : own.map((issue) => ({ ...issue, path: `query:${issue.path.slice(1)}` }))
    throw new EngineError('validation_failed', {
      detail:
        errors.length === 1 ? `${errors[0]!.path || 'The body'}: ${errors[0]!.message}` : `${errors.length} things do not fit; see errors.`,
      errors,
    })
  }
  compiled.set(schema, validator)
  return validator
}

/** What the schema that has this keyword says itself: `#/properties/price/pattern`. */
function sayingOf(schema: object, { schemaPath }: ErrorObject): string | undefined {
  const steps = schemaPath.split('/').slice(1, -1)
  const at = (found: unknown, step: string) =>
    (found as Readonly<Record<string, unknown>> | undefined)?.[decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')]
  return (steps.reduce<unknown>(at, schema) as JsonSchema | undefined)?.[saying]
}

/** Of a choice of schemas: that none fits, and that the value is not null either. */
function saysLittle({ keyword, params }: ErrorObject): boolean {
  return keyword === 'anyOf' || keyword === 'if' || (keyword === 'type' && (params as { type: unknown }).type === 'null')
}

/** Of a value or the change of one, an object: what the value breaks is told, and not that it is no object. */
function isOtherForm({ keyword, params, schemaPath, instancePath }: ErrorObject, telling: ReadonlySet<string>): boolean {
  const isObject = keyword === 'type' && (params as { type: unknown }).type === 'object'
  return isObject && schemaPath.includes('/anyOf/') && telling.has(instancePath)
}

function issueOf(error: ErrorObject): InputIssue {
  const params = error.params as Record<string, unknown>
  switch (error.keyword) {
    case 'required':
      return { path: `${error.instancePath}/${String(params['missingProperty'])}`, code: 'required', message: 'is missing' }
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return {
        path: `${error.instancePath}/${pointerStep(String(params['additionalProperty'] ?? params['unevaluatedProperty']))}`,
        code: 'unknown_field',
        message: 'is not a field here',
      }
    case 'enum':
      return { path: error.instancePath, code: 'enum', message: `must be one of ${listed(params['allowedValues'] as unknown[])}` }
    case 'type':
      return { path: error.instancePath, code: 'type', message: `must be ${[params['type']].flat().join(' or ')}` }
    case 'pattern':
      return {
        path: error.instancePath,
        code: 'pattern',
        message: params['pattern'] === oneLine ? 'must be one line, without control characters' : error.message!,
      }
    case 'format':
      return {
        path: error.instancePath,
        code: 'format',
        message: formatMessages[String(params['format'])] ?? `must be a valid ${String(params['format'])}`,
      }
    default:
      return {
        path: error.instancePath,
        code: error.keyword,
        message: boundMessages[error.keyword]?.(params['limit'] as number) ?? error.message ?? 'does not fit',
      }
  }
}

const boundMessages: Record<string, (limit: number) => string> = {
  uniqueItems: () => 'holds the same value twice',
  minLength: (limit) => `must have at least ${limit} ${limit === 1 ? 'character' : 'characters'}`,
  maxLength: (limit) => `must have at most ${limit} ${limit === 1 ? 'character' : 'characters'}`,
  minItems: (limit) => `must have at least ${limit} ${limit === 1 ? 'entry' : 'entries'}`,
  maxItems: (limit) => `must have at most ${limit} ${limit === 1 ? 'entry' : 'entries'}`,
  minimum: (limit) => `must be at least ${limit}`,
  maximum: (limit) => `must be at most ${limit}`,
}
const webAddress = 'must be a web address starting with http:// or https://, without blanks or backslashes'
const noTurning = 'no characters that control or turn round a text (U+202A to U+202E, U+2066 to U+2069)'
export const formatMessages: Record<string, string> = {
  'date-time': 'must be a time such as 2026-11-24T12:00:00Z',
  date: 'must be a day such as 2026-11-24',
  email:
    'must be an e-mail address such as anna@example.com: in front of the @ letters a to z, digits and signs, without quotes or accents',
  uri: webAddress,
  'uri-template': webAddress,
  name: `must be one line with something to read, no web address, and ${noTurning}`,
  'name-or-blank': `must be one line without a web address, and ${noTurning}`,
  'free-text': `must have something to read, and ${noTurning}`,
  'free-text-or-blank': `must have ${noTurning}`,
  currency: 'must be an ISO 4217 currency such as EUR',
}

/** Long lists by their beginning: the document has all. */
function listed(values: readonly unknown[]): string {
  return values.length <= 30 ? values.join(', ') : `${values.slice(0, 10).join(', ')} … (${values.length} in all)`
}

function isWebAddress(text: string): boolean {
  return parseWebAddress(text) !== null
}
