// Orders: a frozen copy of what was agreed, and where it stands. Invariant: at most one order per cart
// (a unique fence), paymentStatus has one writer, settle-order.ts, and the units of its
// lines and fulfillmentStatus have one, order-standing.ts, each in the transaction of its cause.
import { actorId, actorLinkedOrder, all, any, nobody, not, type Rule, staff, where } from '../../access/rule.ts'
import { languages } from '../../base/language.ts'
import { limits } from '../../base/limits.ts'
import type { Money } from '../../base/money.ts'
import { taxExemptions, type VatCheck } from '../../config/tax-exemption.ts'
import type { TaxQuote } from '../../config/tax-service.ts'
import { and, compare, eq, oneOf, or } from '../../contract/filter.ts'
import { collection, type Fields, type PersonalOptions } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { moneySchema } from '../../schema/kinds/money.ts'
import { erasedWord } from '../../schema/personal.ts'
import { type Address, addressShape, heldByToken, type LinePriceList, vatCheckShape } from '../carts/collections.ts'
import type { ShippingPart, TaxGroup, Totals } from '../carts/totals.ts'
import { type RefundedLine, refundedLineShape } from '../payments/collections.ts'

export type OrderLine = {
  readonly id: string
  readonly variant: string
  readonly product: string
  readonly sku: string
  readonly title: string
  readonly quantity: number
  readonly unitPrice: Money
  /** That it was of; left out where it was the variant's own, or agreed on. */
  readonly priceList?: LinePriceList
  /** Left out where there is none. */
  readonly discount?: Money
  /** Less the discount. With tax where prices include it. */
  readonly total: Money
  /** Left out where nothing is due, and of orders from before lines had it. */
  readonly tax?: Money
  readonly taxRatePpm?: number
  /** Left out: `standard`. */
  readonly taxClass?: string
  /** Delivered by downloads: nothing of it is sent, or counted. Left out: it is sent. */
  readonly isDigital?: true
  /** There was something to download when it was sold. */
  readonly hasDownloads?: true
  /** Of a bundle, what one of it was made of. */
  readonly parts?: readonly OrderPart[]
  /** Of its units, as its parcels, cancellations and returns say; left out where there are none. `returning`: asked to be sent back. */
  readonly shipped?: number
  readonly canceled?: number
  readonly returning?: number
  readonly returned?: number
}

export type OrderPart = {
  readonly variant: string
  readonly sku: string
  readonly title: string
  readonly quantity: number
  readonly isDigital?: true
}

export type OrderShipping = {
  readonly id: string
  readonly title: string
  readonly price: Money
  /** Left out where there is none. */
  readonly discount?: Money
  /** Less its discount, by the rates of the goods that it goes with. Left out where it costs nothing. */
  readonly parts?: readonly ShippingPart[]
  /** When it was said to arrive. */
  readonly promise?: string
  readonly isPickup?: boolean
}

/** As an order keeps it: there is an address. */
export type OrderTax = TaxGroup & { readonly country: string }

/** `additions`: of what was added to it when it was placed. */
export type OrderTaxQuote = Omit<TaxQuote, 'key'> & { readonly additions?: readonly Omit<TaxQuote, 'key' | 'shipping'>[] }

export type OrderAddresses = { readonly shipping: Address; readonly billing: Address }

const orderLineShape = {
  type: 'object',
  title: 'OrderLine',
  properties: {
    id: { type: 'string' },
    variant: { type: 'string' },
    product: { type: 'string' },
    sku: { type: 'string' },
    title: { type: 'string' },
    quantity: { type: 'integer' },
    unitPrice: moneySchema,
    priceList: {
      type: 'object',
      title: 'OrderLinePriceList',
      properties: { id: { type: 'string' }, title: { type: 'string' }, fromQuantity: { type: 'integer' } },
    },
    discount: moneySchema,
    total: moneySchema,
    tax: moneySchema,
    taxRatePpm: { type: 'integer' },
    taxClass: { type: 'string' },
    isDigital: { type: 'boolean', description: 'It is delivered by downloads, and not sent.' },
    hasDownloads: { type: 'boolean', description: 'There is something to download.' },
    parts: {
      type: 'array',
      description: 'Of a bundle, what one of it is made of.',
      items: {
        type: 'object',
        title: 'OrderPart',
        properties: {
          variant: { type: 'string' },
          sku: { type: 'string' },
          title: { type: 'string' },
          quantity: { type: 'integer' },
          isDigital: { type: 'boolean' },
        },
      },
    },
    shipped: { type: 'integer', description: 'Units that were sent.' },
    canceled: { type: 'integer', description: 'Units that will not be sent.' },
    returning: { type: 'integer', description: 'Units that the customer wants to send back, or has sent back, and that are not settled.' },
    returned: { type: 'integer', description: 'Units that came back.' },
  },
  required: ['id', 'variant', 'product', 'sku', 'title', 'quantity', 'unitPrice', 'total'],
} as const

