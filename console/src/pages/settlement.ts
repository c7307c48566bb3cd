/** The providers' own accounts beside our books: what agrees, what does not, money of nobody with what ends it, and payouts. */
import { html, useState, type View, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { formatMoney, humanize } from '../format.ts'
import { useLive } from '../live.ts'
import { useLoad } from '../loading.ts'
import { base, plainRecordPath } from '../routes.ts'
import { useMay, useWorkspace } from '../schema.ts'
import { type DifferenceRow, percent, reconciledWords, rowsOf, type Settlement, withTold } from '../settlement-state.ts'
import type { InboxMessage, Page, ReconciledAccount, Reconciliation, SettlementLine } from '../shapes.ts'
import { Amount, Card, Chip, Empty, ErrorNote, PageHead, Skeleton, Time } from '../ui/parts.ts'
import { RefLink } from '../ui/ref-link.ts'
import { type Column, Table } from '../ui/table.ts'
import { toast } from '../ui/toast.ts'
import { LineActions, MessageActions } from './settlement-actions.ts'

const listedMax = 100
const payoutsMax = 5

/** `known`: the collections that whoever looks may read. */
async function loadSettlement(known: ReadonlySet<string>, signal: AbortSignal): Promise<Settlement> {
  const list = async <T>(path: string, query: Record<string, string>): Promise<readonly T[]> =>
    !known.has(path) ? [] : (await client.call<Page<T>>('GET', `/api/${path}?${new URLSearchParams(query)}`, { signal })).items
  const fields = 'id,provider,status,until,lines,explainedPpm,differenceCount,lastError'
  const all = await list<Reconciliation>('reconciliations', { sort: '-id', limit: String(listedMax), fields })
  const providers = [...new Set(all.map(({ provider }) => provider))].toSorted()
  const newest = (provider: string, isDone: boolean) => all.find((one) => one.provider === provider && (!isDone || one.status === 'done'))
  const linesOf = (provider: string, query: Record<string, string>) =>
    list<SettlementLine>('settlementLines', { 'filter[provider]': provider, limit: String(listedMax), ...query })
  const eachOf = async <T>(ask: (provider: string) => Promise<readonly T[]>) => (await Promise.all(providers.map(ask))).flat()
  const [lines, payouts, found, messages] = await Promise.all([
    eachOf((provider) => linesOf(provider, { 'filter[state][in]': 'unmatched,returning' })),
    eachOf((provider) => linesOf(provider, { 'filter[kind]': 'payout', sort: '-at', limit: String(payoutsMax) })),
    eachOf(async (provider) => {
      const done = newest(provider, true)
      if (done === undefined) return []
      const { differences } = await client.call<Reconciliation>('GET', `/api/reconciliations/${done.id}`, { signal })
      return rowsOf(provider, differences ?? [])
    }),
    list<InboxMessage>('webhookInbox', { 'filter[state]': 'unmatched', limit: String(listedMax) }),
  ])
  return { readings: providers.map((provider) => newest(provider, false)!), differences: found, lines, messages, payouts }
}

export function SettlementPage(): VNode {
  const { collections } = useWorkspace()
  const known = new Set(collections.map(({ name }) => name))
  const loaded = useLoad('settlement', (signal) => loadSettlement(known, signal))
  const [told, setTold] = useState<readonly ReconciledAccount[]>([])
  const [problem, setProblem] = useState<unknown>(undefined)
  const onTold = (items: readonly ReconciledAccount[]) => {
    setTold(items)
    loaded.reload()
  }
  // Neither lines nor readings are in the feed; what changes them is an effect, which is.
  useLive(
    (change) => change.collection === 'effects' && String(change.record?.['kind'] ?? 'payments').startsWith('payments'),
    loaded.reload,
  )
  return html`
    <${PageHead}
      title="Settlement"
      actions=${html`
        <a class="button" href=${`${base}/data/settlementLines`}>All lines</a>
        <${ReconcileNow} onTold=${onTold} onError=${setProblem} />
      `}
    />
    <${ErrorNote} error=${problem} />
    <${ErrorNote} error=${loaded.error} retry=${loaded.reload} />
    ${!loaded.data && !loaded.error && html`<div class="card"><${Skeleton} lines=${8} /></div>`}
    ${loaded.data && html`<${Found} found=${withTold(loaded.data, told)} onDone=${loaded.reload} />`}
  `
}

function Found({ found, onDone }: { found: Settlement; onDone: () => void }): VNode {
  const { readings, differences, lines, messages, payouts } = found
  if (readings.length === 0)
    return html`<${Empty} icon="settlement" title="No account was read yet">
      Each night, or when you ask, the providers’ own accounts are compared with the books.
    <//>`
  const isClear = differences.length + lines.length + messages.length === 0
  return html`<div class="stack">
    <${List} title="Accounts" columns=${readingColumns} items=${readings} collection="reconciliations" />
    ${isClear && html`<${Empty} icon="check" title="Nothing waits for you">Books and accounts agree, as far as they were read.<//>`}
    <${List} title="Money of nobody" columns=${lineColumns(onDone)} items=${lines} collection="settlementLines">
      It came in at the provider, and belongs to no order. Assign it to one, give it back, or say what became of it.
    <//>
    <${List} title="Differences" columns=${differenceColumns} items=${differences}>
      As of the last reading. What the provider has not told us yet is asked for by itself; the rest is a question to the provider.
    <//>
    <${List} title="Webhooks of nothing" columns=${messageColumns(onDone)} items=${messages} collection="webhookInbox">
      They speak of payments that we do not know. Those with money stand above too.
    <//>
    <${List} title="Payouts" columns=${payoutColumns} items=${payouts} collection="settlementLines" />
  </div>`
}

/** Nothing to show is not worth a card. */
function List<T extends { id: string }>(props: {
  title: string
  columns: readonly Column<T>[]
  items: readonly T[]
  collection?: string
  children?: View
}): VNode | null {
  const { title, columns, items, collection, children } = props
  if (items.length === 0) return null
  const href = collection === undefined ? undefined : ({ id }: T) => plainRecordPath(collection, id)
  return html`<${Card} title=${title} flush>
    ${children && html`<p class="block faint small">${children}</p>`}
    <div class="list"><${Table} label=${title} columns=${columns} items=${items} href=${href} /></div>
    ${items.length >= listedMax && html`<footer class="list-foot"><span class="faint">The first ${items.length}.</span></footer>`}
  <//>`
}

type Answered = { onTold: (items: readonly ReconciledAccount[]) => void; onError: (error: unknown) => void }

function ReconcileNow({ onTold, onError }: Answered): VNode | null {
  const may = useMay()
  const [busy, setBusy] = useState(false)
  if (!may('payments.reconcile')) return null
  const run = async () => {
    setBusy(true)
    onError(undefined)
    try {
      const { items } = await client.call<{ items: readonly ReconciledAccount[] }>('POST', '/api/payments/reconcile', { body: {} })
      toast(reconciledWords(items))
      onTold(items)
    } catch (cause) {
      onError(cause)
    }
    setBusy(false)
  }
  return html`<button type="button" class="button primary" disabled=${busy} onClick=${run}>${busy ? 'Reading the accounts' : 'Reconcile now'}</button>`
}

const readingColumns: Column<Reconciliation>[] = [
  { key: 'provider', label: 'Account', render: ({ provider }) => humanize(provider) },
  { key: 'status', label: 'Reading', place: 'side', render: ({ status }) => html`<${Chip} state=${status} />` },
  { key: 'explainedPpm', label: 'Explained', numeric: true, render: ({ explainedPpm }) => explainedPpm != null && percent(explainedPpm) },
  { key: 'lines', label: 'Lines', numeric: true, render: ({ lines }) => lines?.toLocaleString() ?? '–' },
  {
    key: 'differenceCount',
    label: 'Differences',
    numeric: true,
    render: ({ differenceCount }) => differenceCount?.toLocaleString() ?? '–',
  },
  { key: 'until', label: 'Read until', render: ({ until }) => html`<${Time} at=${until} />` },
  { key: 'lastError', label: 'Last error', render: ({ lastError }) => lastError },
]

const lineColumns = (onDone: () => void): Column<SettlementLine>[] => [
  { key: 'providerRef', label: 'Payment', render: ({ provider, ref, providerRef }) => `${humanize(provider)}, ${providerRef ?? ref}` },
  { key: 'amount', label: 'Amount', numeric: true, place: 'side', render: ({ amount }) => html`<${Amount} money=${amount} />` },
  { key: 'at', label: 'Time', place: 'bare', render: ({ at }) => html`<span class="faint"><${Time} at=${at} /></span>` },
  {
    key: 'state',
    label: 'State',
    place: 'bare',
    render: ({ state, lastError }) =>
      html`<${Chip} state=${state} text=${state === 'unmatched' ? 'Of nobody' : 'On its way back'} />${lastError && html` <span class="faint">${lastError}</span>`}`,
  },
  { key: 'actions', label: 'Actions', place: 'bare', render: (line) => html`<${LineActions} line=${line} onDone=${onDone} />` },
]

const differenceWords: Readonly<Record<string, string>> = {
  line_without_fact: 'Not in our books',
  fact_without_line: 'Not in the account',
  amount: 'The amounts differ',
  currency: 'The currencies differ',
}

const differenceColumns: Column<DifferenceRow>[] = [
  { key: 'kind', label: 'What', render: ({ kind }) => differenceWords[kind] ?? humanize(kind) },
  { key: 'ref', label: 'At the provider', render: ({ provider, ref }) => `${humanize(provider)}, ${ref}` },
  { key: 'ours', label: 'Ours', numeric: true, render: ({ ours }) => html`<${Amount} money=${ours} />` },
  { key: 'theirs', label: 'Theirs', numeric: true, render: ({ theirs }) => html`<${Amount} money=${theirs} />` },
  { key: 'order', label: 'Order', render: ({ order }) => order && html`<${RefLink} collection="orders" value=${order} />` },
]

const messageColumns = (onDone: () => void): Column<InboxMessage>[] => [
  {
    key: 'providerRef',
    label: 'Payment',
    render: ({ provider, eventId, providerRef }) => `${humanize(provider)}, ${providerRef ?? eventId}`,
  },
  {
    key: 'createdAt',
    label: 'Time',
    place: 'bare',
    render: ({ createdAt }) => html`<span class="faint"><${Time} at=${createdAt} /></span>`,
  },
  { key: 'actions', label: 'Actions', place: 'bare', render: (message) => html`<${MessageActions} message=${message} onDone=${onDone} />` },
]

const payoutColumns: Column<SettlementLine>[] = [
  { key: 'ref', label: 'Payout', render: ({ provider, payoutRef, ref }) => `${humanize(provider)}, ${payoutRef ?? ref}` },
  {
    key: 'amount',
    label: 'To the bank',
    numeric: true,
    place: 'side',
    render: ({ amount }) => formatMoney({ ...amount, amount: -amount.amount }),
  },
  { key: 'at', label: 'Time', place: 'bare', render: ({ at }) => html`<span class="faint"><${Time} at=${at} /></span>` },
]
