// Addresses of mail, kept in one spelling: two of one mailbox are one value.
import { normalEmail } from '../../base/email-address.ts'
import { invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { countFrom, flag, searched } from '../shape.ts'
import { mustBe, textComparing, textExcess, textMisfit } from './comparing.ts'
import { type Comparing, type DefaultOf, defineKind, makeField, type OnErase, type With } from './kind.ts'
import { erasing } from './ref.ts'

const comparing: Comparing = {
  ...textComparing,
  operators: ['eq', 'contains', 'startsWith'],
  fromQuery: (text) => ({ value: normalEmail(text) }),
  fromRule: (value) => (typeof value === 'string' ? { value: normalEmail(value) } : mustBe(value, 'a text')),
  takesActor: ({ actor }) => actor === 'email',
}

export const emailKind = defineKind({
  name: 'email',
  columns: [{ type: 'text', characters: ({ max = 255 }) => max, comparing }],
  options: { unique: flag, max: countFrom(1), search: searched, onErase: erasing },
  defaultFault: (value) =>
    value === normalEmail(String(value)) ? null : 'must be in lower case, its domain as the DNS has it, as addresses are kept',
  schema: ({ max = limits.emailCharactersMax }) => ({ type: 'string', format: 'email', maxLength: max }),
  fromWire(value, path, { max = limits.emailCharactersMax }) {
    const address = normalEmail(value as string)
    // The DNS takes more characters for a domain of another script than people do.
    if (address.length > max) throw invalid(path, 'maxLength', `has more than ${max} characters as the DNS has it`)
    return address
  },
  misfit: textMisfit,
  excess: textExcess,
  input: 'email',
  display: 'email',
})

/** An address, kept in lower case: two spellings of one mailbox are one value. */
export const email = <const O extends With<DefaultOf<string> & { readonly onErase?: OnErase }>>(options?: O) =>
  makeField<{ value: string }, O>(emailKind, { max: limits.emailCharactersMax, ...options })
