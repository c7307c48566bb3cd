// What nobody catches, told apart: what code of a project has left behind, and what is a bug in the engine.
import { isA, stackOf, textOf } from '../base/error-text.ts'
import { isOfProject } from '../base/place.ts'
import { ProjectError } from '../base/project-error.ts'
import { named, OwnCodeError } from './own-code.ts'
import { whoseCode } from './whose-code.ts'

/** Called where it arrives. What the log says of it, with its file and line; null where it is not the project's. */
export function ownFault(error: unknown): { readonly error: unknown } | null {
  const piece = whoseCode()
  if (piece !== null)
    return { error: new OwnCodeError(`${named(piece)} has begun something that failed: ${textOf(error)}`, { cause: error }) }
  // What a config has begun when it was loaded.
  return isA(error, ProjectError) || isOfProject(stackOf(error)) ? { error } : null
}

/** Called while the process ends. What the log says where code of the project ends it; null where it does not. */
export function ownEnd(): { readonly error: unknown } | null {
  const piece = whoseCode()
  if (piece !== null) return { error: new OwnCodeError(`${named(piece)} calls \`process.exit\`.`) }
  const error = new Error('It calls `process.exit`.')
  return isOfProject(stackOf(error)) ? { error } : null
}
