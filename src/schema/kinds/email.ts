// Addresses of mail, kept in lower case: two spellings of one mailbox are one value.
import { limits } from '../../base/limits.ts'
import { countFrom, flag, searched } from '../shape.ts'
import { mustBe, textComparing, textExcess, textMisfit } from './comparing.ts'
import { type Comparing, type DefaultOf, defineKind, makeField, type OnErase, type With } from './kind.ts'
import { erasing } from './ref.ts'

const comparing: Comparing = {
  ...textComparing,
  operators: ['eq', 'contains', 'startsWith'],
  fromQuery: (text) => ({ value: text.toLowerCase() }),
  fromRule: (value) => (typeof value === 'string' ? { value: value.trim().toLowerCase() } : mustBe(value, 'a text')),
  takesActor: ({ actor }) => actor === 'email',
}

export const emailKind = defineKind({
  name: 'email',
  columns: [{ type: 'text', characters: ({ max = 255 }) => max, comparing }],
  options: { unique: flag, max: countFrom(1), search: searched, onErase: erasing },
  defaultFault: (value) => (value === String(value).toLowerCase() ? null : 'must be in lower case, as addresses are kept'),
  schema: () => ({ type: 'string', format: 'email', maxLength: limits.emailCharactersMax }),
  fromWire: (value) => (value as string).trim().toLowerCase(),
  misfit: textMisfit,
  excess: textExcess,
  input: 'email',
  display: 'email',
})

/** An address, kept in lower case: two spellings of one mailbox are one value. */
export const email = <const O extends With<DefaultOf<string> & { readonly onErase?: OnErase }>>(options?: O) =>
  makeField<{ value: string }, O>(emailKind, { max: limits.emailCharactersMax, ...options })
