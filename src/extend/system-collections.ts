// The system's collections as code of a project names them: `records(orders).get(id)`. Those of the catalogue are written, too;
// the others change through operations of their own and can be read alone.
import { users as systemUsers, type User } from '../domains/accounts/collections.ts'
import { type Email, emails as systemEmails } from '../domains/emails/collections.ts'
import { ordersIn, orders as systemOrders } from '../domains/orders/collections.ts'
import { type Payment, type Refund, payments as systemPayments, refunds as systemRefunds } from '../domains/payments/collections.ts'
import { type StockLevel, stockLevels as systemStockLevels } from '../domains/stock/collections.ts'
import type { CollectionRef, Fields } from '../schema/collection.ts'
import type { PublicOrder } from './events.ts'

export const users: CollectionRef<User> = { name: systemUsers.name }
export const emails: CollectionRef<Email> = { name: systemEmails.name }
export const orders: CollectionRef<PublicOrder> = { name: systemOrders.name }
export const payments: CollectionRef<Payment> = { name: systemPayments.name }
export const refunds: CollectionRef<Refund> = { name: systemRefunds.name }
export const stockLevels: CollectionRef<StockLevel> = { name: systemStockLevels.name }

/** `orders` with the fields that `shop.orderFields` adds: `records(ordersWith(orderFields))`. The shop makes the collection itself; this names it. */
export function ordersWith<TFields extends Fields>(
  more: TFields,
): CollectionRef<Omit<NonNullable<ReturnType<typeof ordersIn<TFields>>['record']>, 'tokenHash'>> {
  return { name: ordersIn(more).name }
}
