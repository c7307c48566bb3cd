// The mails of orders. What tells of money that moved is always sent. The rest can be caused by anybody who types
// somebody's address, at no cost, so it is bound; and of orders that were never paid only an account is told, or
// everybody where the shop wants it; how to pay one by bank transfer is told to all.
import { toIso } from '../../base/clock.ts'
import { isCountry } from '../../base/countries.ts'
import { readIban } from '../../base/iban.ts'
import type { Language } from '../../base/language.ts'
import { withoutLinks } from '../../base/names.ts'
import { postalLines } from '../../base/postal-form.ts'
import { secretMark } from '../../base/secret.ts'
import { orderTemplate, receiptTemplate } from '../../domains/emails/order-templates.ts'
import { type NewEmail, queueEmail } from '../../domains/emails/queue-email.ts'
import { type Order, orders } from '../../domains/orders/collections.ts'
import type { orderPaymentAsked } from '../../domains/orders/events.ts'
import { orderLink } from '../../domains/orders/order-links.ts'
import type { Payment } from '../../domains/payments/collections.ts'
import { dayText, moneyText } from '../../languages/language-texts.ts'
import type { Work } from '../../operation/work.ts'

type OfOrder = { readonly order: Order }
type OfPayment = { readonly payment: Payment }

/** What its customer is written to in. */
export const readsIn = (order: Pick<Order, 'language'>): Language => order.language ?? 'en'

/** A mail about an order and its money, or about one that cost nothing. */
export const boundOf = (order: Order) => (order.total.amount === 0 || !hasMoved(order) ? ({ bound: 'orders' } as const) : {})

/** Whether money was taken, or held, for it. */
function hasMoved({ placedAt, paymentStatus }: Order): boolean {
  return placedAt !== null || (paymentStatus !== 'none' && paymentStatus !== 'voided')
}

/** To the address that was typed with the order, and to the account that it became the one of. */
export async function queueForOrder(work: Work, order: Order, email: Omit<NewEmail, 'to' | 'record'>): Promise<void> {
  await queueEmail(work, { ...email, to: order.email, record: order.id })
  if (order.accountEmail === null) return
  await queueEmail(work, { ...email, key: `${email.key}:account`, to: order.accountEmail, record: order.id })
}

export async function withLink(work: Work, order: Order, view: NewEmail['view'] = {}): Promise<Pick<NewEmail, 'view' | 'secret'>> {
  const { url, secret } = await orderLink(work, order)
  return { view: { number: order.number, url, ...view }, secret }
}

export async function sendReceipt(work: Work, { order }: OfOrder): Promise<void> {
  await queueForOrder(work, order, {
    key: `order.placed:${order.id}`,
    template: receiptTemplate(readsIn(order)),
    ...(await withLink(work, order, receiptView(order))),
    ...boundOf(order),
  })
}

function receiptView(order: Order) {
  const language = readsIn(order)
  const text = (value: Order['total']) => moneyText(value, language)
  const { name, country } = order.addresses.shipping
  const { subtotal, discount, shipping, tax, total } = order.totals
  // What was agreed says itself how tax was meant: what is on top of the prices is part of the sum.
  const isTaxAdded = subtotal.amount - discount.amount + shipping.amount !== total.amount
  const unlessNothing = (value: typeof tax) => (value.amount === 0 ? '' : text(value))
  return {
    isPaid: total.amount > 0,
    isSent: total.amount > 0 && isSent(order),
    hasDownloads: order.lines.some(({ hasDownloads }) => hasDownloads),
    hasConsent: order.digitalConsentAt !== null,
    items: order.lines.map((line) => ({ title: line.title, quantity: line.quantity, total: text(line.total) })),
    subtotal: text(subtotal),
    discount: unlessNothing(discount),
    shipping: text(shipping),
    taxAdded: isTaxAdded ? unlessNothing(tax) : '',
    total: text(total),
    taxIncluded: isTaxAdded ? '' : unlessNothing(tax),
    address: [name, ...postalLines(order.addresses.shipping), countryName(country, language)]
      .filter((line): line is string => Boolean(line))
      .map(withoutLinks),
  }
}

