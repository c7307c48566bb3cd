import { recently, staff } from '../../access/rule.ts'
import { parseIso, toIso } from '../../base/clock.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { type Static, Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import type { Reader } from '../../storage/storage.ts'
import { explainAccount } from './explain-account.ts'
import type { PaymentProvider } from './provider.ts'
import { lastOf, readAccount } from './read-account.ts'
import { type Difference, differenceShape, type Reconciliation, reconciliations } from './settlement-collections.ts'

const time = (description: string) => Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'date-time', description })
const account = Type.Object(
  {
    reconciliation: Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'Its row in `reconciliations`.' }),
    provider: Type.String(),
    since: time('From when on the account was read.'),
    until: time('Until when.'),
    lines: Type.Integer({ description: 'Of the account, in that time.' }),
    matched: Type.Integer({
      description: 'Lines that a fact of ours, or what they are, explains. Older ones that were open count as well.',
    }),
    explainedPpm: Type.Integer({ description: '1000000: everything is explained.' }),
    differenceCount: Type.Integer(),
    differences: Type.Array(Type.Unsafe<Difference>(differenceShape), { description: 'The first of them.' }),
    isComplete: Type.Boolean({ description: 'All of the account has been read. If not, ask again: it goes on in the background.' }),
    reason: Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'Why it is not complete, where that is known.' }),
  },
  { title: 'ReconciledAccount' },
)
/** Which accounts are asked; `reload` says what came of each. */
const output = Type.Unsafe<unknown>(Type.Object({ items: Type.Array(account) }))
type Started = { readonly items: readonly { readonly provider: string; readonly reconciliation: string | null }[] }

/** `POST /api/payments/reconcile`: reads the providers' own accounts, and answers what in them our books do not explain. */
export function reconcileAccounts(providers: ReadonlyMap<string, PaymentProvider>) {
  return command({
    name: 'payments.reconcile',
    route: 'POST /api/payments/reconcile',
    summary: "Compare the books with the providers' own accounts",
    tag: 'Payments',
    input: Type.Object(
      {
        provider: Type.Optional(Type.String({ maxLength: limits.codeCharactersMax, description: 'All of them when left out.' })),
        since: Type.Optional(
          Type.String({ format: 'date-time', description: 'Until when all has been read when left out, a few days back.' }),
        ),
      },
      { additionalProperties: false },
    ),
    output,
    errors: ['not_found'],
    access: recently(staff),
    async run(context) {
      const { input } = context
      const asOf = input.since === undefined ? null : parseIso(input.since)
      if (Number.isNaN(asOf)) throw invalid('/since', 'format', 'must be a time such as 2026-11-24T12:00:00Z')
      const asked = input.provider === undefined ? [...providers.values()] : [providers.get(input.provider)]
      const items: { provider: string; reconciliation: string | null }[] = []
      const awaiting: string[] = []
      for (const provider of asked) {
        if (provider === undefined) throw new EngineError('not_found')
        if (provider.list === undefined) {
          items.push({ provider: provider.id, reconciliation: null })
          continue
        }
        const since = asOf === null ? null : Math.min(context.now, Math.max(0, asOf))
        const { reconciliation, effect } = await readAccount(context, provider.id, { since, isAwaited: true })
        items.push({ provider: provider.id, reconciliation: reconciliation.id })
        if (effect !== null) awaiting.push(effect)
      }
      return { output: { items }, awaiting }
    },
    async reload({ read }, made) {
      const items: Static<typeof account>[] = []
      for (const { provider, reconciliation } of (made as Started).items) {
        const row = reconciliation === null ? null : await read.get(reconciliations, reconciliation)
        items.push(row === null ? unlisted(provider) : await told(read, row))
      }
      return { items }
    },
  })
}

const nothing = { lines: 0, matched: 0, explainedPpm: 0, differenceCount: 0, differences: [], isComplete: false } as const

function unlisted(provider: string) {
  return { ...nothing, reconciliation: null, provider, since: null, until: null, differences: [], reason: 'It does not list its account.' }
}

async function told(read: Reader, row: Reconciliation) {
  const { id, provider, lastError } = row
  const head = { reconciliation: id, provider, since: toIso(row.since), until: toIso(row.until) }
  const isComplete = row.status === 'matching' || row.status === 'done'
  if (!isComplete) return { ...nothing, ...head, differences: [], reason: lastError ?? 'Its account is still being read.' }
  const { factsSince: _, ...explained } = await explainAccount(read, row, await lastOf(read, provider, ['done']))
  return { ...head, ...explained, differences: [...explained.differences], isComplete, reason: null }
}
