// Sums of money that have no end, such as all that a shop ever took: reckoned in bigint, and told in JSON as any amount. Beyond what a
// number holds exactly (90 trillion euros) the nearest one is told, for a client in JavaScript would read no other.
import type { Money } from '../../base/money.ts'
import { Type } from '../../contract/type.ts'
import type { JsonSchema } from '../../schema/kinds/kind.ts'

const moneySumSchema: JsonSchema = {
  type: 'object',
  title: 'MoneySum',
  description: 'Whole minor units and an ISO 4217 currency; beyond 9007199254740991 units the nearest number that JavaScript has.',
  properties: { amount: { type: 'integer' }, currency: { type: 'string', format: 'currency' } },
  required: ['amount', 'currency'],
  additionalProperties: false,
}

export const moneySum = (description?: string) => Type.Unsafe<Money>(description ? { ...moneySumSchema, description } : moneySumSchema)

export const moneySumOrNull = (description: string) =>
  Type.Unsafe<Money | null>({ ...moneySumSchema, type: ['object', 'null'], description })

export function toldSum(amount: bigint, currency: string): Money {
  return { amount: Number(amount), currency }
}