/** As it was when the order was made. `amount`: of goods and shipping, the cents that its lines and shipping have of it. */
export type OrderDiscount = { readonly id: string; readonly code: string | null; readonly title: string; readonly amount: Money }

const orderDiscountShape = {
  type: 'object',
  title: 'OrderDiscount',
  properties: { id: { type: 'string' }, code: { type: ['string', 'null'] }, title: { type: 'string' }, amount: moneySchema },
  required: ['id', 'code', 'title', 'amount'],
} as const

const shippingPartShape = {
  type: 'object',
  title: 'ShippingPart',
  properties: { ratePpm: { type: 'integer' }, taxClass: { type: 'string' }, total: moneySchema, tax: moneySchema },
} as const

const taxShape = {
  type: 'object',
  title: 'TaxGroup',
  properties: {
    ratePpm: { type: 'integer' },
    taxClass: { type: 'string' },
    country: { type: 'string' },
    region: { type: ['string', 'null'] },
    net: moneySchema,
    tax: moneySchema,
  },
} as const

/**
 * Of what was given back by an amount, a line's part, or that of shipping (null). `before`: units of it that had been given back by then. `by`:
 * a bank has it back for good by a dispute that was lost, which is no part of the sale.
 */
export type Allowance = { readonly line: string | null; readonly amount: Money; readonly before: number; readonly by?: 'bank' }

const allowanceShape = {
  type: 'object',
  title: 'Allowance',
  properties: {
    line: { type: ['string', 'null'], description: 'Null: shipping.' },
    amount: moneySchema,
    before: { type: 'integer', description: 'Units of the line that had been given back before. It is shared by the others.' },
    by: { type: 'string', enum: ['bank'], description: 'A dispute that was lost: it is no part of the sale.' },
  },
  required: ['line', 'amount', 'before'],
} as const

export const orderStatuses = ['draft', 'pending_payment', 'placed', 'completed', 'expired', 'canceled'] as const
export const fulfillmentStatuses = ['unfulfilled', 'partially_fulfilled', 'fulfilled', 'returned'] as const
export const paymentStatuses = [
  'none',
  'authorized',
  'partially_paid',
  'paid',
  'partially_refunded',
  'refunded',
  'voided',
  'overcharged',
] as const

/** Whose an order is: an account's, or the guest's who has its cart's token or the link from a mail. */
export const ownOrder = any(heldByToken, where('customer').eq(actorId), all(where('id').eq(actorLinkedOrder), where('customer').isNull()))

const orderFields = {
  number: field.text({ required: true, unique: true, search: true }),
  cart: field.text({ required: true, unique: true }),
  tokenHash: field.text({ required: true, read: nobody, personal: true }),
  customer: field.ref('users', { onErase: 'clear' }),
  email: field.email({ required: true, search: true, onErase: 'clear', personal: true }),
  /** Of the account that a guest's order became the one of: mails go there, too. */
  accountEmail: field.email({ onErase: 'clear', personal: true }),
  status: field.enum(orderStatuses, { required: true }),
  paymentStatus: field.enum(paymentStatuses, { required: true }),
  fulfillmentStatus: field.enum(fulfillmentStatuses, { required: true }),
  /** Why somebody should look at it before it is shipped. */
  holds: field.json<readonly string[]>({
    required: true,
    schema: { type: 'array', items: { type: 'string' } },
    read: staff,
    veil: (holds) => holdsForCustomers(holds as readonly string[]),
  }),
  lines: field.json<readonly OrderLine[]>({ required: true, schema: { type: 'array', items: orderLineShape } }),
  addresses: field.json<OrderAddresses>({
    required: true,
    schema: { type: 'object', properties: { shipping: addressShape, billing: addressShape } },
  }),
  shipping: field.json<OrderShipping | null>({
    schema: {
      type: 'object',
      properties: {
        id: { type: 'string' },
        title: { type: 'string' },
        price: moneySchema,
        discount: moneySchema,
        parts: { type: 'array', items: shippingPartShape },
        promise: { type: 'string' },
        isPickup: { type: 'boolean' },
      },
    },
  }),
  /** What was taken off, by discount; null where nothing was. What of it each line has is in the line. */
  discounts: field.json<readonly OrderDiscount[]>({ schema: { type: 'array', items: orderDiscountShape } }),
  /** Whether tax is in its prices; otherwise it is added to them. Null, as are `taxes`, of an order from before it was kept. */
  taxIncluded: field.boolean(),
  /** Why no tax is due though a rate is. */
  taxExemption: field.enum(taxExemptions),
  /** Of a business: its VAT number, and what VIES said of it. Part of the books. */
  vatId: field.text({ max: 20 }),
  vatCheck: field.json<VatCheck | null>({ schema: vatCheckShape }),
  /** What an outside tax service said, where one was asked: evidence of its rates. */
  taxQuote: field.json<OrderTaxQuote | null>({ schema: { type: ['object', 'null'] } }),
  /** All that has one rate, shipping with its goods. */
  taxes: field.json<readonly OrderTax[]>({ schema: { type: 'array', items: taxShape } }),
  totals: field.json<Totals>({ required: true, schema: { type: 'object', title: 'Totals' } }),
  /** The total again, as a column to filter, sort and sum by. */
  total: field.money({ required: true }),
  /** By line, what of the total was canceled or sent back before it was taken: nobody is charged for it. Null: nothing. */
  uncharged: field.json<readonly RefundedLine[] | null>({ schema: { type: ['array', 'null'], items: refundedLineShape } }),
  /** What was given back and names no units, spread over what the order was sold for. Null: nothing. */
  allowances: field.json<readonly Allowance[] | null>({ schema: { type: ['array', 'null'], items: allowanceShape } }),
  /** That its customer is written to in, of what happens to it later. Null: English. */
  language: field.enum(languages),
  /** What it came in by: `staff`, `import` or a name of the shop's. Null: the shop itself. */
  channel: field.text({ max: 40 }),
  note: field.longText({ max: 2_000, personal: true }),
  giftMessage: field.longText({ max: limits.giftMessageCharactersMax, personal: true }),
  /** When its customer agreed that digital goods are delivered at once, and that the right to withdraw ends by it. */
  digitalConsentAt: field.dateTime(),
  placedAt: field.dateTime(),
  /** When it came from another system, where all of it was settled. Null: it is this shop's own. */
  importedAt: field.dateTime(),
  /** A draft that waits for its payment: staff may take the offer back. */
  isOffered: field.boolean(),
  /** When it was canceled, or expired. */
  closedAt: field.dateTime(),
  /** Until when the stock is kept for a payment. */
  expiresAt: field.dateTime(),
} as const

