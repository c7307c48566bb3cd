/**
 * Owns what the benchmarks ask of transfers: the accounts put in beforehand, who pays whom, and that no money came or went.
 * The same for every server. Choices are even, or Zipf's with exponent 1.5: then the first account has part in most transfers.
 */
import assert from 'node:assert/strict'
import { renderRequest } from './http-connection.ts'
import { type Caller, withConnections } from './json-client.ts'
import { CONNECTIONS } from './load.ts'

export type Choice = 'even' | 'zipf'

export const ACCOUNT_COUNT = 10_000
/** More than any run moves out of one account. */
const BALANCE = 1_000_000_000
const AMOUNT_MAX = 100
const ZIPF_EXPONENT = 1.5
const REQUEST_COUNT = 20_000

/** Answers the accounts' ids. */
export async function openAccounts(caller: Caller, count = ACCOUNT_COUNT): Promise<string[]> {
  const ids: string[] = []
  let started = 0
  await withConnections(caller, CONNECTIONS, async (send) => {
    while (started++ < count) ids.push((await send({ method: 'POST', path: '/api/accounts', body: { balance: BALANCE } })).id)
  })
  return ids
}

/** Whole requests between zero bytes, as the generators read them. Every server is asked for the same places in its list. */
export function renderTransfers(choice: Choice, { headers }: Caller, ids: readonly string[]): string {
  const fraction = createFractions()
  const pick = choice === 'even' ? () => Math.floor(fraction() * ids.length) : zipfPicker(ids.length, fraction)
  const requests = Array.from({ length: REQUEST_COUNT }, () => {
    const from = pick()
    let to = pick()
    while (to === from) to = pick()
    const body = { from: ids[from], to: ids[to], amount: 1 + Math.floor(fraction() * AMOUNT_MAX) }
    return renderRequest({ method: 'POST', path: '/api/transfers', body, headers })
  })
  return requests.join('\0')
}

/** @throws when money came or went */
export async function checkTotal(caller: Caller, count = ACCOUNT_COUNT): Promise<void> {
  await withConnections(caller, 1, async (send) => {
    const answer = await send({ method: 'GET', path: '/api/accounts/total' })
    assert.deepEqual(answer, { accounts: count, total: count * BALANCE })
  })
}

/** Places 0, 1, 2, …, the one at `n` as often as (n + 1) to the power of -1.5. */
export function zipfPicker(count: number, fraction: () => number): () => number {
  const sums: number[] = []
  for (let place = 0, sum = 0; place < count; place++) sums.push((sum += (place + 1) ** -ZIPF_EXPONENT))
  const whole = sums.at(-1)!
  return () => {
    const wanted = fraction() * whole
    let low = 0
    for (let high = count - 1; low < high; ) {
      const middle = (low + high) >> 1
      if (sums[middle]! > wanted) high = middle
      else low = middle + 1
    }
    return low
  }
}

/** Numbers below 1, the same in every run: a linear congruence (Numerical Recipes' constants). */
export function createFractions(): () => number {
  let state = 1
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
