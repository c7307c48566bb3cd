// Calendar days, in no time zone: kept and told as text, whose order is theirs.
import { isDay } from '../../base/clock.ts'
import { flag } from '../shape.ts'
import { mustBe, textComparing, textMisfit } from './comparing.ts'
import { type Comparing, type DefaultOf, defineKind, makeField, type With } from './kind.ts'

const comparing: Comparing = {
  ...textComparing,
  operators: ['eq', 'gt', 'gte', 'lt', 'lte'],
  offered: ['gte', 'lte', 'gt', 'lt', 'eq', 'null'],
  querySchema: () => ({ type: 'string', format: 'date' }),
  fromRule(value) {
    if (typeof value !== 'string') return mustBe(value, 'a text')
    return isDay(value) ? { value } : { problem: `is compared with "${value}", which is no day such as 2026-11-24` }
  },
}

export const dateKind = defineKind({
  name: 'date',
  columns: [{ type: 'text', characters: () => 32, comparing }],
  options: { unique: flag },
  schema: () => ({ type: 'string', format: 'date' }),
  misfit: textMisfit,
  spans: 'days',
  input: 'date',
  display: 'date',
})

/** A calendar day, `2026-11-24`, in no time zone. */
export const date = <const O extends With<DefaultOf<string>>>(options?: O) => makeField<{ value: string }, O>(dateKind, options)
