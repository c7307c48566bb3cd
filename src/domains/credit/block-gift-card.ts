import { recently, staff } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { type CommandContext, command } from '../../operation/define.ts'
import { type GiftCard, giftCards } from './collections.ts'
import { giftCardOutput, giftCardView } from './gift-card-view.ts'

const input = Type.Object({ id: Type.String({ maxLength: limits.idCharactersMax }) }, { additionalProperties: false })

/** `POST /api/giftCards/{id}/block`: nobody can spend it. What it is good for stays on it. */
export const blockGiftCard = command({
  name: 'giftCards.block',
  route: 'POST /api/giftCards/:id/block',
  summary: 'Block a gift card',
  tag: 'Gift cards',
  input,
  output: giftCardOutput,
  errors: ['not_found', 'gift_card_state_conflict'],
  access: recently(staff),
  run: async (context) => ({ output: await turn(context, { from: 'active', to: 'blocked' }) }),
})

/** `POST /api/giftCards/{id}/unblock` */
export const unblockGiftCard = command({
  name: 'giftCards.unblock',
  route: 'POST /api/giftCards/:id/unblock',
  summary: 'Unblock a gift card',
  tag: 'Gift cards',
  input,
  output: giftCardOutput,
  errors: ['not_found', 'gift_card_state_conflict'],
  access: recently(staff),
  run: async (context) => ({ output: await turn(context, { from: 'blocked', to: 'active' }) }),
})

type Turn = { readonly from: GiftCard['status']; readonly to: GiftCard['status'] }

async function turn({ tx, input: { id } }: CommandContext<{ readonly id: string }>, { from, to }: Turn) {
  const card = await tx.lock(giftCards, id, 'exclusive')
  if (card === null) throw new EngineError('not_found')
  const { status } = card
  if (status === to) return giftCardView(card)
  if (status !== from) throw new EngineError('gift_card_state_conflict', { detail: `The gift card is ${status}.`, params: { status } })
  return giftCardView(await tx.update(giftCards, card, { set: { status: to } }))
}
