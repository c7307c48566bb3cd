// The mail that a gift card comes by. Its code is in no copy of the message that staff can read.
import { toIso } from '../../base/clock.ts'
import { secretMark } from '../../base/secret.ts'
import type { giftCardIssued } from '../../domains/credit/events.ts'
import { orderTemplate } from '../../domains/emails/order-templates.ts'
import { queueEmail } from '../../domains/emails/queue-email.ts'
import { dayText, moneyText } from '../../languages/language-texts.ts'
import type { Work } from '../../operation/work.ts'

export async function sendGiftCard(work: Work, { card, secret, message }: ReturnType<typeof giftCardIssued>['payload']): Promise<void> {
  const { id, email, issued, expiresAt } = card
  const { language } = work.project.mail
  await queueEmail(work, {
    key: `gift_card.issued:${id}`,
    to: email!,
    template: orderTemplate('gift_card', language),
    view: {
      value: moneyText(issued, language),
      code: secretMark,
      expires: expiresAt === null ? '' : dayText(toIso(expiresAt).slice(0, 10), language),
      message: message ?? '',
      url: work.project.publicUrl,
    },
    secret,
    record: id,
  })
}
