// Money: whole minor units and a currency, two columns. The amount stands for the field where one value is asked for.
import { isCurrency } from '../../base/currencies.ts'
import type { Money } from '../../base/money.ts'
import { type Check, shown, wholeNumber } from '../shape.ts'
import { integerComparing, mustBe, safeInteger, textComparing } from './comparing.ts'
import { type Comparing, defineKind, type Field, type JsonSchema, makeField, type With } from './kind.ts'

export const moneySchema: JsonSchema = {
  type: 'object',
  title: 'Money',
  description: 'Whole minor units and an ISO 4217 currency: 1999 EUR is 19.99 EUR.',
  properties: { amount: safeInteger, currency: { type: 'string', format: 'currency' } },
  required: ['amount', 'currency'],
  additionalProperties: false,
}

function boundMoney({ min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER, currency }: Field): JsonSchema {
  const of = moneySchema['properties'] as Record<string, object>
  return {
    ...moneySchema,
    title: titleOf(min, max, currency),
    properties: {
      amount: { type: 'integer', minimum: min, maximum: max },
      currency: currency === undefined ? of['currency'] : { type: 'string', enum: [currency] },
    },
  }
}

/** A range makes it another schema than the one named Money: what many fields have has a name, others that of their place. */
function titleOf(min: number, max: number, currency = ''): string | undefined {
  if (max !== Number.MAX_SAFE_INTEGER) return undefined
  return min === Number.MIN_SAFE_INTEGER ? `Money${currency}` : min === 0 ? `Price${currency}` : undefined
}

const amount: Comparing = {
  ...integerComparing,
  querySchema: () => ({ ...safeInteger, description: 'The amount, in minor units.' }),
  fromRule: (value) =>
    Number.isSafeInteger(value) ? { value: value as number } : mustBe(value, 'whole minor units, such as 1999 for 19.99'),
}

const code: Comparing = {
  ...textComparing,
  fromRule(value) {
    if (typeof value !== 'string') return mustBe(value, 'a text')
    return isCurrency(value) ? { value } : { problem: `is compared with "${value}", which is no ISO 4217 currency such as EUR` }
  },
  takesActor: () => true,
}

const currencyCode: Check = (value, path, add) => {
  if (typeof value !== 'string' || !isCurrency(value)) add(path, `${shown(value)} is no ISO 4217 currency, such as EUR`)
}

export const moneyKind = defineKind({
  name: 'money',
  columns: [
    { part: 'amount', type: 'integer', comparing: amount },
    { part: 'currency', type: 'text', characters: () => 32, comparing: code },
  ],
  // Two values: none that a database could keep unique by itself.
  options: { min: wholeNumber, max: wholeNumber, currency: currencyCode },
  schema: (field) => (field.min === undefined && field.max === undefined && field.currency === undefined ? moneySchema : boundMoney(field)),
  misfit(_field, value) {
    const given = value as { amount?: unknown; currency?: unknown }
    return Number.isSafeInteger(given.amount) && typeof given.currency === 'string' ? null : 'is no { amount, currency }'
  },
  input: 'money',
  display: 'money',
})

/** An amount in minor units and its currency. */
export const money = <const O extends With>(options?: O) =>
  makeField<{ value: Money; compared: { '': number; amount: number; currency: string } }, O>(moneyKind, options)
