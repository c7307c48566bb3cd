// How the values of a column are compared: which operators there are, and how a value of a query string and one of
// a rule become what is stored. What several kinds have alike stands here.
import type { Comparing, Excess, Field, JsonSchema, RuleOptions, Stored } from './kind.ts'

export const safeInteger: JsonSchema = { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }

/** Texts: what is compared is the text itself. */
export const textComparing: Comparing = {
  rules: 'order',
  isText: true,
  operators: ['eq', 'in', 'contains', 'startsWith'],
  offered: ['contains', 'eq', 'ne', 'startsWith', 'in', 'null'],
  querySchema: () => ({ type: 'string' }),
  fromQuery: (value) => ({ value }),
  fromRule: (value) => (typeof value === 'string' ? { value } : mustBe(value, 'a text')),
  takesActor: () => false,
}

/** Words that are the same or not, without an order that means something. */
export const wordComparing: Comparing = {
  ...textComparing,
  rules: 'same',
  operators: ['eq', 'in'],
  offered: ['eq', 'ne', 'in', 'null'],
}

export const integerComparing: Comparing = {
  rules: 'order',
  isText: false,
  operators: ['eq', 'gt', 'gte', 'lt', 'lte'],
  offered: ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'null'],
  querySchema: () => safeInteger,
  fromQuery(text) {
    const value = Number(text)
    return /^-?\d{1,16}$/.test(text) && Number.isSafeInteger(value) ? { value } : { problem: 'must be a whole number' }
  },
  fromRule: (value) => (Number.isSafeInteger(value) ? { value: value as number } : mustBe(value, 'a whole number')),
  takesActor: () => false,
}

/** JSON: neither filters nor rules look into it. */
export const notCompared: Comparing = { ...textComparing, rules: 'none', isText: false, operators: [], offered: ['null'] }

/** A text that is too long for the field is never one of its values. */
export function withinMax(value: unknown, { max }: RuleOptions): Stored {
  if (typeof value !== 'string') return mustBe(value, 'a text')
  if (max !== undefined && value.length > max) return { problem: `has at most ${max} characters: it is never "${value}"` }
  return { value }
}

export function mustBe(value: unknown, what: string): { readonly problem: string } {
  return { problem: `is compared with ${shown(value)}, and must be with ${what}` }
}

export function shown(value: unknown): string {
  if (typeof value === 'string') return `"${value}"`
  return typeof value === 'function' || (typeof value === 'object' && value !== null) ? `a ${typeof value}` : String(value)
}

/** Why a stored value is no text of the field's length, or null. */
export function textMisfit(field: Pick<Field, 'min' | 'max'>, value: unknown): string | null {
  if (typeof value !== 'string') return 'is no text'
  return textExcess(field, value) === null ? null : 'is longer or shorter than the field takes'
}

/** Why a stored value is no whole number of the field's range, or null. */
export function integerMisfit({ min, max }: Pick<Field, 'min' | 'max'>, value: unknown): string | null {
  if (!Number.isSafeInteger(value)) return 'is no whole number'
  const number = value as number
  return (min !== undefined && number < min) || (max !== undefined && number > max) ? 'is out of its range' : null
}

/** Of a text that a function makes: one that is longer or shorter than the field takes. */
export function textExcess({ min = 0, max = Number.POSITIVE_INFINITY }: Pick<Field, 'min' | 'max'>, value: unknown): Excess | null {
  if (typeof value !== 'string') return null
  if (value.length > max) return { code: 'maxLength', what: `have more than ${max} characters` }
  return value.length < min ? { code: 'minLength', what: `have fewer than ${min} characters` } : null
}

/** Of a number that a function makes: one beyond the field's range, or beyond what is exact. */
export function integerExcess({ min, max }: Pick<Field, 'min' | 'max'>, value: unknown): Excess | null {
  const [least, most] = [min ?? Number.MIN_SAFE_INTEGER, max ?? Number.MAX_SAFE_INTEGER]
  if (typeof value !== 'number' || !Number.isFinite(value)) return null
  if (value > most) return { code: 'maximum', what: `be more than ${most}` }
  return value < least ? { code: 'minimum', what: `be less than ${least}` } : null
}
