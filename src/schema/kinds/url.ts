// Addresses of the web.
import { limits } from '../../base/limits.ts'
import { textComparing, textExcess, textMisfit } from './comparing.ts'
import { emailKind } from './email.ts'
import { type Comparing, type DefaultOf, defineKind, makeField, type With } from './kind.ts'

const comparing: Comparing = { ...textComparing, operators: ['eq', 'startsWith'] }

export const urlKind = defineKind({
  name: 'url',
  columns: [{ type: 'text', characters: ({ max = 255 }) => max, comparing }],
  options: emailKind.options,
  schema: ({ max = limits.urlCharactersMax }) => ({ type: 'string', format: 'uri', maxLength: max }),
  misfit: textMisfit,
  excess: textExcess,
  input: 'url',
  display: 'url',
})

export const url = <const O extends With<DefaultOf<string>>>(options?: O) =>
  makeField<{ value: string }, O>(urlKind, { max: limits.urlCharactersMax, ...options })
