// Reading a provider's account: page by page by an effect, each page stored in the transaction that says where to go on. A
// reading that breaks off goes on from there. Then its lines are matched to our facts, and what does not agree is written down.
import { limits } from '../../base/limits.ts'
import { and, eq, oneOf } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { type EffectHandler, effectHandler, effectKind, enqueue, type Outcome } from '../../effects/effect.ts'
import type { Schedule } from '../../effects/schedule.ts'
import type { Work } from '../../operation/work.ts'
import type { Reader } from '../../storage/storage.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { payments } from './collections.ts'
import { type Explanation, explainAccount } from './explain-account.ts'
import { matchAgain, storeLines } from './match-lines.ts'
import { outcomeOf, type PaymentProvider, type SettlementLine } from './provider.ts'
import { type Reconciliation, reconciliations, type StoredLine, settlementLines } from './settlement-collections.ts'

const day = 24 * 3_600_000
export const accountRead = effectKind('payments.readAccount', Type.Object({ reconciliation: Type.String(), step: Type.Integer() }))
const accountExplain = effectKind('payments.explainAccount', Type.Object({ reconciliation: Type.String(), after: Type.String() }))

/** Read whole a moment ago, in more steps than its caller waited for: they were told to ask again, and another reading would end no sooner. */
function isFresh({ status, steps, since, updatedAt }: Reconciliation, wanted: number | null, now: number): boolean {
  return status === 'matching' && steps > 1 && now - updatedAt < limits.settlementLookMs && (wanted === null || since <= wanted)
}

/** Begins to read, or goes on. Answers the effect that the caller may wait for; null where a reading is under way. */
export async function readAccount(
  work: Work,
  provider: string,
  given: { readonly since: number | null; readonly isAwaited: boolean },
): Promise<{ readonly reconciliation: Reconciliation; readonly effect: string | null }> {
  const { tx, now, newId } = work
  const running = await lastOf(tx, provider, ['reading'])
  if (running !== null) {
    if (now - running.updatedAt < limits.settlementStuckMs) return { reconciliation: running, effect: null }
    await tx.update(reconciliations, running, { set: { status: 'failed', running: null, lastError: 'It did not go on.' } })
  }
  const last = await lastOf(tx, provider, ['failed', 'matching', 'done'])
  if (given.isAwaited && last !== null && isFresh(last, given.since, now)) return { reconciliation: last, effect: null }
  if (given.since === null && last?.status === 'failed') {
    // What a provider lists from a place on may end where its list did when that was begun.
    const times = last.cursor === null ? timesOf(last.since, now, await readSoFar(tx, provider, now)) : {}
    const set = { ...times, status: 'reading', running: provider, lastError: null } as const
    const reconciliation = await tx.update(reconciliations, last, { set })
    return { reconciliation, effect: await oweStep(work, reconciliation, given.isAwaited) }
  }
  const before = await readSoFar(tx, provider, now)
  const reconciliation = await tx.insert(reconciliations, {
    id: newId('rcn'),
    provider,
    running: provider,
    status: 'reading',
    ...timesOf(given.since ?? before.since, now, before),
    factsSince: null,
    cursor: null,
    steps: 0,
    lines: null,
    matched: null,
    explainedPpm: null,
    differenceCount: null,
    differences: null,
    lastError: null,
  })
  return { reconciliation, effect: await oweStep(work, reconciliation, given.isAwaited) }
}

/** Until when all of an account has been read. What staff have read of later times leaves a gap, from which the next one begins. */
async function readSoFar(tx: Transaction, provider: string, now: number): Promise<ReadSoFar> {
  const last = await lastOf(tx, provider, ['matching', 'done'])
  if (last !== null) {
    const wholeUntil = last.wholeUntil ?? last.until
    // A few days back: accounts show some lines late.
    return { wholeUntil, since: Math.max(0, wholeUntil - limits.settlementOverlapMs) }
  }
  // Beyond the limit: only the first is asked for.
  const [first] = await tx.find(payments, { where: eq('provider', provider), limit: 1 })
  const since = (first?.createdAt ?? now) - day
  return { wholeUntil: since, since }
}

/** `since`: where the next one begins, unless staff say otherwise. */
type ReadSoFar = { readonly wholeUntil: number; readonly since: number }

const timesOf = (since: number, until: number, { wholeUntil }: ReadSoFar) => ({
  since,
  until,
  wholeUntil: since <= wholeUntil ? until : wholeUntil,
})

/** By their ids, so by when they began. */
export async function lastOf(
  read: Pick<Reader, 'find'>,
  provider: string,
  statuses: readonly Reconciliation['status'][],
): Promise<Reconciliation | null> {
  const where = and(eq('provider', provider), oneOf('status', statuses))
  // Beyond the limit: only the last is asked for.
  const [last] = await read.find(reconciliations, { where, sort: [{ path: 'id', descending: true }], limit: 1 })
  return last ?? null
}

async function oweStep(work: Work, { id, provider, steps, version }: Reconciliation, isAwaited: boolean): Promise<string | null> {
  const payload = { reconciliation: id, step: steps }
  const effect = await enqueue(work, accountRead, {
    key: `${accountRead.name}:${id}:${steps}:${version}`,
    payload,
    record: provider,
    isAwaited,
  })
  return effect?.id ?? null
}

type Pages = { readonly lines: readonly SettlementLine[]; readonly next: string | null }

