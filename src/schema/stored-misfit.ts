// What no record may hold: what a request may not give either. Asked of what is stored, and of what code of a project writes.
import { type InputIssue, isEngineError } from '../base/engine-error.ts'
import type { CompiledField } from './model.ts'
import { validatorOf } from './validate.ts'
import { fieldSchema } from './wire.ts'

type Misfit = (value: unknown) => string | null
/** Compiling a schema costs more than checking a small table against it, and the simulator verifies one model thousands of times. */
const misfits = new WeakMap<CompiledField, Misfit>()

/** Answers what is wrong with a stored value: what a request may not give, no record may hold. */
export function storedMisfit(field: CompiledField): Misfit {
  const known = misfits.get(field) ?? misfitOf(field)
  misfits.set(field, known)
  return known
}

function misfitOf({ field }: CompiledField): Misfit {
  const { kind } = field
  // What is stored in another form than on the wire, such as a time, does not fit the schema of the wire.
  const check = kind.stored ? () => {} : validatorOf(fieldSchema(field))
  return (value) => {
    if (value === null || value === undefined) return field.required ? 'is missing' : null
    const own = kind.stored ? kind.misfit(field, value) : null
    if (own !== null) return `${own}: ${shortly(value)}`
    try {
      check(value)
      return null
    } catch (error) {
      if (!isEngineError(error, 'validation_failed')) throw error
      const [{ path, message }] = error.errors as [InputIssue]
      return `${path === '' ? '' : `${path} `}${message}: ${shortly(value)}`
    }
  }
}

function shortly(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}
