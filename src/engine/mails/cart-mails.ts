// The mail about a cart that somebody has left. Anybody can type anybody's address into a cart, so it is bound, and holds no secret: a guest finds
// the cart in the browser that has it, an account wherever it is signed in.
import { goneTitle } from '../../domains/carts/cart-view.ts'
import type { Cart } from '../../domains/carts/collections.ts'
import { orderTemplate } from '../../domains/emails/order-templates.ts'
import { queueEmail } from '../../domains/emails/queue-email.ts'
import type { Work } from '../../operation/work.ts'

export async function remindOfCart(work: Work, { cart }: { readonly cart: Cart }): Promise<void> {
  await queueEmail(work, {
    key: `cart.abandoned:${cart.id}`,
    to: cart.email!,
    template: { ...orderTemplate('cart_reminder', work.project.mail.language), category: 'marketing' },
    record: cart.id,
    view: {
      items: cart.lines.map((line) => ({ title: goneTitle(line), quantity: line.quantity })),
      url: `${work.project.publicUrl}/cart`,
    },
    bound: 'orders',
  })
}
