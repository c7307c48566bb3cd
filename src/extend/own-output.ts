// What an own operation answers, tried before anything is stored: what cannot be told as its `output` says is its mistake.
// Invariant: whatever can be answered is let through, since it is the serializer itself that is asked.
import { type EngineError, isEngineError } from '../base/engine-error.ts'
import type { Answer, Operation } from '../operation/define.ts'
import { stringifyOf } from '../operation/serializer.ts'
import { validatorOf } from '../operation/validate.ts'
import { OwnMistake } from './own-code.ts'

/** @throws OwnMistake that names the path */
export function checkAnswer(operation: Operation, { output, status = operation.status, json, stream, atHand }: Answer<unknown>): void {
  // What has no body, is text already, or is made after the commit.
  if (status === 204 || status === 304 || json !== undefined || stream || atHand) return
  checkOutput(operation, output)
}

/** @throws OwnMistake that names the path */
export function checkOutput(operation: Operation, output: unknown): void {
  if (typeof output === 'string') return
  try {
    stringifyOf(operation)(output)
  } catch (error) {
    throw new OwnMistake(`its output does not fit its schema: ${misfitOf(operation.output, output) ?? (error as Error).message}`)
  }
}

/** By the validator, which knows the path. Null where that finds nothing, or nothing that matters: a field too many is left out. */
function misfitOf(schema: object, output: unknown): string | null {
  try {
    validatorOf(schema)(JSON.parse(JSON.stringify(output) ?? 'null'))
    return null
  } catch (error) {
    if (!isEngineError(error)) return null
    const found = ((error as EngineError).errors ?? []).filter(({ code }) => code !== 'unknown_field').slice(0, 3)
    return found.length === 0 ? null : found.map(({ path, message }) => `${path || 'the whole'} ${message}`).join('; ')
  }
}
