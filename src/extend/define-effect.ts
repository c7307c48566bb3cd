// How an effect of a project is declared, and carried out.
import { limits } from '../base/limits.ts'
import { declare, placeOfDeclaration } from '../base/place.ts'
import type { Static, TObject } from '../contract/type.ts'
import { type EffectHandler, effectHandler } from '../effects/effect.ts'
import { attempt } from './attempt.ts'
import { named, type Piece, runOwnCode } from './own-code.ts'
import { type AnyOwnEffect, kindOf, type OwnEffect } from './own-effect.ts'
import type { OwnName } from './own-name.ts'
import { type DutyWork, dutyWork, type OutsideWork, type OwnParts, outsideWork } from './own-work.ts'
import { boundOf } from './scope.ts'

type Payload<TSchema extends TObject> = { readonly payload: Static<TSchema> }

/**
 * Declares one. `run` may call the network and is repeated until it has passed, at most `attempts` times (12 when left out);
 * `settle` writes what came of it, in the transaction that ends it: once.
 */
export function defineEffect<TSchema extends TObject, TResult = void>(
  name: OwnName,
  spec: {
    /** What is stored for it. Staff see it: it holds no secrets. */
    readonly payload: TSchema
    readonly attempts?: number
    readonly run: (context: OutsideWork & Payload<TSchema>) => TResult | Promise<TResult>
    readonly settle?: (
      context: DutyWork & Payload<TSchema> & { readonly key: string; readonly result: Awaited<TResult> },
    ) => void | Promise<void>
  },
): OwnEffect<Static<TSchema>> {
  const { payload, attempts = limits.effectAttemptsMax, run, settle = null } = spec
  const place = placeOfDeclaration()
  return declare({ kind: 'effect', name, payload, attempts, run, settle, what: `The effect ${name}`, place }, { name, ...spec }, place)
}

export function ownEffectHandler(own: AnyOwnEffect, parts: OwnParts): EffectHandler {
  const settling: Piece = { ...own, outside: '`run`' }
  return effectHandler<Readonly<Record<string, unknown>>, { readonly result: unknown }>(kindOf(own), {
    attemptsMax: own.attempts,
    ownCode: named(own),
    perform: ({ effect, payload, read, now }) =>
      attempt(parts.clock, own, async ({ signal, during }) => {
        const { key, attempts } = effect
        const context = { ...outsideWork(parts, read, during), payload, now, key, attempt: attempts, signal }
        return { result: await own.run(context as never) }
      }),

    async settle({ outcome, effect: { key }, payload, ...work }) {
      if (outcome.end !== 'done' || own.settle === null) return
      const { result } = outcome.result
      const { context, events } = dutyWork(parts, work)
      await runOwnCode(settling, boundOf(work.tx, parts.clock), (during) =>
        own.settle!({ ...context({ during, causedBy: [] }), payload, key, result } as never),
      )
      return events
    },
  })
}
