// Credit: money that a customer spends here and that no company stands behind but us. A gift card is whoever's has its code, store
// credit an account's. Invariant: what was issued is what was spent, what has expired and what is left, and nothing is ever below
// zero. Amounts change in move-credit.ts alone, each with its transfer in the ledger.
import { actorId, any, nobody, staff, where } from '../../access/rule.ts'
import { limits } from '../../base/limits.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'

export const giftCards = collection('giftCards', {
  prefix: 'gft',
  title: 'Gift cards',
  system: true,
  search: 'parts',
  fields: {
    /** The code itself is stored nowhere. */
    codeHash: field.text({ required: true, unique: true, read: nobody, feed: false }),
    /** Of the code: by these its holder and staff speak of it. */
    lastFour: field.text({ required: true, search: true }),
    /** `expired`: its time is over, and what was left of it is gone. */
    status: field.enum(['active', 'blocked', 'expired'], { required: true }),
    /** All that was ever put on it. */
    issued: field.money({ required: true }),
    /** What orders have of it now: what they gave back is not counted. */
    spent: field.money({ required: true }),
    expired: field.money({ required: true }),
    balance: field.money({ required: true }),
    expiresAt: field.dateTime(),
    /** Whom the code was sent to. */
    email: field.email({ search: true, onErase: 'clear', personal: true }),
    note: field.text({ max: limits.noteCharactersMax, personal: true }),
  },
  indexes: [['-createdAt'], ['status', 'expiresAt']],
  personal: { because: 'A gift card is as good as money: what was issued, spent and is left of it is part of the books.' },
  access: { read: staff },
})
export type GiftCard = NonNullable<(typeof giftCards)['record']>

export const storeCredits = collection('storeCredits', {
  prefix: 'crd',
  title: 'Store credit',
  system: true,
  fields: {
    customer: field.ref('users', { required: true, onErase: 'keep' }),
    issued: field.money({ required: true }),
    spent: field.money({ required: true }),
    balance: field.money({ required: true }),
  },
  unique: [['customer', 'balance.currency']],
  personal: { because: 'What was given to a customer, spent and is left is part of the books. It names nobody but their account.' },
  access: { read: any(staff, where('customer').eq(actorId)) },
})
export type StoreCredit = NonNullable<(typeof storeCredits)['record']>

/** What staff gave to a customer, or took back, and why. */
export const creditGrants = collection('creditGrants', {
  prefix: 'grt',
  title: 'Credit grants',
  system: true,
  feed: false,
  appendOnly: true,
  fields: {
    credit: field.ref('storeCredits', { required: true }),
    customer: field.ref('users', { required: true, onErase: 'keep' }),
    /** Negative: taken back. */
    amount: field.money({ required: true }),
    reason: field.text({ required: true, max: limits.noteCharactersMax }),
    /** The order whose money it was, where it was given instead of a refund. */
    order: field.text(),
  },
  indexes: [['customer', '-createdAt'], ['credit']],
  personal: { because: 'Why a customer was given credit is part of the books. It names nobody but their account.' },
  access: { read: any(staff, where('customer').eq(actorId)) },
})

/** As providers of payments they are named so. No config can name one of its own like that: such names have no `_`. */
export const creditProviders = ['gift_card', 'store_credit'] as const
export type CreditProvider = (typeof creditProviders)[number]

export function isCreditProvider(provider: string): provider is CreditProvider {
  return provider === 'gift_card' || provider === 'store_credit'
}
