// One of some words that the declaration names.
import { nearest } from '../../base/nearest.ts'
import { flag, line, list, searched } from '../shape.ts'
import { mustBe, wordComparing } from './comparing.ts'
import { type Comparing, type DefaultOf, defineKind, makeField, type With } from './kind.ts'

const comparing: Comparing = {
  ...wordComparing,
  querySchema: ({ options }) => ({ type: 'string', enum: [...options!] }),
  fromRule(value, { options }) {
    if (typeof value !== 'string') return mustBe(value, 'a text')
    if (options === undefined || options.includes(value)) return { value }
    return { problem: `is never "${value}"${nearest(value, options)}; there are ${options.join(', ')}` }
  },
}

export const enumKind = defineKind({
  name: 'enum',
  otherNames: ['select'],
  columns: [{ type: 'text', characters: ({ options = [] }) => Math.max(100, ...options.map((option) => option.length)), comparing }],
  options: { unique: flag, options: list(line, 1), search: searched },
  needs: ['options'],
  check({ options = [] }, path, add) {
    if (new Set(options).size < options.length) add(`${path}.options`, 'names a value twice')
    if (options.some((option) => option.includes(',')))
      add(`${path}.options`, 'names a value with a comma, which parts the values of a filter')
  },
  schema: ({ options }) => ({ type: 'string', enum: [...options!] }),
  misfit: ({ options }, value) => (options!.includes(value as string) ? null : `is none of ${options!.join(', ')}`),
  input: 'choice',
  display: 'choice',
})

export const enumOf = <const V extends readonly string[], const O extends With<DefaultOf<V[number]>>>(values: V, options?: O) =>
  makeField<{ value: V[number] }, O>(enumKind, { ...options, options: values })
