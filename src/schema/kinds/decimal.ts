// Exact numbers with a fixed count of decimals: weights, rates, measures. On the wire a text (`"12.50"`), for a number of JSON
// becomes a float in most languages; in a record and in every database whole units of the last decimal (1250), as with money.
// Invariant: how many decimals there are belongs to the type of the column, so that a change of it converts what is stored.
import { parseDecimal, renderDecimal } from '../../base/decimal.ts'
import { invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { flag, is } from '../shape.ts'
import { integerComparing, integerExcess, integerMisfit, mustBe } from './comparing.ts'
import { type Comparing, type DefaultOf, defineKind, type Field, type JsonSchema, type Kind, makeField, saying, type With } from './kind.ts'

type Form = { readonly digits: number; readonly scale: number }

const largest = ({ digits }: Form): number => 10 ** digits - 1

/** `12.5` as 1250, or null. */
function unitsOf(value: unknown, form: Form): number | null {
  const units = typeof value === 'string' ? parseDecimal(value, form.scale) : null
  return units === null || Math.abs(units) > largest(form) ? null : units
}

/** What the text of such a number looks like. Without a range any number of digits, for sums. */
function patternOf({ min, max }: Pick<Field, 'min' | 'max'>, scale: number): string {
  const whole = min === undefined || max === undefined ? '\\d*' : digitsOf(Math.max(Math.abs(min), Math.abs(max)), scale)
  const fraction = scale === 0 ? '' : `(\\.\\d{1,${scale}})?`
  return `^${min !== undefined && min >= 0 ? '' : '-?'}${whole === '' ? '0' : `(0|[1-9]${whole})`}${fraction}$`
}

/** Those behind the first one, of the whole part. */
function digitsOf(most: number, scale: number): string {
  const whole = String(Math.floor(most / 10 ** scale))
  return whole === '0' ? '' : `\\d{0,${whole.length - 1}}`
}

function wordsOf({ digits, scale }: Form, range = ''): string {
  const decimals = scale === 0 ? 'without decimals' : `with at most ${scale} ${scale === 1 ? 'decimal' : 'decimals'}`
  return `a number of at most ${digits} digits, ${decimals},${range} as a text such as "${renderDecimal(5, scale)}"`
}

function comparingOf(form: Form): Comparing {
  const problem = `must be ${wordsOf(form)}`
  return {
    ...integerComparing,
    querySchema: (field) => ({ type: 'string', pattern: patternOf({ ...field, min: -largest(form) }, form.scale) }),
    fromQuery(text) {
      const value = unitsOf(text, form)
      return value === null ? { problem } : { value }
    },
    fromRule(given) {
      const value = unitsOf(typeof given === 'number' ? String(given) : given, form)
      return value === null ? mustBe(given, wordsOf(form)) : { value }
    },
  }
}

function schemaOf({ min, max }: Field, form: Form): JsonSchema {
  const isWhole = min === undefined || max === undefined || (min === -largest(form) && max === largest(form))
  const range = isWhole ? '' : `rom ${renderDecimal(min, form.scale)} to ${renderDecimal(max, form.scale)}`
  return {
    type: 'string',
    description: `An exact number with ${form.scale} decimals.${range && ` F${range}.`}`,
    pattern: patternOf({ min, max } as Field, form.scale),
    [saying]: `must be ${wordsOf(form, range && ` f${range},`)}`,
  }
}

function makeKind(form: Form): Kind {
  const { digits, scale } = form
  const bound = is('a number', (value) => typeof value === 'number')
  return defineKind({
    name: 'decimal',
    otherNames: ['numeric'],
    columns: [{ type: `decimal(${scale})`, comparing: comparingOf(form) }],
    options: {
      unique: flag,
      scale: is('a whole number from 0 to 15', (value) => isCount(value) && (value as number) >= 0),
      digits: is('a whole number from 1 to 15', (value) => isCount(value) && (value as number) > 0),
      min: bound,
      max: bound,
    },
    needs: ['scale'],
    check(field, path, add) {
      if (typeof field.default === 'number' && integerMisfit(field, field.default) !== null)
        add(`${path}.default`, 'is out of the range of the field')
      if (scale > digits) add(`${path}.digits`, `is ${digits}, and ${scale} of them are decimals`)
      for (const name of ['min', 'max'] as const)
        if (Number.isNaN(field[name])) add(`${path}.${name}`, `must be a number of at most ${digits} digits, ${scale} of them decimals`)
    },
    increment: {
      schema: {
        type: 'string',
        pattern: patternOf({ min: -largest(form), max: largest(form) }, scale),
        [saying]: `must be ${wordsOf(form)}`,
      },
      fromWire: (value) => unitsOf(value, form)!,
    },
    defaultFault: (value) => (Number.isSafeInteger(value) ? null : `must be ${wordsOf(form)}`),
    schema: (field) => schemaOf(field, form),
    fromWire(value, path, { min, max }) {
      const units = unitsOf(value, form)
      if (units === null) throw invalid(path, 'pattern', `must be ${wordsOf(form)}`)
      if (units > max!) throw invalid(path, 'maximum', `must be at most ${renderDecimal(max!, scale)}`)
      if (units < min!) throw invalid(path, 'minimum', `must be at least ${renderDecimal(min!, scale)}`)
      return units
    },
    // What was another kind once stands in old lines of the log as it was.
    toWire: (value) => (typeof value === 'number' ? renderDecimal(value, scale) : value),
    stored(value, path, add) {
      if (!Number.isSafeInteger(value))
        add(path, `must be in units of the last decimal, such as ${5 * 10 ** scale} for ${renderDecimal(5 * 10 ** scale, scale)}`)
    },
    misfit: integerMisfit,
    excess(field, value) {
      const found = integerExcess(field, value)
      if (found === null) return null
      const bound = (found.code === 'maximum' ? field.max : field.min)!
      const isForm = Math.abs(bound) === largest(form)
      const range = `be ${found.code === 'maximum' ? 'more' : 'less'} than ${renderDecimal(bound, scale)}`
      return { code: found.code, what: isForm ? `have more than ${digits} digits` : range }
    },
    input: 'decimal',
    display: 'number',
  })
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) <= limits.decimalDigitsMax

const made = new Map<string, Kind>()

function kindOf(form: Form): Kind {
  const name = `${form.digits}.${form.scale}`
  const kind = made.get(name) ?? makeKind(form)
  made.set(name, kind)
  return kind
}

export const decimalKind = kindOf({ digits: limits.decimalDigitsMax, scale: 2 })

type DecimalOptions = {
  /** How many decimals there are: 2 for `12.50`. */
  readonly scale: number
  /** How many digits there are in all, 15 at most and when left out. */
  readonly digits?: number
}

/** An exact number with `scale` decimals: a text in JSON, whole units of the last decimal in a record. `min`, `max`: the number itself. */
export const decimal = <const O extends With<DecimalOptions & DefaultOf<string>>>(options: O) => {
  const given = (options ?? {}) as With<DecimalOptions>
  const form = { digits: isCount(given.digits) ? given.digits! : limits.decimalDigitsMax, scale: isCount(given.scale) ? given.scale : 0 }
  const bound = (value: unknown, none: number): unknown =>
    value === undefined ? none : typeof value === 'number' ? (unitsOf(String(value), form) ?? Number.NaN) : value
  const { default: value } = given
  const fixed = typeof value === 'string' || typeof value === 'number' ? { default: unitsOf(String(value), form) ?? String(value) } : {}
  const range = { min: bound(given.min, -largest(form)) as number, max: bound(given.max, largest(form)) as number }
  return makeField<{ value: number; wire: string; compared: { '': string }; increment: string }, O>(kindOf(form), {
    ...given,
    ...range,
    ...fixed,
  })
}
