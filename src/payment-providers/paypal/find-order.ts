// Which order of PayPal a payment of ours became, where the answer that said so is lost. Orders cannot be searched there: what is
// left is the account's list of transactions, which carries our name. Invariant: "none" is answered only where that list is
// complete for all the time in which the payment could be made.
import { timeOfId } from '../../base/ids.ts'
import { limits } from '../../base/limits.ts'
import type { ProviderResult } from '../../domains/payments/provider.ts'
import type { PayPalAnswer, PayPalApi } from './api.ts'
import { fieldsOf, isId, reading } from './read.ts'
import { searchTransactions } from './report.ts'

/** Clocks differ. */
const earlierMs = 5 * 60_000
/** A buyer may agree for up to 72 hours, and the money is then taken within as many. */
const approvedWithinMs = 6 * 24 * 3_600_000

/** Event codes of payments and authorizations: what goes back may carry the name as well. */
const ofPayments = /^T(?:00|13)/

/** The order's id; null: there is none. */
export async function findOrder(
  api: PayPalApi,
  { reference, now }: { readonly reference: string; readonly now: number },
): Promise<ProviderResult<string | null>> {
  const made = timeOfId(reference)
  if (made === null) return notYet('PayPal cannot be asked for a payment whose time is not known.')
  const from = made - earlierMs
  const end = made + approvedWithinMs
  const to = Math.min(end, now)
  if (from >= to) return notYet('The payment is newer than this clock.')
  let toldUntil: number | null = null
  for (let page = 1, pages = 1; page <= pages; page++) {
    if (page > limits.payPalSearchPagesMax) return notYet('There are too many transactions at PayPal to find the payment among.')
    const answer = await searchTransactions(api, { from, to, page, isAll: true })
    if (answer.result !== 'ok') return unknown(answer)
    const found = answer.value.transactions.find(({ reference: ours, event }) => ours === reference && ofPayments.test(event))
    if (found) return found.relatedTo?.kind === 'ODR' ? { result: 'ok', value: found.relatedTo.id } : await orderOf(api, found.id)
    pages = answer.value.pages
    toldUntil = answer.value.toldUntil
  }
  if (toldUntil !== null && toldUntil >= end) return { result: 'ok', value: null }
  return notYet('PayPal has not listed yet what became of this payment: it does so after some hours, and a buyer has some days.')
}

/** It has answered. */
const notYet = (reason: string) => ({ result: 'uncertain', reason, afterMs: 3_600_000, isAnswered: true }) as const
const unknown = (answer: Exclude<PayPalAnswer, { result: 'ok' }>) => (answer.result === 'uncertain' ? answer : notYet(answer.reason))
const uncertain = (reason: string) => ({ result: 'uncertain', reason }) as const
const readOrderId = reading((value) => {
  const { related_ids: related } = fieldsOf(fieldsOf(value)['supplementary_data'] ?? {})
  const { order_id: order } = fieldsOf(related ?? {})
  return { order: isId(order) ? order : null, custom: fieldsOf(value)['custom_id'] }
})

/** By the transaction: a capture, or an authorization. */
async function orderOf(api: PayPalApi, id: string): Promise<ProviderResult<string>> {
  let answer: PayPalAnswer = await api({ method: 'GET', path: `/v2/payments/captures/${id}` })
  if (answer.result === 'refused' && answer.status === 404) answer = await api({ method: 'GET', path: `/v2/payments/authorizations/${id}` })
  if (answer.result !== 'ok') return unknown(answer)
  const order = readOrderId(answer.value)?.order ?? null
  return order === null ? uncertain('PayPal does not say which order a transaction is of.') : { result: 'ok', value: order }
}

/** What a refund or a dispute belongs to: both name a capture. Null: PayPal knows none of that name. */
export async function payedBy(
  api: PayPalApi,
  capture: string,
): Promise<ProviderResult<{ readonly order: string | null; readonly custom: unknown } | null>> {
  const answer = await api({ method: 'GET', path: `/v2/payments/captures/${capture}` })
  if (answer.result === 'refused' && answer.status === 404) return { result: 'ok', value: null }
  if (answer.result !== 'ok') return unknown(answer)
  const found = readOrderId(answer.value)
  return found === null ? uncertain('PayPal says something of a capture that cannot be read.') : { result: 'ok', value: found }
}
