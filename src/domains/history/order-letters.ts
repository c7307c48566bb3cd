import { type Actor, isStaff } from '../../access/actor.ts'
import { anyone } from '../../access/rule.ts'
import { toIso } from '../../base/clock.ts'
import { normalEmail } from '../../base/email-address.ts'
import { limits } from '../../base/limits.ts'
import { and, eq, isNull, not } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { query } from '../../operation/define.ts'
import { findAll } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'
import { users } from '../accounts/collections.ts'
import { type Email, emails } from '../emails/collections.ts'
import { getOrder } from '../orders/order-view.ts'

/**
 * `GET /api/orders/{id}/letters`: what its customer and staff have written to each other, the oldest first. Anybody can type anybody's address into
 * a cart, so what was written to a mailbox is shown to an account that has confirmed that mailbox, and to nobody who has but the order's secret; of
 * letters in, those of which it is sure that they are from there. Notes of staff are none of it.
 */
export const orderLetters = query({
  name: 'orders.letters',
  route: 'GET /api/orders/:id/letters',
  summary: 'What a customer and staff have written to each other about an order',
  tag: 'Orders',
  input: Type.Object({ id: Type.String({ maxLength: limits.idCharactersMax }) }, { additionalProperties: false }),
  output: Type.Object({
    items: Type.Array(
      Type.Object(
        {
          id: Type.String(),
          at: Type.String({ format: 'date-time' }),
          direction: Type.Unsafe<Email['direction']>({ type: 'string', enum: ['in', 'out'], description: '`in`: the customer wrote it.' }),
          subject: Type.String(),
          text: Type.String({ description: 'Without what it quotes.' }),
        },
        { title: 'OrderLetter' },
      ),
    ),
  }),
  errors: ['not_found'],
  access: anyone,
  async run({ read, model, actor, input }) {
    const order = await getOrder(read, model, actor, input.id)
    const mailbox = await mailboxOf(read, actor)
    if (mailbox === null && !isStaff(actor)) return { output: { items: [] } }
    const written = await findAll(read, emails, and(eq('record', order.id), not(isNull('thread')), isNull('template')))
    const seen = isStaff(actor) ? written : written.filter((letter) => isOf(letter, mailbox!))
    return {
      output: {
        items: seen
          .toSorted((a, b) => a.createdAt - b.createdAt)
          .map(({ id, createdAt, direction, subject, text, reply }) => ({
            id,
            at: toIso(createdAt),
            direction,
            subject,
            text: reply ?? text,
          })),
      },
    }
  },
})

async function mailboxOf(read: Reader, { kind, id }: Actor): Promise<string | null> {
  const user = kind === 'user' && id !== null ? await read.get(users, id) : null
  return user?.emailVerified ? normalEmail(user.email) : null
}

function isOf({ direction, from, to, isVerified, isAutomatic }: Email, mailbox: string): boolean {
  return direction === 'out' ? normalEmail(to) === mailbox : normalEmail(from) === mailbox && isVerified === true && isAutomatic !== true
}
