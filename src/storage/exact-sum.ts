// Sums as drivers hand them over: a number, a text or an object that says it as one.
import { EngineError } from '../base/engine-error.ts'

/** @throws amount_too_large */
export function exactSum(value: unknown): number {
  const sum = Number(value)
  if (!Number.isSafeInteger(sum)) throw new EngineError('amount_too_large')
  return sum
}

/** Of SQLite, whose sums are of 64 bits: what is added up of each amount apart from the other half. */
export const sumHalf = 4_294_967_296

/** The digits of a `bigSum`: of one text, or of the sums of two halves with a space between. */
export function bigSum(value: unknown): string {
  const [high, low] = String(value).split(' ') as [string, string?]
  return low === undefined ? high : String(BigInt(high) * BigInt(sumHalf) + BigInt(low))
}
