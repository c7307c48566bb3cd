// What checkout and payment answer: the order as its holder sees it, and where its payment stands.

import type { Actor } from '../../access/actor.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { Money } from '../../base/money.ts'
import type { Project } from '../../config/project.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { findVisible, presentAll } from '../../records/present.ts'
import { recordOf } from '../../schema/collection.ts'
import type { Model } from '../../schema/model.ts'
import type { Reader } from '../../storage/storage.ts'
import { moneyType } from '../carts/cart-view.ts'
import { giftCardInput } from '../credit/find-gift-card.ts'
import { type Payment, paymentActionShape, payments } from '../payments/collections.ts'
import { type Order, orders } from './collections.ts'

export const paymentRequest = Type.Object(
  {
    provider: Type.String({ maxLength: limits.codeCharactersMax }),
    method: Type.Optional(Type.String({ maxLength: limits.codeCharactersMax })),
    returnUrl: Type.Optional(Type.String({ format: 'uri-template', maxLength: limits.urlCharactersMax })),
  },
  { additionalProperties: false },
)
export type PaymentRequest = { readonly provider: string; readonly method?: string; readonly returnUrl?: string }

export const creditRequest = {
  giftCards: Type.Optional(
    Type.Array(giftCardInput, { minItems: 1, maxItems: limits.giftCardsPerOrderMax, description: 'They pay first, in this order.' }),
  ),
  storeCredit: Type.Optional(
    Type.Boolean({ description: 'Pay with all the store credit of your account that there is. After gift cards.' }),
  ),
  expectedDue: Type.Optional(moneyType),
}
export type CreditRequest = { readonly giftCards?: readonly string[]; readonly storeCredit?: boolean; readonly expectedDue?: Money }

/** Codes are tried no faster than passwords. */
export function giftCardsIn(input: unknown): number {
  const codes = (input as { giftCards?: unknown } | null | undefined)?.giftCards
  return Array.isArray(codes) ? codes.length : 0
}

export function asksForCredit({ giftCards: codes, storeCredit }: CreditRequest): boolean {
  return codes !== undefined || storeCredit === true
}

export const orderAndPayment = Type.Unsafe<unknown>({
  type: 'object',
  title: 'OrderAndPayment',
  properties: {
    // The record of the collection, as any GET of it.
    order: { type: 'object', title: 'orders' },
    payment: {
      type: ['object', 'null'],
      title: 'PaymentOfOrder',
      properties: {
        id: { type: 'string' },
        status: { type: 'string' },
        action: { ...paymentActionShape, type: ['object', 'null'] },
      },
    },
  },
  required: ['order', 'payment'],
})

/** @throws not_found unless it is the caller's, or staff asks */
export async function getOrder(read: Pick<Reader, 'get'>, model: Model, actor: Actor, id: string): Promise<Order> {
  const order = await findVisible(read, model.get(orders), actor, id)
  if (order === null) throw new EngineError('not_found')
  return recordOf(orders, order)
}

export async function latestPayment(read: Pick<Reader, 'find'>, order: string): Promise<Payment | null> {
  // Beyond the limit: earlier attempts; the latest is the one that is shown.
  const [payment] = await read.find(payments, { where: eq('order', order), sort: [{ path: 'sequence', descending: true }], limit: 1 })
  return payment ?? null
}

export async function orderAndPaymentView(read: Reader, model: Model, actor: Actor, id: string) {
  // Asked together: to a server database that is one round trip.
  const [order, payment] = await Promise.all([getOrder(read, model, actor, id), latestPayment(read, id)])
  return await viewOf(read, model, actor, { order, payment })
}

/** Of an order that the caller may see. */
export async function viewOf(
  read: Reader,
  model: Model,
  actor: Actor,
  { order, payment }: { readonly order: Order; readonly payment: Payment | null },
) {
  const [view] = await presentAll(read, model.get(orders), actor, [order])
  return {
    order: view,
    payment: payment && {
      id: payment.id,
      provider: payment.provider,
      method: payment.method,
      status: payment.status,
      action: payment.action,
      lastError: payment.lastError,
    },
  }
}

/** How long an order waits for a payment by this provider. */
export function holdMsOf({ paymentProviders }: Project, id: string | undefined): number {
  return paymentProviders.find((one) => one.id === id)?.waitsMs ?? limits.orderHoldMs
}

/** Whether the project has this provider and method. `at` is where the request stands in the body. @throws provider_unknown */
export function checkPaymentRequest(project: Project, request: PaymentRequest, at: string): void {
  const provider = project.paymentProviders.find(({ id }) => id === request.provider)
  const path = `${at}/${provider ? 'method' : 'provider'}`
  if (!provider || (request.method !== undefined && !provider.methods.includes(request.method))) {
    const known = provider ? provider.methods : project.paymentProviders.map(({ id }) => id)
    throw new EngineError('provider_unknown', { errors: [{ path, code: 'enum', message: `must be one of ${known.join(', ')}` }] })
  }
}

/** Whether its provider takes this currency. @throws provider_unknown */
export function checkTakes({ paymentProviders }: Project, { provider }: PaymentRequest, asked: { currency: string; at: string }): void {
  const { currency, at } = asked
  const takes = (one: Project['paymentProviders'][number]) => one.currencies?.includes(currency) ?? true
  if (paymentProviders.some((one) => one.id === provider && takes(one))) return
  const others = paymentProviders.filter(takes).map(({ id }) => id)
  const message = `takes no ${currency}${others.length === 0 ? '' : `: ${others.join(', ')} would`}`
  throw new EngineError('provider_unknown', { errors: [{ path: `${at}/provider`, code: 'currency', message }] })
}
