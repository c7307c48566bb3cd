// Captures as claims on what is authorized: what was captured and what is asked for is never more than what was authorized.
import { EngineError } from '../../base/engine-error.ts'
import { type Money, money } from '../../base/money.ts'
import { and, eq, oneOf } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { findAll } from '../../storage/find-all.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { type Capture, captures, type Payment } from './collections.ts'
import type { ProviderFact } from './provider.ts'

/** Asked for, and neither there nor failed. */
export async function openCaptures(tx: Transaction, payment: string): Promise<readonly Capture[]> {
  return await findAll(tx, captures, and(eq('payment', payment), oneOf('status', ['wanted', 'pending'])))
}

/** What can still be asked for. */
export async function capturable(tx: Transaction, payment: Payment): Promise<Money> {
  const { currency } = payment.amount
  const asked = (await openCaptures(tx, payment.id)).reduce((sum, { amount }) => sum + amount.amount, 0)
  return money(Math.max(0, (payment.capturable?.amount ?? 0) - asked), currency)
}

/** `left`: what is authorized and neither captured nor given up, after them. */
type Told = { readonly news: readonly ProviderFact[]; readonly left: number }

/**
 * The captures that these facts are the end of: by our id of it where the provider gives it back, else by what it came to. One of
 * another amount, or under another name, made in the dashboard, is the end of none. Once nothing is left to capture, what is still asked for
 * has failed. Answers what has ended.
 */
export async function endCaptures({ tx }: Work, payment: Payment, { news, left }: Told): Promise<Capture[]> {
  const ends = news.filter(({ kind }) => kind === 'cap_ok' || kind === 'cap_fail')
  if (ends.length === 0 && left > 0) return []
  const all: Capture[] = []
  let open = await openCaptures(tx, payment.id)
  for (const { kind, reference, amount } of ends) {
    const isDone = kind === 'cap_ok'
    const ended =
      open.find(({ id }) => id === reference) ??
      (reference === undefined
        ? open.find((one) => one.amount.amount === amount.amount)
        : isDone && (await givenUp(tx, payment, reference)))
    if (!ended) continue
    open = open.filter(({ id }) => id !== ended.id)
    const lastError = isDone ? null : 'The provider could not take the money.'
    all.push(await tx.update(captures, ended, { set: { status: isDone ? 'succeeded' : 'failed', lastError } }))
  }
  if (left > 0) return all
  for (const one of open) all.push(await tx.update(captures, one, { set: { status: 'failed', lastError: 'Nothing is left to capture.' } }))
  return all
}

/** One that was called failed because nobody knew, and that the provider has made after all. */
async function givenUp(tx: Transaction, payment: Payment, id: string): Promise<Capture | null> {
  const one = await tx.get(captures, id)
  return one?.payment === payment.id && one.status === 'failed' ? one : null
}

/** @throws payment_state_conflict */
export function stateConflict({ status }: Payment, detail: string): EngineError {
  return new EngineError('payment_state_conflict', { detail, params: { status } })
}
