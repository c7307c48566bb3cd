// Carries a course out once undisturbed, then once for each step of it with a death there, all in one shop, and holds the ends
// against each other, the provider's book against the ledger, and everything against `kingpost verify`.
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { eq } from '../../src/contract/filter.ts'
import { emails } from '../../src/domains/emails/collections.ts'
import { accounts, ledgerEntries } from '../../src/domains/ledger/collections.ts'
import { verifyDatabase } from '../../src/observe/verify.ts'
import { findAll } from '../../src/storage/find-all.ts'
import { sumsBy } from '../../src/storage/sums-by.ts'
import { type Course, endOf, makeGoods } from './money-courses.ts'
import { type MortalOptions, type MortalShop, openMortalShop } from './mortal-shop.ts'

type Options = Pick<MortalOptions, 'provider'> & { readonly isPoint: (step: string) => boolean }

export async function diesAtEach(t: TestContext, { capture, ...course }: Course, { isPoint, ...options }: Options): Promise<void> {
  const shop = await openMortalShop({ ...options, ...(capture === undefined ? {} : { capture }) })
  try {
    const goods = await makeGoods(shop)
    const run = async (dieAt: string | null) => {
      const id = await course.prepare(shop, goods)
      shop.watch(dieAt)
      const order = await course.act(shop, id, goods)
      return { ...shop.watched(), order, end: await endOf(shop, order) }
    }
    const calm = await run(null)
    assert.equal(calm.end.words, course.ends)
    const points = calm.steps.filter(isPoint)
    assert.ok(points.length > 0)
    const missed: string[] = []
    const orders = new Map([[calm.order, 'nobody']])
    for (const point of points) {
      const { isDead, order, end } = await run(point)
      orders.set(order, point)
      if (!isDead) missed.push(point)
      assert.deepEqual(end.rows, calm.end.rows, `it died at "${point}"`)
    }
    // On a server what runs side by side takes now one commit and now two.
    assert.ok(missed.length <= (shop.storage.capabilities.isShared ? points.length / 5 : 0), `not reached again: ${missed.join(', ')}`)
    const found = await violations(shop)
    const diedAt = (row: string) => orders.get(row.split('/')[1]!) ?? ''
    assert.deepEqual(
      found.map(({ invariant, rows, found: what }) => `${invariant} ${rows.map((row) => `${row} ${diedAt(row)}`).join(', ')}: ${what}`),
      [],
    )
    await checkBooks(shop)
    await checkMails(shop)
    t.diagnostic(`${points.length} points${missed.length > 0 ? `, not reached again: ${missed.join(', ')}` : ''}`)
  } finally {
    await shop.close()
  }
}

export async function violations({ storage, backend, now }: MortalShop) {
  const { reader: read, commitsAfter } = storage
  const found = await verifyDatabase({ read, model: backend.model, commitsAfter, now: now(), isAtRest: true })
  // The staff of these tests has no account, and a database that others had before was emptied.
  return found.filter(({ found: what }) => !what.includes('usr_staff') && !what.includes(', emptied '))
}

/** What the provider holds for us, by its own account and by ours. */
export async function checkBooks({ storage, book }: MortalShop): Promise<void> {
  const where = eq('account', accounts.provider('sandbox'))
  const [ours] = await sumsBy(storage.reader, ledgerEntries, { where, by: ['account'], sum: 'amount.amount' })
  assert.equal(ours?.sum ?? 0, book.balances()['EUR'] ?? 0)
}

/** Each was taken by its server, or is known to be doubtful; none was taken that is owed by nobody. */
async function checkMails({ storage, taken }: MortalShop): Promise<void> {
  const owed = await findAll(storage.reader, emails, { op: 'true' })
  const times = Map.groupBy(taken, ({ messageId }) => messageId)
  for (const { id, messageId, status } of owed)
    if (status !== 'ambiguous') assert.ok(times.has(messageId), `${id} is ${status} and was never sent`)
  const known = new Set(owed.map(({ messageId }) => messageId))
  for (const [messageId] of times) assert.ok(known.has(messageId), `${messageId} was sent and is owed by nobody`)
}
