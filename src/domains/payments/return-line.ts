import { recently, staff } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { type EffectHandler, effectHandler, effectKind, enqueue, type Outcome } from '../../effects/effect.ts'
import { command } from '../../operation/define.ts'
import { outcomeOf, type PaymentProvider } from './provider.ts'
import { settlementLines } from './settlement-collections.ts'
import { getUnmatchedLine, settlementOutput, settlementView } from './settlement-view.ts'

const lineReturn = effectKind('payments.returnLine', Type.Object({ line: Type.String() }))

/**
 * `POST /api/settlementLines/{id}/return`: the provider gives money of nobody back to whoever paid it. It is settled by the line
 * that its refund makes in the provider's account.
 */
export const returnLine = command({
  name: 'settlementLines.return',
  route: 'POST /api/settlementLines/:id/return',
  summary: 'Give money that belongs to nobody back',
  tag: 'Settlement lines',
  input: Type.Object({ id: Type.String({ maxLength: limits.idCharactersMax }) }, { additionalProperties: false }),
  output: settlementOutput,
  errors: ['not_found', 'settlement_state_conflict'],
  access: recently(staff),
  async run(context) {
    const { tx, input } = context
    const line = await getUnmatchedLine(tx, input.id)
    if (line.kind !== 'payment' || line.providerRef === null || line.amount.amount <= 0)
      throw new EngineError('settlement_state_conflict', {
        detail: 'It is no payment that its provider could give back.',
        params: { kind: line.kind },
      })
    const after = await tx.update(settlementLines, line, { set: { state: 'returning', lastError: null } })
    const effect = await enqueue(context, lineReturn, {
      key: `payments.returnLine:${line.id}:${after.version}`,
      payload: { line: line.id },
      record: line.id,
      isAwaited: true,
    })
    return { output: settlementView(after), awaiting: effect === null ? [] : [effect.id] }
  },
  reload: async ({ read, input }) => settlementView((await read.get(settlementLines, input.id))!),
})

export function returnLineEffect(providers: ReadonlyMap<string, PaymentProvider>): EffectHandler {
  return effectHandler(lineReturn, {
    attemptsMax: limits.providerAttemptsMax,
    async perform({ payload, read }): Promise<Outcome<null>> {
      const line = await read.get(settlementLines, payload.line)
      const provider = line && providers.get(line.provider)
      if (!provider || line?.providerRef == null) return { end: 'dead', error: 'There is no such line or provider.' }
      if (line.state !== 'returning') return { end: 'done', result: null }
      const { id, reference, providerRef, amount } = line
      // One key for all tries of staff, too: what was uncertain once is not given back twice.
      const key = `payments.returnLine:${id}`
      const result = await provider.refund({ key, payment: reference ?? id, reference: id, providerRef, amount })
      return result.result === 'ok' ? { end: 'done', result: null } : outcomeOf(result)
    },

    async settle({ tx, payload, outcome }) {
      const line = await tx.get(settlementLines, payload.line)
      if (line?.state !== 'returning' || outcome.end === 'done') return
      const state = outcome.end === 'dead' ? 'unmatched' : 'returning'
      await tx.update(settlementLines, line, { set: { state, lastError: outcome.error } })
    },

    async giveUp({ tx, payload }) {
      const line = await tx.get(settlementLines, payload.line)
      if (line?.state === 'returning')
        await tx.update(settlementLines, line, { set: { state: 'unmatched', lastError: 'Staff gave it up.' } })
    },

    async tryAgain({ tx, payload }) {
      const line = await tx.get(settlementLines, payload.line)
      if (line?.state === 'unmatched') await tx.update(settlementLines, line, { set: { state: 'returning', lastError: null } })
    },
  })
}
