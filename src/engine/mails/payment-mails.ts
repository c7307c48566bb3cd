// The mail about an authorization that ends soon: to all who can capture it.
import { formatMoney } from '../../base/money.ts'
import { adminsIn } from '../../domains/accounts/admins.ts'
import { queueEmail } from '../../domains/emails/queue-email.ts'
import { orders } from '../../domains/orders/collections.ts'
import type { Payment } from '../../domains/payments/collections.ts'
import type { Work } from '../../operation/work.ts'

export async function tellOfEndingPayment(work: Work, { payment }: { readonly payment: Payment }): Promise<void> {
  const { id, order: of, capturable, capturableUntil } = payment
  const order = await work.tx.get(orders, of)
  if (order === null || capturable === null || capturableUntil === null) return
  const until = new Date(capturableUntil).toISOString()
  const view = {
    number: order.number,
    amount: formatMoney(capturable),
    until: `${until.slice(0, 10)}, ${until.slice(11, 16)} UTC`,
    url: `${work.project.publicUrl}/console/orders/${order.id}`,
  }
  for (const { id: admin, email } of await adminsIn(work.tx))
    await queueEmail(work, { key: `payment.ending:${id}:${admin}`, to: email, template: 'authorization_ending', record: order.id, view })
}
