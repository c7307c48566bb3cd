import { EngineError } from '../base/engine-error.ts'

/** A sum as a driver hands it over: a number, a text or an object that says it as one. @throws amount_too_large */
export function exactSum(value: unknown): number {
  const sum = Number(value)
  if (!Number.isSafeInteger(sum)) throw new EngineError('amount_too_large')
  return sum
}