/** As people write it: carriers and customers know countries by name. */
function countryName(code: string, language: Language): string {
  const key = `${language} ${code}`
  const known = countryNames.get(key)
  if (known !== undefined) return known
  const names = regions.get(language) ?? new Intl.DisplayNames([language], { type: 'region' })
  regions.set(language, names)
  const name = names.of(code) ?? code
  if (isCountry(code)) countryNames.set(key, name)
  return name
}
/** Made with the first mail: the names of all countries are megabytes that a start need not read. */
const regions = new Map<Language, Intl.DisplayNames>()
/** Asking it costs more than the rest of an address. Of countries alone, so there are 249 at most of each language. */
const countryNames = new Map<string, string>()

export async function tellOfCancellation(work: Work, { order }: OfOrder): Promise<void> {
  if (!hasMoved(order) && !work.project.shop?.mailsUnpaid) return
  await queueForOrder(work, order, {
    key: `order.canceled:${order.id}`,
    template: orderTemplate('order_canceled', readsIn(order)),
    ...(await withLink(work, order, { isPaid: order.total.amount > 0 && hasMoved(order) })),
    ...boundOf(order),
  })
}

/** Somebody with an account looks for the order there; a guest's address may be anybody's. */
export async function tellOfExpiry(work: Work, { order }: OfOrder): Promise<void> {
  if (order.customer === null && !work.project.shop?.mailsUnpaid) return
  await queueForOrder(work, order, {
    key: `order.expired:${order.id}`,
    template: orderTemplate('order_expired', readsIn(order)),
    ...(await withLink(work, order, { isPaid: hasMoved(order) })),
    bound: 'orders',
  })
}

/** Of a payment that was under way when its customer left the page: nobody would see it there. */
export async function tellOfFailedPayment(work: Work, { payment }: OfPayment): Promise<void> {
  // Settled since: it was told of the payment, too.
  const order = await work.tx.get(orders, payment.order)
  if (order?.status !== 'pending_payment') return
  await queueForOrder(work, order, {
    key: `payment.failed:${payment.id}`,
    template: orderTemplate('payment_failed', readsIn(order)),
    ...(await withLink(work, order)),
    bound: 'orders',
  })
}

/**
 * Where to send the money of a bank transfer, once the payment is open. Whoever closed the page has it nowhere else, so it goes to
 * guests as well; nothing that they typed stands in it.
 */
export async function tellHowToTransfer(work: Work, { payment }: OfPayment): Promise<void> {
  const { status, action, amount } = payment
  if (status !== 'requires_action' || action?.type !== 'transfer') return
  const order = await work.tx.get(orders, payment.order)
  if (order?.status !== 'pending_payment') return
  const { holder, iban, bic, reference } = action
  const view = {
    amount: moneyText(amount, readsIn(order)),
    holder,
    iban: readIban(iban) ?? iban,
    bic,
    reference,
    day: dayOf(order.expiresAt, readsIn(order)),
    isSent: isSent(order),
  }
  await queueForOrder(work, order, {
    key: `payment.transfer:${payment.id}`,
    template: orderTemplate('transfer_instructions', readsIn(order)),
    ...(await withLink(work, order, view)),
    bound: 'orders',
  })
}

const isSent = ({ lines }: Order) => lines.some(({ isDigital }) => !isDigital)
const dayOf = (at: number | null, language: Language) => (at === null ? '' : dayText(toIso(at).slice(0, 10), language))

/** By an address that pays it and shows nothing else of the order: it may be passed on to whoever pays. */
export async function askForPayment(
  work: Work,
  { order, due, expiresAt, secret }: ReturnType<typeof orderPaymentAsked>['payload'],
): Promise<void> {
  const url = `${work.project.publicUrl}/account/pay#token=${secretMark}`
  await queueForOrder(work, order, {
    key: `order.payment_asked:${work.newId('eml')}`,
    template: orderTemplate('payment_link', readsIn(order)),
    view: { number: order.number, due: moneyText(due, readsIn(order)), day: dayOf(expiresAt, readsIn(order)), url },
    secret,
  })
}

export async function tellOfLateMoney(work: Work, { order, payment }: OfOrder & OfPayment): Promise<void> {
  await queueForOrder(work, order, {
    key: `order.paid_late:${payment.id}`,
    template: orderTemplate('order_unmatched', readsIn(order)),
    // Its customer knows no drafts: the offer is gone.
    view: { number: order.number, reason: order.status === 'draft' ? 'canceled' : order.status },
  })
}
