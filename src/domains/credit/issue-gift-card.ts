import { recently, staff } from '../../access/rule.ts'
import { parseIso } from '../../base/clock.ts'
import { normalEmail } from '../../base/email-address.ts'
import { invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { type Money, money } from '../../base/money.ts'
import { checkSoldIn } from '../../config/sold-in.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { moneySchema } from '../../schema/kinds/money.ts'
import { accounts } from '../ledger/collections.ts'
import { move, postTransfer } from '../ledger/post-transfer.ts'
import { giftCards } from './collections.ts'
import { giftCardIssued } from './events.ts'
import { giftCardCode, giftCardHash, lastFourOf } from './gift-card-code.ts'
import { giftCardView, issuedGiftCardOutput } from './gift-card-view.ts'

/** `POST /api/giftCards`: its code is answered this once, or goes to whom it is for and to nobody else. */
export const issueGiftCard = command({
  name: 'giftCards.issue',
  route: 'POST /api/giftCards',
  summary: 'Issue a gift card',
  tag: 'Gift cards',
  status: 201,
  input: Type.Object(
    {
      value: Type.Unsafe<Money>(moneySchema),
      expiresAt: Type.Optional(Type.String({ format: 'date-time', description: 'Without it, it is good for ever.' })),
      email: Type.Optional(
        Type.String({ format: 'email', maxLength: limits.emailCharactersMax, description: 'The code is sent there, and not answered.' }),
      ),
      message: Type.Optional(
        Type.String({ minLength: 1, maxLength: limits.noteCharactersMax, format: 'free-text', description: 'For the mail.' }),
      ),
      note: Type.Optional(
        Type.String({ minLength: 1, maxLength: limits.noteCharactersMax, format: 'free-text', description: 'For staff.' }),
      ),
      isPaid: Type.Optional(
        Type.Boolean({ description: 'It was paid for, at the till or by bank transfer. Left out, it is given away, which is an expense.' }),
      ),
    },
    { additionalProperties: false, examples: [{ value: { amount: 5000, currency: 'EUR' }, email: 'ann@example.com' }] },
  ),
  output: issuedGiftCardOutput,
  access: recently(staff),
  async run(context) {
    const { tx, input, now, newId, newSecret, project } = context
    const { value, note = null, message = null } = input
    checkSoldIn(project.shop!, value.currency, '/value/currency')
    if (value.amount <= 0) throw invalid('/value/amount', 'minimum', 'must be 1 or more')
    if (value.amount > limits.moneyMovedMax) throw invalid('/value/amount', 'maximum', `must be ${limits.moneyMovedMax} or less`)
    const expiresAt = input.expiresAt === undefined ? null : parseIso(input.expiresAt)
    if (expiresAt !== null && !(expiresAt > now)) throw invalid('/expiresAt', 'minimum', 'must be a time to come')
    const email = input.email === undefined ? null : normalEmail(input.email)
    if (message !== null && email === null) throw invalid('/message', 'exclusive', 'is for the mail: say where it goes, in email')
    const code = giftCardCode(newSecret('gift'))
    const nothing = money(0, value.currency)
    const card = await tx.insert(
      giftCards,
      {
        id: newId('gft'),
        codeHash: giftCardHash(code),
        lastFour: lastFourOf(code),
        status: 'active',
        issued: value,
        spent: nothing,
        expired: nothing,
        balance: value,
        expiresAt,
        email,
        note,
      },
      'conflict',
    )
    const against = input.isPaid === true ? accounts.outside : accounts.goodwill
    const legs = move({ debit: against, credit: accounts.giftCard(card.id) }, value)
    await postTransfer(context, { kind: 'gift_card.issued', order: null, legs })
    return {
      output: { ...giftCardView(card), code: email === null ? code : null },
      status: 201,
      headers: { location: `/api/giftCards/${card.id}` },
      events: email === null ? [] : [giftCardIssued({ card, secret: code, message })],
    }
  },
})
