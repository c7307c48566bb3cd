// What must hold of gift cards and store credit: what was issued is spent, expired or left, and the ledger and the payments of
// orders say the same.
import { and, eq, oneOf } from '../../contract/filter.ts'
import {
  type CreditProvider,
  creditGrants,
  type GiftCard,
  giftCards,
  type StoreCredit,
  storeCredits,
} from '../../domains/credit/collections.ts'
import { accounts, ledgerEntries } from '../../domains/ledger/collections.ts'
import { payments } from '../../domains/payments/collections.ts'
import { bigSumsBy, sumsBy } from '../../storage/sums-by.ts'
import { type InvariantGroup, pagesOf, type VerifyContext } from '../invariant.ts'

export const creditInvariants: InvariantGroup = {
  needs: ['giftCards', 'storeCredits', 'creditGrants', 'payments', 'ledgerEntries'],
  invariants: {
    'credit.adds_up': 'What was issued of a gift card or store credit is spent, expired or left, and nothing is below zero.',
    'credit.in_ledger': 'The ledger holds what is left of a gift card or store credit.',
    'credit.in_payments': 'What is spent of a gift card or store credit is what orders were paid with it, less what went back.',
    'credit.grants': 'The store credit of a customer was given by grants, each with its reason.',
  },
  async check(context) {
    for await (const page of pagesOf(context, giftCards)) await checkFunds(context, 'gift_card', page)
    for await (const page of pagesOf(context, storeCredits)) {
      await checkFunds(context, 'store_credit', page)
      await checkGrants(context, page)
    }
  },
}

const kinds = {
  gift_card: { name: giftCards.name, account: accounts.giftCard },
  store_credit: { name: storeCredits.name, account: accounts.storeCredit },
} as const

/** In the currency of each alone: another one is a sum that does not agree. */
async function checkFunds(
  { read, report }: VerifyContext,
  provider: CreditProvider,
  page: readonly (GiftCard | StoreCredit)[],
): Promise<void> {
  const { name, account } = kinds[provider]
  const ids = page.map(({ id }) => id)
  const booked = await sums(read, oneOf('account', ids.map(account)))
  const own = and(eq('provider', provider), oneOf('providerRef', ids))
  const sumOfPayments = async (sum: string) => {
    const groups = await bigSumsBy(read, payments, { where: own, by: ['providerRef', 'amount.currency'], sum })
    return new Map(groups.map(({ key, sum: of }) => [`${String(key[0])} ${String(key[1])}`, of]))
  }
  const [captured, refunded] = await Promise.all([sumOfPayments('captured.amount'), sumOfPayments('refunded.amount')])
  for (const row of page) {
    const rows = [`${name}/${row.id}`]
    const { issued, spent, balance } = row
    const expired = 'expired' in row ? row.expired : { ...balance, amount: 0 }
    const all = [issued, spent, balance, expired]
    const isOff = issued.amount !== spent.amount + balance.amount + expired.amount
    if (isOff || all.some(({ amount, currency }) => amount < 0 || currency !== balance.currency))
      report(
        'credit.adds_up',
        rows,
        `issued ${issued.amount}, spent ${spent.amount}, expired ${expired.amount}, left ${balance.amount} ${balance.currency}`,
      )
    const held = booked.get(`${account(row.id)} ${balance.currency}`) ?? 0
    if (held !== -balance.amount) report('credit.in_ledger', rows, `${account(row.id)} holds ${held}; ${balance.amount} are left`)
    const key = `${row.id} ${balance.currency}`
    const paid = (captured.get(key) ?? 0n) - (refunded.get(key) ?? 0n)
    if (paid !== BigInt(spent.amount)) report('credit.in_payments', rows, `${spent.amount} are spent; payments come to ${paid}`)
  }
}

async function sums(read: VerifyContext['read'], where: ReturnType<typeof oneOf>): Promise<Map<string, number>> {
  const groups = await sumsBy(read, ledgerEntries, { where, by: ['account', 'amount.currency'], sum: 'amount.amount' })
  return new Map(groups.map(({ key, sum }) => [`${String(key[0])} ${String(key[1])}`, sum]))
}

async function checkGrants({ read, report }: VerifyContext, page: readonly StoreCredit[]): Promise<void> {
  const own = oneOf(
    'credit',
    page.map(({ id }) => id),
  )
  const groups = await sumsBy(read, creditGrants, { where: own, by: ['credit', 'amount.currency'], sum: 'amount.amount' })
  const given = new Map(groups.map(({ key, sum }) => [`${String(key[0])} ${String(key[1])}`, sum]))
  for (const { id, issued } of page) {
    const sum = given.get(`${id} ${issued.currency}`) ?? 0
    if (sum !== issued.amount) report('credit.grants', [`storeCredits/${id}`], `${issued.amount} are issued; grants come to ${sum}`)
  }
}
