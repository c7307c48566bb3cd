// What must hold of hooks that are owed: what one is told is there as long as its effect is not done, and no longer. Which
// hooks a project declares is not in the database, so whether one was owed at all is what the simulator looks at.
import { limits } from '../../base/limits.ts'
import { oneOf } from '../../contract/filter.ts'
import { type Effect, effects } from '../../effects/effect.ts'
import { type HookCall, hookCalls } from '../../extend/hook-calls.ts'
import { allOf, type InvariantGroup, pagesOf, type VerifyContext } from '../invariant.ts'

export const hookInvariants: InvariantGroup = {
  needs: ['hookCalls', 'effects'],
  invariants: {
    'hooks.call_has_effect': 'What a hook was told has the effect that carries it out, and is gone when that is done.',
    'hooks.effect_has_call': 'The effect of a hook that is still to be carried out has what it was told.',
    'hooks.chain_ends': 'No hook was owed by more hooks, one after another, than may cause each other.',
  },
  async check(context) {
    for await (const page of pagesOf(context, hookCalls)) {
      for (const call of page) checkChain(context, call)
      await checkCalls(context, page)
    }
    for await (const page of pagesOf(context, effects, oneOf('state', ['ready', 'running', 'held', 'unknown']))) {
      const carriers = page.filter(({ kind }) => kind.startsWith('hook.'))
      if (carriers.length > 0) await checkCarriers(context, carriers)
    }
  },
}

const keyOf = ({ id, hook }: HookCall) => `hook.${hook}:${id}`

function checkChain({ report }: VerifyContext, { id, chain }: HookCall): void {
  if (chain < 1 || chain > limits.hookChainMax) report('hooks.chain_ends', [`hookCalls/${id}`], `it is hook ${chain} of its chain`)
}

/** Both are written in one transaction, and the call goes with the end of its effect. One that was given up is forgotten before its call. */
async function checkCalls(context: VerifyContext, page: readonly HookCall[]): Promise<void> {
  const found = await allOf(context, effects, oneOf('key', page.map(keyOf)))
  const byKey = new Map(found.map((effect) => [effect.key, effect]))
  for (const call of page) {
    const effect = byKey.get(keyOf(call))
    const mayBeForgotten = effect === undefined && call.createdAt <= context.now - limits.effectsKeepMs
    if (mayBeForgotten || (effect !== undefined && effect.state !== 'done')) continue
    // Beside a running server it may have been carried out since the page was read.
    if ((await context.read.get(hookCalls, call.id)) === null) continue
    context.report(
      'hooks.call_has_effect',
      [`hookCalls/${call.id}`],
      effect === undefined ? 'no effect carries it out' : 'its effect is done',
    )
  }
}

async function checkCarriers({ read, report }: VerifyContext, carriers: readonly Effect[]): Promise<void> {
  const idOf = ({ payload }: Effect) => String(payload['call'])
  const known = new Set((await read.getMany(hookCalls, carriers.map(idOf))).map(({ id }) => id))
  for (const effect of carriers) {
    if (known.has(idOf(effect))) continue
    const now = await read.get(effects, effect.id)
    if (now === null || now.version !== effect.version) continue
    report('hooks.effect_has_call', [`effects/${effect.id}`], `${effect.state}, and what it was told is gone`)
  }
}
