// Options of a product (size, colour) and the value of each that a variant has. Pure.
import { createHash } from 'node:crypto'
import { invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { oneLine } from '../../schema/kinds/text.ts'

export type ProductOption = { readonly name: string; readonly values: readonly string[] }
/** The value by the name of the option. */
export type OptionValues = Readonly<Record<string, string>>

const word = { type: 'string', minLength: 1, maxLength: limits.optionCharactersMax, pattern: oneLine } as const

export const optionsShape = {
  type: ['array', 'null'],
  maxItems: limits.optionsMax,
  items: {
    type: 'object',
    title: 'ProductOption',
    properties: { name: word, values: { type: 'array', items: word, minItems: 1, maxItems: limits.optionValuesMax, uniqueItems: true } },
    required: ['name', 'values'],
    additionalProperties: false,
  },
} as const

export const optionValuesShape = {
  type: ['object', 'null'],
  description: 'The value of each option of its product, by the name of the option.',
  maxProperties: limits.optionsMax,
  additionalProperties: word,
} as const

/** @throws validation_failed where two have one name */
export function checkOptions(options: readonly ProductOption[] | null): void {
  const names = (options ?? []).map(({ name }) => name)
  const repeated = names.findIndex((name, index) => names.indexOf(name) < index)
  if (repeated >= 0) throw invalid(`/options/${repeated}/name`, 'repeated', `names ${names[repeated]} twice`)
  const parted = names.findIndex((name) => name.includes(': '))
  if (parted >= 0) throw invalid(`/options/${parted}/name`, 'pattern', 'must not have a colon and a blank: they part it from its values')
  if (optionTextsOf(options).length > limits.listItemsMax)
    throw invalid('/options', 'maxItems', `must have at most ${limits.listItemsMax} values in all`)
}

/** `Size: S`: what a list is filtered by. */
export function optionTextsOf(options: readonly ProductOption[] | null | undefined): string[] {
  return (options ?? []).flatMap(({ name, values }) => values.map((value) => `${name}: ${value}`))
}

/** What is wrong with the values of a variant, or null. None at all are those of a variant that was there before the options. */
export function optionsMistake(options: readonly ProductOption[] | null, values: OptionValues | null): string | null {
  if (isNone(values)) return null
  const known = new Map((options ?? []).map(({ name, values: there }) => [name, there]))
  for (const [name, value] of Object.entries(values!)) {
    const there = known.get(name)
    if (there === undefined) return `has ${name}, which is no option of its product`
    if (!there.includes(value)) return `has ${name}: ${value}, which is none of ${there.slice(0, 10).join(', ')}`
  }
  const missing = [...known.keys()].find((name) => !Object.hasOwn(values!, name))
  return missing === undefined ? null : `lacks ${missing}`
}

export function isNone(values: OptionValues | null | undefined): boolean {
  return values === null || values === undefined || Object.keys(values).length === 0
}

/** The same for the same values, in whatever order they were given: what makes them unique within a product. Null of none. */
export function optionKeyOf(values: OptionValues | null | undefined): string | null {
  if (isNone(values)) return null
  const sorted = Object.entries(values!).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(sorted)).digest('base64url')
}

/** Every combination, the last option first through its values. One empty one where there are no options. */
export function combinationsOf(options: readonly ProductOption[]): OptionValues[] {
  return options.reduce<OptionValues[]>(
    (made, { name, values }) => made.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
    [{}],
  )
}

/** How many there would be, without making them. */
export function countCombinations(options: readonly ProductOption[]): number {
  return options.reduce((count, { values }) => count * values.length, 1)
}
