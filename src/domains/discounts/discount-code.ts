// The code of a discount as it is kept: in capitals and without spaces, so two ways to type one are one value. Anybody may learn it
// from an advertisement, so it is stored as it is.
import { invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { textComparing, textExcess, textMisfit } from '../../schema/kinds/comparing.ts'
import { type Comparing, type DefaultOf, defineKind, makeField, type With } from '../../schema/kinds/kind.ts'
import { oneLine } from '../../schema/kinds/text.ts'
import { flag, searched } from '../../schema/shape.ts'

/** `summer 10` and `Summer10` are `SUMMER10`. */
export function normalCode(text: string): string {
  return text.normalize('NFKC').toUpperCase().replaceAll(/\s+/g, '').normalize('NFC')
}

const max = limits.codeCharactersMax
const comparing: Comparing = {
  ...textComparing,
  fromQuery: (text) => ({ value: normalCode(text) }),
  fromRule: (value) => (typeof value === 'string' ? { value: normalCode(value) } : { problem: 'is compared with what is no text' }),
}

const discountCodeKind = defineKind({
  name: 'discountCode',
  columns: [{ type: 'text', characters: () => max, comparing }],
  options: { unique: flag, search: searched },
  schema: () => ({ type: 'string', minLength: 1, maxLength: max }),
  givenSchema: (schema) => ({ ...schema, pattern: oneLine }),
  fromWire(value, path) {
    const code = normalCode(value as string)
    if (code === '') throw invalid(path, 'minLength', 'must have at least one letter or digit')
    // Some letters have several capitals: ß is SS.
    if (code.length > max) throw invalid(path, 'maxLength', `must have at most ${max} characters in capitals`)
    return code
  },
  misfit: (_field, value) => textMisfit({ min: 1, max }, value),
  excess: (_field, value) => textExcess({ min: 1, max }, value),
  input: 'text',
  display: 'text',
})

export const discountCode = <const O extends With<DefaultOf<string>>>(options?: O) =>
  makeField<{ value: string }, O>(discountCodeKind, options)
