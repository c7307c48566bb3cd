// Carts that somebody has left with their address in them. Off unless the config says so: then each is told of once, as an event and by mail.
// Invariant: a cart has one row here at most, made once there is an address; the row says when to look, and the cart itself whether it was touched since.

import { limits } from '../../base/limits.ts'
import { compare, eq, isNull } from '../../contract/filter.ts'
import type { Schedule } from '../../effects/schedule.ts'
import type { Work } from '../../operation/work.ts'
import { type Cart, cartReminders, carts } from './collections.ts'
import { cartAbandoned } from './events.ts'

/** Once a cart has an address. Where nobody is reminded, nothing is written. */
export async function planReminder({ tx, now, project }: Pick<Work, 'tx' | 'now' | 'project'>, { id, email }: Cart): Promise<void> {
  const afterMs = project.shop?.cartReminderMs ?? null
  if (afterMs === null || email === null) return
  await tx.insertOnce(cartReminders, { id: reminderId(id), cart: id, dueAt: now + afterMs, sentAt: null })
}

function reminderId(cart: string): string {
  return `crm_${cart.slice(cart.indexOf('_') + 1)}`
}

export const remindCarts: Schedule = {
  name: 'carts.remind',
  everyMs: 600_000,
  async run({ tx, now, project }) {
    const afterMs = project.shop!.cartReminderMs
    if (afterMs === null) return []
    // Beyond the limit: the next tick. Each is moved on, told of or removed.
    const due = await tx.find(cartReminders, {
      where: compare('dueAt', 'lte', now),
      sort: [{ path: 'dueAt', descending: false }],
      limit: limits.cartsForgottenMax,
    })
    const found = await tx.getMany(
      carts,
      due.map(({ cart }) => cart),
    )
    const byId = new Map(found.map((cart) => [cart.id, cart]))
    const told = []
    for (const reminder of due.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
      const cart = byId.get(reminder.cart)
      if (cart?.status !== 'open') {
        await tx.deleteWhere(cartReminders, eq('id', reminder.id))
        continue
      }
      const isLeft = cart.updatedAt + afterMs <= now && cart.lines.length > 0 && cart.email !== null
      // Told once: it is looked at again when nobody comes back to it any more, to be removed.
      const dueAt = reminder.sentAt !== null || isLeft ? now + limits.cartIdleMs : Math.max(now, cart.updatedAt) + afterMs
      const isFirst = isLeft && reminder.sentAt === null
      // Guarded: of two processes that look at once, one tells.
      const isOurs = await tx.touch(
        cartReminders,
        reminder.id,
        { set: isFirst ? { dueAt, sentAt: now } : { dueAt } },
        isFirst ? isNull('sentAt') : undefined,
      )
      if (isFirst && isOurs) told.push(cartAbandoned({ cart }))
    }
    return told
  },
}
