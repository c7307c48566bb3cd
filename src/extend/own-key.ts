// Ids and keys that code of a project gives: what is no text that every database keeps would be found on one and refused by another.
import { limits } from '../base/limits.ts'
import { isStorableText, unstorableText } from '../base/text.ts'
import { shown } from '../schema/shape.ts'
import { OwnMistake } from './own-code.ts'

/** Of what is stored under it. @throws OwnMistake */
export function checkKey(key: unknown, at: string): void {
  checkId(key, at)
  if (key === '' || (key as string).length > limits.ownKeyCharactersMax)
    throw new OwnMistake(`${at} must have 1 to ${limits.ownKeyCharactersMax} characters`)
}

/** Of what is looked for. @throws OwnMistake */
export function checkId(id: unknown, at: string): asserts id is string {
  if (typeof id !== 'string') throw new OwnMistake(`${at} must be a text, and is ${shown(id)}`)
  if (!isStorableText(id)) throw new OwnMistake(`${at} ${unstorableText}`)
}
