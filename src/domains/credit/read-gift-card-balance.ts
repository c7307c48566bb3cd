import { anyone } from '../../access/rule.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { checkGood, findGiftCard, giftCardInput } from './find-gift-card.ts'
import { giftCardView, moneyOutput } from './gift-card-view.ts'

/**
 * `POST /api/giftCards/balance`: what a card is good for, by its code alone. The code stands in the body, so that it is in no log of
 * addresses. Asked as seldom as passwords: 100 random bits are not guessed at any pace.
 */
export const readGiftCardBalance = command({
  name: 'giftCards.balance',
  route: 'POST /api/giftCards/balance',
  summary: 'Ask what is left on a gift card',
  tag: 'Gift cards',
  input: Type.Object({ code: giftCardInput }, { additionalProperties: false, examples: [{ code: '7KQ2P-0X4NM-A81ZC-93TWD' }] }),
  output: Type.Object({
    lastFour: Type.String(),
    balance: moneyOutput,
    expiresAt: Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'date-time' }),
  }),
  errors: ['gift_card_unusable'],
  access: anyone,
  rate: 'account',
  hasSecretInput: true,
  async run({ tx, input, now }) {
    const card = await findGiftCard(tx, input.code, '/code')
    checkGood(card, { now, path: '/code' })
    const { lastFour, balance, expiresAt } = giftCardView(card)
    return { output: { lastFour, balance, expiresAt } }
  },
})
