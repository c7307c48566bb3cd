// Effects of a project: something owed to the outside, such as a call to another service. Owed in a transaction by
// `effects.owe`, once per key; carried out after it like every effect. What is stored may be of an older version of the
// config: one that no longer fits waits, and loses nothing.
import { isEngineError } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import { unstorableIn, unstorableText } from '../base/text.ts'
import type { TObject } from '../contract/type.ts'
import { type EffectKind, enqueue } from '../effects/effect.ts'
import type { Work } from '../operation/work.ts'
import { lastTime } from '../schema/kinds/date-time.ts'
import { shown } from '../schema/shape.ts'
import { validatorOf } from '../schema/validate.ts'
import { notListed, OwnMistake, type Piece } from './own-code.ts'
import { checkId, checkKey } from './own-key.ts'

export type OwnEffect<TPayload = never> = Piece & {
  readonly kind: 'effect'
  readonly name: string
  readonly payload: TObject
  readonly attempts: number
  readonly run: (context: never) => unknown
  readonly settle: ((context: never) => unknown) | null
  /** Carries the type only. */
  readonly types?: (payload: TPayload) => void
}
export type AnyOwnEffect = Omit<OwnEffect, 'types'>

export type OwedEffect = {
  /** Not before this time, in milliseconds. */
  readonly notBefore?: number
  /** The record that it is about: the console shows it there. */
  readonly record?: string
}

/** Owes effects, each once: false where one with this key is owed already, or was. */
export type Effects = {
  owe<TPayload>(effect: OwnEffect<TPayload>, key: string, payload: NoInfer<TPayload>, more?: OwedEffect): Promise<boolean>
}

export function effectsIn(declared: ReadonlySet<AnyOwnEffect>, work: Work): Effects {
  return {
    async owe(effect, key, payload, { notBefore, record } = {}) {
      if (!declared.has(effect)) throw notListed(effect.what, effect, 'effects')
      const at = `effects.owe(${effect.name})`
      checkKey(key, `${at}: the key`)
      if (record !== undefined) checkId(record, `${at}: record`)
      if (notBefore !== undefined && !isTime(notBefore))
        throw new OwnMistake(`${at}: notBefore is ${shown(notBefore)}, and must be milliseconds since 1970, until the year 9999`)
      const misfit = misfitOf(effect, payload)
      if (misfit !== null) throw new OwnMistake(`${at}: payload${misfit}`)
      const owed = await enqueue(work, kindOf(effect), {
        key: `${effect.name}:${key}`,
        payload: payload as Readonly<Record<string, unknown>>,
        ...(notBefore === undefined ? {} : { dueAt: notBefore }),
        ...(record === undefined ? {} : { record }),
        isUnrecognised: true,
      })
      return owed !== null
    },
  }
}

export function isTime(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= lastTime
}

function misfitOf({ payload: schema }: AnyOwnEffect, payload: unknown): string | null {
  const text = JSON.stringify(payload)
  if (text === undefined) return ' is missing'
  if (text.length > limits.ownPayloadCharactersMax)
    return ` is larger than ${limits.ownPayloadCharactersMax} characters: store a record and name it`
  const unstorable = unstorableIn(payload)
  if (unstorable !== null) return `${unstorable} ${unstorableText}`
  try {
    validatorOf(schema)(payload)
    return null
  } catch (error) {
    if (!isEngineError(error, 'validation_failed')) throw error
    return ` ${error.detail}`
  }
}

const kinds = new WeakMap<AnyOwnEffect, EffectKind<Readonly<Record<string, unknown>>>>()

export function kindOf(effect: AnyOwnEffect): EffectKind<Readonly<Record<string, unknown>>> {
  const found = kinds.get(effect) ?? {
    name: effect.name,
    payloadOf: ({ payload }) => (misfitOf(effect, payload) === null ? payload : null),
  }
  kinds.set(effect, found)
  return found
}
