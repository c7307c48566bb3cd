// Text of any length, with lines.
import { limits } from '../../base/limits.ts'
import { textComparing, textExcess, textMisfit, withinMax } from './comparing.ts'
import { type Comparing, type DefaultOf, defineKind, makeField, type With } from './kind.ts'
import { textKind } from './text.ts'

const comparing: Comparing = { ...textComparing, operators: ['contains'], fromRule: withinMax, takesActor: () => true }

export const longTextKind = defineKind({
  name: 'longText',
  columns: [{ type: 'text', characters: ({ max = 255 }) => max, comparing }],
  isLarge: true,
  options: textKind.options,
  schema: textKind.schema,
  misfit: textMisfit,
  excess: textExcess,
  input: 'textarea',
  display: 'longText',
})

/** Text of any length, at most 100,000 characters unless `max` says otherwise. */
export const longText = <const O extends With<DefaultOf<string>>>(options?: O) =>
  makeField<{ value: string; isLarge: true }, O>(longTextKind, { max: limits.longTextCharactersMax, ...options })