export function readAccountEffect(providers: ReadonlyMap<string, PaymentProvider>): EffectHandler {
  return effectHandler(accountRead, {
    attemptsMax: limits.providerAttemptsMax,
    async perform({ payload, read }): Promise<Outcome<Pages | null>> {
      const row = await read.get(reconciliations, payload.reconciliation)
      if (row === null || !isItsTurn(row, payload.step)) return { end: 'done', result: null }
      const provider = providers.get(row.provider)
      if (provider?.list === undefined) return { end: 'dead', error: 'There is no such provider, or it does not list its account.' }
      return await readPages(provider as Lister, row)
    },

    async settle(context) {
      const { tx, payload, outcome } = context
      const row = await tx.get(reconciliations, payload.reconciliation)
      if (row === null || !isItsTurn(row, payload.step)) return
      if (outcome.end !== 'done') {
        const isOver = outcome.end !== 'retry'
        // A place that the provider knows no more is read up to again.
        const cursor = outcome.end === 'dead' && outcome.isUncertain !== true ? null : row.cursor
        const end = isOver ? { status: 'failed', running: null, cursor } : {}
        await tx.update(reconciliations, row, { set: { ...end, lastError: outcome.error } })
        return
      }
      if (outcome.result === null) return
      const { lines, next } = outcome.result
      const account = { provider: row.provider, reconciliation: row.id }
      // Whoever waits for the answer sees what has changed since the last time; the rest is looked at once all is read.
      if (row.steps === 0) await matchAgain(context, account, await openLines(tx, row.provider, ''))
      await storeLines(context, account, lines)
      const set = next === null ? { status: 'matching', running: null } : {}
      const after = await tx.update(reconciliations, row, { set: { ...set, cursor: next, steps: row.steps + 1, lastError: null } })
      if (next !== null) await oweStep(context, after, false)
      else await oweExplanation(context, after, '')
    },

    async giveUp({ tx, payload }) {
      const row = await tx.get(reconciliations, payload.reconciliation)
      if (row?.status === 'reading')
        await tx.update(reconciliations, row, { set: { status: 'failed', running: null, lastError: 'Staff gave it up.' } })
    },
  })
}

function isItsTurn({ status, steps }: Reconciliation, step: number): boolean {
  return status === 'reading' && steps === step
}

type Lister = PaymentProvider & Required<Pick<PaymentProvider, 'list'>>

/** As many pages as one transaction stores well. */
async function readPages(provider: Lister, { since, cursor }: Reconciliation): Promise<Outcome<Pages>> {
  const lines: SettlementLine[] = []
  let next = cursor
  do {
    const page = await provider.list(since, next)
    if (page.result !== 'ok') return lines.length > 0 ? { end: 'done', result: { lines, next } } : outcomeOf(page)
    if (page.value.next !== null && page.value.next === next)
      return { end: 'dead', error: 'The provider answers the same page again and again.' }
    lines.push(...page.value.lines)
    next = page.value.next
  } while (next !== null && lines.length < limits.settlementLinesPerStep)
  return { end: 'done', result: { lines, next } }
}

/** Once the payments were looked at whose facts were missing. `after`: the line that was matched last. */
async function oweExplanation(work: Work, { id, provider }: Reconciliation, after: string): Promise<void> {
  await enqueue(work, accountExplain, {
    key: `${accountExplain.name}:${id}:${after}`,
    payload: { reconciliation: id, after },
    record: provider,
    ...(after === '' ? { dueAt: work.now + limits.settlementLookMs } : {}),
  })
}

type Looked = { readonly open: readonly StoredLine[]; readonly explanation: Explanation | null }

export function explainAccountEffect(): EffectHandler {
  return effectHandler(accountExplain, {
    async perform({ payload, read }): Promise<Outcome<Looked | null>> {
      const row = await read.get(reconciliations, payload.reconciliation)
      if (row?.status !== 'matching') return { end: 'done', result: null }
      const open = await openLines(read, row.provider, payload.after)
      const explanation = open.length > 0 ? null : await explainAccount(read, row, await lastOf(read, row.provider, ['done']))
      return { end: 'done', result: { open, explanation } }
    },

    async settle(context) {
      const { tx, payload, outcome } = context
      const row = await tx.get(reconciliations, payload.reconciliation)
      if (row?.status !== 'matching' || outcome.end !== 'done' || outcome.result === null) return
      const { open, explanation } = outcome.result
      if (explanation !== null) {
        await tx.update(reconciliations, row, { set: { ...explanation, status: 'done' } })
        return
      }
      const ids = open.map(({ id }) => id)
      const current = (await tx.getMany(settlementLines, ids)).filter(({ state }) => lookedFor.includes(state))
      await matchAgain(context, { provider: row.provider, reconciliation: row.id }, current)
      await oweExplanation(context, row, ids.at(-1)!)
    },
  })
}

const lookedFor: readonly StoredLine['state'][] = ['open', 'unmatched', 'differs']

async function openLines(read: Pick<Reader, 'find'>, provider: string, after: string): Promise<StoredLine[]> {
  const where = and(eq('provider', provider), oneOf('state', lookedFor))
  // Beyond the limit: the next effect.
  return await read.find(settlementLines, { where, limit: limits.readPageSize, ...(after === '' ? {} : { after: [after] }) })
}

/** Every night, the account of each provider that lists it. */
export const readAccounts = (providers: ReadonlyMap<string, Pick<PaymentProvider, 'list'>>): Schedule => ({
  name: 'payments.readAccounts',
  everyMs: day,
  async run(work) {
    for (const [id, { list }] of providers) if (list !== undefined) await readAccount(work, id, { since: null, isAwaited: false })
  },
})