const personal: PersonalOptions = {
  // Where it went decides which tax was due; nobody is found by a country and a region.
  empty: { addresses: ({ addresses }) => withoutPeople(addresses as OrderAddresses) },
  // What was bought is yet to be paid, or to be sent.
  waits: (now) =>
    or(
      oneOf('status', ['draft', 'pending_payment']),
      and(
        eq('status', 'placed'),
        oneOf('fulfillmentStatus', ['unfulfilled', 'partially_fulfilled']),
        compare('placedAt', 'gt', now - limits.erasureOrderMs),
      ),
    ),
  because:
    'What was sold, when, for how much and to which country is part of the books: the law of taxes asks for it for eight to ten years (Germany: section 147 of the AO).',
}

const asOf = {
  // Customers find theirs by any part of a number. An index would be written with every order: staff search what order-texts.ts writes later.
  search: 'parts',
  searchIn: { collection: 'orderTexts', by: 'order' },
  prefix: 'ord',
  system: true,
  personal,
} as const
const indexes = [['customer', '-createdAt'], ['status', 'expiresAt'], ['-createdAt'], ['paymentStatus', '-createdAt'], ['email']] as const
// A draft is staff's until it is to be paid.
const read = any(staff, all(ownOrder, not(where('status').eq('draft'))))

export const orders = collection('orders', { ...asOf, fields: orderFields, indexes, access: { read } })

/** `orders` of a shop with its own fields. The handle for engine code stays `orders`. */
export function ordersIn<TFields extends Fields>(more: TFields) {
  const fields = { ...orderFields, ...more }
  // What fields there are besides is known when it is called.
  const known = { indexes: indexes as readonly (readonly string[])[], access: { read: read as Rule } }
  return collection('orders', { ...asOf, fields, own: Object.keys(more), ...known })
}
export type Order = NonNullable<(typeof orders)['record']>

/** Hold of an order whose customer owes what staff added to it: held until that is paid. */
export const paymentDue = 'payment_due'

/** Hold of an order to which something was added in exchange: until what it replaces is back. */
export const exchangeOpen = 'exchange'
const ofCustomers: readonly string[] = [paymentDue, exchangeOpen]

/** That it waits, and what its customer can do for it; what staff suspect or know of a payment is nobody else's. */
function holdsForCustomers(holds: readonly string[]): readonly string[] {
  return [...new Set(holds.map((hold) => (ofCustomers.includes(hold) ? hold : 'review')))]
}

/** What its customer owes for it, or has paid: the total, less what was canceled before it was taken. */
export function chargedTotal({ total, uncharged }: Pick<Order, 'total' | 'uncharged'>): number {
  return (uncharged ?? []).reduce((left, { amount }) => left - amount.amount, total.amount)
}

function withoutPeople({ shipping, billing }: OrderAddresses): OrderAddresses {
  const placeOf = ({ country, region = null }: Address): Address => ({
    name: erasedWord,
    line1: erasedWord,
    city: erasedWord,
    region,
    country,
  })
  return { shipping: placeOf(shipping), billing: placeOf(billing) }
}
