// The mail that a gift card comes by. Its code is in no copy of the message that staff can read.
import { formatMoney } from '../../base/money.ts'
import { secretMark } from '../../base/secret.ts'
import type { giftCardIssued } from '../../domains/credit/events.ts'
import { queueEmail } from '../../domains/emails/queue-email.ts'
import type { Work } from '../../operation/work.ts'

export async function sendGiftCard(work: Work, { card, secret, message }: ReturnType<typeof giftCardIssued>['payload']): Promise<void> {
  const { id, email, issued, lastFour, expiresAt } = card
  await queueEmail(work, {
    key: `gift_card.issued:${id}`,
    to: email!,
    template: 'gift_card',
    view: {
      value: formatMoney(issued),
      lastFour,
      code: secretMark,
      expires: expiresAt === null ? '' : new Date(expiresAt).toISOString().slice(0, 10),
      message: message ?? '',
      url: work.project.publicUrl,
    },
    secret,
    record: id,
  })
}
