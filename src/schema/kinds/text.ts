// Text of one line.
import { limits } from '../../base/limits.ts'
import { countFrom, flag, searched } from '../shape.ts'
import { textComparing, textExcess, textMisfit, withinMax } from './comparing.ts'
import { type Comparing, type DefaultOf, defineKind, makeField, rangeOf, type With } from './kind.ts'

/** Line breaks of Unicode and all control characters. */
export const oneLine = '^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$'

const comparing: Comparing = { ...textComparing, fromRule: withinMax, takesActor: () => true }

export const textKind = defineKind({
  name: 'text',
  otherNames: ['string'],
  // MySQL never had a narrower column for one.
  columns: [{ type: 'text', characters: ({ max = 255 }) => Math.max(max, 100), comparing }],
  options: { unique: flag, min: countFrom(0), max: countFrom(1), search: searched },
  sets: (set) => set === 'actor',
  schema: (field) => ({ type: 'string', ...rangeOf(field, 'minLength', 'maxLength') }),
  givenSchema: (schema) => ({ ...schema, pattern: oneLine }),
  misfit: textMisfit,
  excess: textExcess,
  input: 'text',
  display: 'text',
})

/** One line of text, at most 255 characters unless `max` says otherwise. */
export const text = <const O extends With<DefaultOf<string>>>(options?: O) =>
  makeField<{ value: string }, O>(textKind, { max: limits.textCharactersMax, ...options })
