// True or false.
import { flag } from '../shape.ts'
import { mustBe, wordComparing } from './comparing.ts'
import { type Comparing, type DefaultOf, defineKind, makeField, type With } from './kind.ts'

const comparing: Comparing = {
  ...wordComparing,
  isText: false,
  operators: ['eq'],
  offered: ['eq', 'null'],
  querySchema: () => ({ type: 'boolean' }),
  fromQuery: (text) => (text === 'true' || text === 'false' ? { value: text === 'true' } : { problem: 'must be true or false' }),
  fromRule: (value) => (typeof value === 'boolean' ? { value } : mustBe(value, 'true or false')),
}

export const booleanKind = defineKind({
  name: 'boolean',
  otherNames: ['bool'],
  columns: [{ type: 'boolean', comparing }],
  options: { unique: flag },
  schema: () => ({ type: 'boolean' }),
  misfit: (_field, value) => (typeof value === 'boolean' ? null : 'is neither true nor false'),
  input: 'boolean',
  display: 'boolean',
})

export const boolean = <const O extends With<DefaultOf<boolean>>>(options?: O) => makeField<{ value: boolean }, O>(booleanKind, options)
