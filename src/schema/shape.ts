// What a declaration may look like, as values: which keys an object has and what is in each. Checks say every
// mistake with its path and the nearest name, and continue; none throws, whatever it is given.
import { nearest } from '../base/nearest.ts'

export type Add = (path: string, message: string) => void
/** Says what is wrong with a value. One that is left out is never asked about. */
export type Check = (value: unknown, path: string, add: Add) => void
export type Keys = Readonly<Record<string, Check>>

/** A check of one value by itself; `expected` follows "must be". */
export function is(expected: string, fits: (value: unknown) => boolean): Check {
  return (value, path, add) => {
    if (!fits(value)) add(path, `must be ${expected}, not ${shown(value)}`)
  }
}

export const flag = is('true or false', (value) => typeof value === 'boolean')
export const callable = is('a function', (value) => typeof value === 'function')
export const whole = (least: number, most: number) =>
  is(
    `a whole number from ${least} to ${most}`,
    (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
  )
export const wholeNumber = is('a whole number', (value) => Number.isSafeInteger(value))
export const countFrom = (least: number) =>
  is(`a whole number from ${least}`, (value) => Number.isSafeInteger(value) && (value as number) >= least)
const weight = { weight: countFrom(1) }
/** Whether a field is searched, or by which weight. */
export const searched: Check = (value, path, add) => (isObject(value) ? object(weight, { required: ['weight'] }) : flag)(value, path, add)
export const line = is('a text of one line', (value) => typeof value === 'string' && value.trim() !== '' && !/[\r\n]/.test(value))
export const plainObject = is('an object', isObject)

/** One of these words. */
export function word(...words: readonly string[]): Check {
  return (value, path, add) => {
    if (typeof value === 'string' && words.includes(value)) return
    const near = typeof value === 'string' ? nearest(value, words) : ''
    add(path, `must be ${words.map((one) => `"${one}"`).join(' or ')}, not ${shown(value)}${near}`)
  }
}

export function list(of: Check, least = 0): Check {
  return (value, path, add) => {
    if (!Array.isArray(value)) return add(path, `must be a list, not ${shown(value)}`)
    if (value.length < least) add(path, `needs ${least} or more entries`)
    // By index: a hole in it is an entry too.
    for (let index = 0; index < value.length; index++) of(value[index], `${path}[${index}]`, add)
  }
}

/** An object of named things, such as fields: each is checked by itself. */
export function named(of: (name: string) => Check): Check {
  return (value, path, add) => {
    if (!isObject(value)) return add(path, `must be an object, not ${shown(value)}`)
    for (const [name, one] of Object.entries(value)) of(name)(one, `${path}.${name}`, add)
  }
}

/** An object of these keys and no others. `made` says how it is written. */
export function object(keys: Keys, { required = [], made }: { readonly required?: readonly string[]; readonly made?: string } = {}): Check {
  return (value, path, add) => {
    if (!isObject(value))
      return add(path, made === undefined ? `must be an object, not ${shown(value)}` : `must be made by ${made}, not ${shown(value)}`)
    const at = (key: string) => (path === '' ? key : `${path}.${key}`)
    const all = Object.keys(keys)
    for (const key of Object.keys(value))
      if (!Object.hasOwn(keys, key)) add(at(key), `is not an option${nearest(key, all)}; there are ${all.join(', ')}`)
    for (const [key, check] of Object.entries(keys))
      if (value[key] !== undefined) check(value[key], at(key), add)
      else if (required.includes(key)) add(at(key), 'is missing')
  }
}

/** Whether the value passes; what is wrong has then been said. */
export function passes(check: Check, value: unknown, path: string, add: Add): boolean {
  let isFine = true
  check(value, path, (where, message) => {
    isFine = false
    add(where, message)
  })
  return isFine
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function shown(value: unknown): string {
  if (typeof value === 'string') return value.length > 60 ? 'a longer text' : JSON.stringify(value)
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' && value !== null ? 'an object' : typeof value === 'function' ? 'a function' : String(value)
}
