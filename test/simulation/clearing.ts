// The last question of a run: the provider's own account is read and explained, and what is in it is what our books say is there.
import type { Actor } from '../../src/access/actor.ts'
import type { SandboxBook } from '../../src/sandbox/book.ts'
import type { Cluster, Result } from './cluster.ts'
import type { Store } from './store.ts'
import type { Tally } from './tally.ts'

type Report = (problem: string) => void
export type ClearingParts = {
  readonly cluster: Pick<Cluster, 'send'>
  readonly store: Store
  readonly book: SandboxBook
  readonly tally: Tally
  readonly report: Report
  /** Lets all happen that follows. */
  readonly settle: () => void
}
type Account = {
  readonly isComplete: boolean
  readonly reason: string | null
  readonly lines: number
  readonly differences: readonly { readonly kind: string; readonly ref: string; readonly payment: string | null }[]
}

const staff: Actor = {
  ...{ kind: 'user', id: 'usr_staff', email: 'staff@shop.example', roles: ['admin'], session: null, provenAgoMs: 0 },
  ...{ cartTokenHash: null, linkedOrder: null, origin: 'office' },
}
/** The first tells of lines whose facts are looked for then, and the next finds them. Of a slow database an answer may come too late. */
const readingsMax = 8

export function explainAccount(parts: ClearingParts): void {
  const { report, tally } = parts
  let asked = 1
  for (let reading = 1; ; reading++) {
    const account = read(parts, `explain-${asked}`)
    // Under the same key, as any client asks again: what came too late is answered then.
    if (account === 'lost' && reading < readingsMax) continue
    if (account === null || account === 'lost') return report('reconcile was not answered')
    asked++
    if (account.isComplete && account.differences.length === 0) {
      tally.add('lines explained', account.lines)
      return auditClearing(parts)
    }
    if (reading < readingsMax) continue
    const differences = account.differences.map(({ kind, ref, payment }) => `${kind} ${ref} of ${payment}`)
    return report(`the account is not explained: ${account.isComplete ? differences.join(', ') : account.reason}`)
  }
}

function read({ cluster, report, settle }: ClearingParts, key: string): Account | 'lost' | null {
  const ends: Result[] = []
  cluster.send({ operation: 'payments.reconcile', input: {}, actor: staff, key }).then(
    (result) => void ends.push(result),
    (error: unknown) => report(`reconcile broke: ${String(error)}`),
  )
  settle()
  const [end] = ends
  if (end?.end === 'answered') return (end.reply.output as { items: Account[] }).items[0]!
  if (end?.end === 'lost') return 'lost'
  if (end?.end === 'refused') report(`reconcile was refused: ${end.code}`)
  return null
}

/** To the cent, in every currency. */
export function auditClearing({ store, book, report }: Pick<ClearingParts, 'store' | 'book' | 'report'>): void {
  const ours = store
    .sql(
      `select "amount_currency" as "currency", sum("amount_amount") as "sum" from "ledgerEntries" where "account"='A:psp:sandbox' group by "amount_currency"`,
    )
    .all()
  const theirs = book.balances()
  for (const currency of new Set([...ours.map((row) => row['currency'] as string), ...Object.keys(theirs)])) {
    const sum = ours.find((row) => row['currency'] === currency)?.['sum'] ?? 0
    if (sum !== (theirs[currency] ?? 0))
      report(`the clearing account holds ${String(sum)} ${currency}, and the provider's account ${theirs[currency] ?? 0}`)
  }
}
