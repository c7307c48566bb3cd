// What an amount of a sale is made of: by account for the ledger, by line for the figures. Invariant: the parts of lines sum to those of
// accounts, whatever was given back before and for what reason.
import { allocateMoney, money } from '../../base/money.ts'
import { eq } from '../../contract/filter.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { accounts, salesEntries } from '../ledger/collections.ts'
import type { SalesPart } from '../ledger/post-transfer.ts'
import type { Order } from './collections.ts'
import type { GivenBackBy } from './given-back.ts'
import { accountsOf, recognition, type SoldPart, salesOf, soldParts } from './place-order.ts'

/** `part`: null of an order that keeps no taxes of its own. */
export type Share = { readonly part: SoldPart | null; readonly account: string; readonly amount: number }

/**
 * `ofLines`: what of it was given back for lines. Of these it is what they were recognized as; the rest is what is left of the whole,
 * in proportion. Each account of the sale is among them, and each part that has it.
 */
export function sharesOf(order: Order, amountMinor: number, ofLines: GivenBackBy): Share[] {
  const { currency } = order.total
  const split = (amount: number, weights: readonly number[]) =>
    weights.length === 0 ? [] : allocateMoney(money(amount, currency), weights).map((share) => share.amount)
  const sold = soldParts(order) ?? []
  const lines = [...Map.groupBy(sold, ({ line }) => line)].flatMap(([line, parts]) => {
    const back = ofLines.get(line)
    if (back === undefined) return []
    // Shipping goes with the goods of more than one rate.
    const weights = parts.map(({ net, tax }) => net + tax)
    const most = weights.reduce((sum, weight) => sum + weight, 0)
    const amounts = split(Math.min(back.amount, most), weights)
    return parts.map((part, index) => ({ part, amount: amounts[index]! }))
  })
  // A refund of lines may have become less, where the money went another way.
  const named = Math.min(
    amountMinor,
    lines.reduce((sum, { amount }) => sum + amount, 0),
  )
  const amounts = split(
    named,
    lines.map(({ amount }) => amount),
  )
  const shares: Share[] = lines.flatMap(({ part }, index) => {
    const of = accountsOf(order, part)
    const own = split(
      amounts[index]!,
      of.map(([, amount]) => amount),
    )
    return of.map(([account], at) => ({ part, account, amount: own[at]! }))
  })
  const given = (account: string, part?: SoldPart) =>
    shares.reduce((sum, share) => sum + (share.account === account && (part ?? share.part) === share.part ? share.amount : 0), 0)
  const whole = recognition(order).filter(({ account }) => account !== accounts.deposit(order.id))
  const left = whole.map(({ account, amount }) => -amount.amount - given(account))
  const rest = split(amountMinor - named, left).map((amount, index): Share[] => {
    const { account } = whole[index]!
    const of = sold.flatMap((part) => accountsOf(order, part).flatMap(([name, all]) => (name === account ? [{ part, all }] : [])))
    if (of.length === 0) return [{ part: null, account, amount }]
    const own = split(
      amount,
      of.map(({ part, all }) => all - given(account, part)),
    )
    return of.map(({ part }, at) => ({ part, account, amount: own[at]! }))
  })
  return [...shares, ...rest.flat()]
}

/** The same by account. */
export function partsOf(order: Order, amountMinor: number, ofLines: GivenBackBy): ReadonlyMap<string, number> {
  const parts = new Map<string, number>()
  for (const { account, amount } of sharesOf(order, amountMinor, ofLines)) parts.set(account, (parts.get(account) ?? 0) + amount)
  return parts
}

type Told = { readonly net: number; readonly tax: number }
const keyOf = (line: string | null, ratePpm: number) => `${line ?? ''} ${ratePpm}`

/** What the figures have of an order by now: of all its transfers, or of one kind. Null of an order from before there were any. */
export async function toldOf(
  tx: Transaction,
  { id }: Order,
  kind?: string,
): Promise<((line: string | null, ratePpm: number) => Told) | null> {
  const measures = (['net', 'tax'] as const).map((path) => ({ of: 'sum', path }) as const)
  const groups = await tx.group(salesEntries, { where: eq('order', id), by: ['kind', 'line', 'ratePpm'], measures })
  if (groups.length === 0) return null
  const sums = new Map<string, Told>()
  for (const { key, values } of groups) {
    const [of, line, ratePpm] = key as [string, string | null, number]
    if (kind !== undefined && of !== kind) continue
    const before = sums.get(keyOf(line, ratePpm)) ?? { net: 0, tax: 0 }
    sums.set(keyOf(line, ratePpm), { net: before.net + (values[0] as number), tax: before.tax + (values[1] as number) })
  }
  return (line, ratePpm) => sums.get(keyOf(line, ratePpm)) ?? { net: 0, tax: 0 }
}

/** What one kind of transfer has taken of the sale, less what the figures say of that already. */
export async function givenBackSales(
  tx: Transaction,
  order: Order,
  { shares, kind }: { readonly shares: readonly Share[]; readonly kind: string },
): Promise<SalesPart[]> {
  const told = await toldOf(tx, order, kind)
  if (told === null) return []
  return changesOf(order, (part) => {
    const { line, ratePpm } = part
    const own = shares.filter((share) => share.part?.line === line && share.part.ratePpm === ratePpm)
    const sum = (isTax: boolean) => own.reduce((all, { account, amount }) => all + (isTax === isTaxAccount(account) ? amount : 0), 0)
    const before = told(line, ratePpm)
    return { net: -sum(false) - before.net, tax: -sum(true) - before.tax }
  })
}

function isTaxAccount(account: string): boolean {
  return account.startsWith(accounts.tax())
}

/** All that the figures still have of it. */
export async function reversedSales(tx: Transaction, order: Order): Promise<SalesPart[]> {
  const told = await toldOf(tx, order)
  if (told === null) return []
  return changesOf(order, ({ line, ratePpm }) => {
    const { net, tax } = told(line, ratePpm)
    return { net: net === 0 ? 0 : -net, tax: tax === 0 ? 0 : -tax }
  })
}

function changesOf(order: Order, of: (part: SalesPart) => Told): SalesPart[] {
  // Where nothing is due, shipping may be in parts by class: they are told as one.
  const parts = new Map(salesOf(order).map((part) => [keyOf(part.line, part.ratePpm), part]))
  return [...parts.values()]
    .map((part) => ({ ...part, quantity: 0, orders: 0, discount: 0, ...of(part) }))
    .filter(({ net, tax }) => net !== 0 || tax !== 0)
}
