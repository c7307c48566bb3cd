// What staff may do to an effect: have a dead or doubtful one tried again, or give up one that waits.
import { Type } from 'typebox'
import { staff } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { type Effect, type effectStates, effects } from '../../effects/effect.ts'
import { type CommandContext, command } from '../../operation/define.ts'
import { checkIfMatch } from '../records/etag.ts'

const input = Type.Object({ id: Type.String({ maxLength: 64 }) }, { additionalProperties: false })
const output = Type.Object({ id: Type.String(), state: Type.String(), attempts: Type.Integer() })

export const retryEffect = command({
  name: 'effects.retry',
  route: 'POST /api/effects/:id/retry',
  summary: 'Try an effect again, under its old key',
  tag: 'Effects',
  input,
  output,
  errors: ['not_found', 'precondition_failed', 'effect_state_conflict'],
  access: staff,
  async run({ tx, input, now, actor, model, request }) {
    // The key stays: if the other side knows it already, it will say so instead of acting twice.
    return {
      output: await move({ tx, actor, model, request }, input.id, {
        from: ['dead', 'canceled', 'unknown', 'held', 'ready'],
        set: { state: 'ready', dueAt: now },
      }),
    }
  },
})

export const cancelEffect = command({
  name: 'effects.cancel',
  route: 'POST /api/effects/:id/cancel',
  summary: 'Give up an effect that waits',
  tag: 'Effects',
  input,
  output,
  errors: ['not_found', 'precondition_failed', 'effect_state_conflict'],
  access: staff,
  async run({ tx, input, actor, model, request }) {
    return {
      output: await move({ tx, actor, model, request }, input.id, {
        from: ['ready', 'dead', 'unknown', 'held'],
        set: { state: 'canceled' },
      }),
    }
  },
})

type Step = { readonly from: readonly (typeof effectStates)[number][]; readonly set: Partial<Effect> }

type Context = Pick<CommandContext<unknown>, 'tx' | 'actor' | 'model' | 'request'>

async function move({ tx, actor, model, request }: Context, id: string, { from, set }: Step) {
  const found = await tx.get(effects, id)
  if (found === null) throw new EngineError('not_found')
  checkIfMatch(model.get(effects), { actor, ifMatch: request.ifMatch }, found)
  if (!from.includes(found.state))
    throw new EngineError('effect_state_conflict', { detail: `The effect is ${found.state}; only ${from.join(', ')} can be moved so.` })
  // By the version that If-Match was compared with: a worker that takes it meanwhile makes this run again.
  const moved = await tx.update(effects, found, { set })
  return { id, state: moved.state, attempts: moved.attempts }
}
