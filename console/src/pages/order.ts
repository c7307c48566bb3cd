/** The one place for an order: everything that belongs to it, live, and what can be done with it. */

import { ApiError, type Change } from '/client/index.ts'
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { addressLines, humanize, recordLabel } from '../format.ts'
import { useLive } from '../live.ts'
import { useLoad } from '../loading.ts'
import { base, historyPath, plainRecordPath } from '../routes.ts'
import { useCollection, useMay } from '../schema.ts'
import {
  type Address,
  type Fulfillment,
  letterFields,
  type Money,
  type Order,
  type OrderNote,
  type OrderReturn,
  type Page,
} from '../shapes.ts'
import { type OrderFile, timelineOf } from '../timeline.ts'
import { useOpened } from '../ui/deed.ts'
import { Amount, Card, Chip, Confirm, ErrorNote, PageHead, Skeleton, Time } from '../ui/parts.ts'
import { RefLink } from '../ui/ref-link.ts'
import { Timeline } from '../ui/timeline-view.ts'
import { toast } from '../ui/toast.ts'
import { PaymentLink } from './credit-actions.ts'
import { DraftDeeds } from './draft-actions.ts'
import { InvoicesCard } from './invoice-actions.ts'
import { MailCard } from './letters.ts'
import { EffectsCard, LedgerCard, PaymentsCard, StockCard } from './order-parts.ts'
import { whereabouts } from './order-units.ts'
import { OwnFields } from './own-fields.ts'
import { isTaxAdded, OrderDeeds, ParcelsCard, ReturnsCard, UnitDeeds } from './parcel-actions.ts'
import { leftOf, RefundOrder } from './payment-actions.ts'

interface LoadedOrder {
  file: OrderFile
  /** Parts that could not be loaded; the rest of the page stands without them. */
  failed: unknown[]
}

type Has = { readonly refunds: boolean; readonly invoices: boolean }

async function loadOrder(id: string, has: Has, signal: AbortSignal): Promise<LoadedOrder> {
  const failed: unknown[] = []
  const part = async <T>(collection: string, field: string, fields = ''): Promise<T[]> => {
    const query = new URLSearchParams({ [`filter[${field}]`]: id, limit: '200' })
    if (fields !== '') query.set('fields', fields)
    try {
      return (await client.call<Page<T>>('GET', `/api/${collection}?${query}`, { signal })).items
    } catch (error) {
      if (!signal.aborted) failed.push(error)
      return []
    }
  }
  const [order, payments, facts, refunds, disputes, entries, reservations, emails, effects, fulfillments, returns, notes, invoices] =
    await Promise.all([
      client.collection<Order>('orders').get(id, {}, { signal }),
      part<OrderFile['payments'][number]>('payments', 'order'),
      part<OrderFile['facts'][number]>('paymentFacts', 'order'),
      has.refunds ? part<OrderFile['refunds'][number]>('refunds', 'order') : [],
      has.refunds ? part<OrderFile['disputes'][number]>('disputes', 'order') : [],
      part<OrderFile['entries'][number]>('ledgerEntries', 'order'),
      part<OrderFile['reservations'][number]>('reservations', 'order'),
      part<OrderFile['emails'][number]>('emails', 'record', letterFields.join()),
      part<OrderFile['effects'][number]>('effects', 'record'),
      part<Fulfillment>('fulfillments', 'order'),
      part<OrderReturn>('returns', 'order'),
      part<OrderNote>('orderNotes', 'order'),
      has.invoices ? part<OrderFile['invoices'][number]>('invoices', 'order') : [],
    ])
  return {
    file: { order, payments, facts, refunds, disputes, entries, reservations, emails, effects, fulfillments, returns, notes, invoices },
    failed,
  }
}

function concerns(change: Change, id: string): boolean {
  if (change.collection === 'orders') return change.id === id
  // Without the record (a deletion) it cannot be told, and loading once more does no harm.
  return !change.record || change.record.order === id || change.record.record === id
}

export function OrderPage({ id }: { id: string }): VNode {
  const has = { refunds: useCollection('refunds') !== undefined, invoices: useCollection('invoices') !== undefined }
  const loaded = useLoad(id, (signal) => loadOrder(id, has, signal))
  const [canceling, setCanceling] = useState(false)
  const may = useMay()
  useLive((change) => concerns(change, id), loaded.reload)
  const back = { href: `${base}/orders`, text: 'Orders' }
  if (!loaded.data) {
    return html`
      <${PageHead} title="Order" back=${back} />
      <${ErrorNote} error=${loaded.error} retry=${loaded.reload} />
      ${!loaded.error && html`<div class="card"><${Skeleton} lines=${10} /></div>`}
    `
  }
  const { file, failed } = loaded.data
  const { order } = file
  const cancelText = order.status === 'draft' ? 'Withdraw the draft' : 'Cancel order'
  const canCancel = ['draft', 'pending_payment', 'placed'].includes(order.status) && order.fulfillmentStatus === 'unfulfilled'
  const left = ['draft', 'pending_payment'].includes(order.status) ? undefined : leftOf(file.payments, file.refunds)
  return html`
    <${PageHead}
      title=${`Order ${recordLabel({ ...order, email: undefined })}`}
      back=${back}
      beside=${html`<span class="chips">
        <${Chip} state=${order.status} />${order.paymentStatus !== 'none' && html`<${Chip} state=${order.paymentStatus} />`}<${Chip} state=${order.fulfillmentStatus} />
        ${order.holds.map((hold) => html`<${Chip} key=${hold} state=${hold} tone="bad" />`)}
      </span>`}
      actions=${html`
        <a class="button" href=${plainRecordPath('orders', id)}>All fields</a>
        <a class="button" href=${historyPath('orders', id)}>History</a>
        <${DraftDeeds} order=${order} onDone=${loaded.reload} />
        <${PaymentLink} order=${order} />
        <${UnitDeeds} order=${order} refunds=${file.refunds} onDone=${loaded.reload} />
        ${left && may('orders.refund') && html`<${GiveBack} order=${order} left=${left} onDone=${loaded.reload} />`}
        ${canCancel && may('orders.cancel') && html`<button type="button" class="button" onClick=${() => setCanceling(true)}>${cancelText}</button>`}
      `}
    />
    <${ErrorNote} error=${loaded.error ?? failed[0]} retry=${loaded.reload} />
    <div class="order-grid">
      <div class="stack">
        <${LinesCard} order=${order} />
        <${ParcelsCard} order=${order} parcels=${file.fulfillments} onDone=${loaded.reload} />
        <${ReturnsCard} order=${order} returns=${file.returns} onDone=${loaded.reload} />
        <${PaymentsCard}
          payments=${file.payments}
          facts=${file.facts}
          refunds=${file.refunds}
          disputes=${file.disputes}
          onDone=${loaded.reload}
        />
        ${has.invoices && html`<${InvoicesCard} order=${order} invoices=${file.invoices} onDone=${loaded.reload} />`}
        <${LedgerCard} entries=${file.entries} />
        <${StockCard} reservations=${file.reservations} lines=${order.lines} />
        <${MailCard} emails=${file.emails} onDone=${loaded.reload} />
        <${EffectsCard} effects=${file.effects} onDone=${loaded.reload} />
      </div>
      <div class="stack">
        <${CustomerCard} order=${order} />
        <${OwnFields} order=${order} onDone=${loaded.reload} />
        <${OrderDeeds} order=${order} onDone=${loaded.reload} />
        <${Card} title="What happened"><${Timeline} items=${timelineOf(file)} /><//>
      </div>
    </div>
    ${canceling && html`<${CancelOrder} order=${order} onDone=${loaded.reload} onClose=${() => setCanceling(false)} />`}
  `
}

function GiveBack({ order, left, onDone }: { order: Order; left: Money; onDone: () => void }): VNode {
  const { opened, button, closing } = useOpened<'refund'>(onDone)
  return html`${button('refund', 'Give money back')} ${opened && html`<${RefundOrder} order=${order} left=${left} ...${closing} />`}`
}

const totalRows = ['subtotal', 'discount', 'shipping', 'tax', 'total'] as const

function LinesCard({ order }: { order: Order }): VNode {
  return html`<${Card} title="Lines" flush>
    <table class="plain">
      <tbody>
        ${order.lines.map(
          (line) => html`<tr key=${line.id}>
            <td class="grow">
              ${line.title}
              ${whereabouts(line) !== '' && html`<br /><span class="faint small">${whereabouts(line)}</span>`}
            </td>
            <td class="numeric faint nowrap">${line.quantity} × <${Amount} money=${line.unitPrice} /></td>
            <td class="numeric"><${Amount} money=${line.total} /></td>
          </tr>`,
        )}
      </tbody>
      <tfoot>
        ${totalRows.map((name) => {
          const money = order.totals[name]
          // A shop without discounts or tax need not read "Discount 0" on each order.
          if ((name === 'discount' || name === 'tax') && money.amount === 0) return null
          return html`<tr key=${name} class=${name === 'total' ? 'grand' : ''}>
            <td colspan="2">${name === 'tax' && !isTaxAdded(order) ? 'Tax included' : humanize(name)}</td>
            <td class="numeric"><${Amount} money=${money} /></td>
          </tr>`
        })}
      </tfoot>
    </table>
  <//>`
}

function CustomerCard({ order }: { order: Order }): VNode {
  const shipping = order.addresses.shipping
  const billing = order.addresses.billing
  const same = JSON.stringify(shipping) === JSON.stringify(billing)
  return html`<${Card} title="Customer">
    <p>
      ${order.email ? html`<a href=${`mailto:${order.email}`}>${order.email}</a>` : html`<span class="faint">No e-mail given</span>`}
      ${order.accountEmail && html`<br /><a href=${`mailto:${order.accountEmail}`}>${order.accountEmail}</a>`}
      <br />
      <span class="faint">
        ${order.customer ? html`Account <${RefLink} collection="users" value=${order.customer} />` : 'Guest'}
        ${order.placedAt && html` · placed <${Time} at=${order.placedAt} />`}
      </span>
    </p>
    ${order.note && html`<p class="quote">${order.note}</p>`}
    <div class="addresses">
      <${AddressBlock} title=${same ? 'Shipping and billing' : 'Shipping'} address=${shipping} />
      ${!same && html`<${AddressBlock} title="Billing" address=${billing} />`}
    </div>
  <//>`
}

function AddressBlock({ title, address }: { title: string; address: Address }): VNode {
  return html`<address>
    <h3>${title}</h3>
    ${addressLines(address).map((line) => html`<div key=${line}>${line}</div>`)}
  </address>`
}

function CancelOrder(props: { order: Order; onDone: () => void; onClose: () => void }): VNode {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(undefined)
  const stale = error instanceof ApiError && error.status === 412
  const isDraft = props.order.status === 'draft'
  const cancel = async () => {
    setBusy(true)
    setError(undefined)
    try {
      await client.orders.cancel(props.order.id, { ifMatch: client.etagOf(props.order) })
      toast(isDraft ? 'The draft is withdrawn.' : 'The order is canceled.')
      props.onClose()
      props.onDone()
    } catch (cause) {
      setError(cause)
      setBusy(false)
      if (cause instanceof ApiError && cause.status === 412) props.onDone()
    }
  }
  return html`<${Confirm}
    title=${isDraft ? 'Withdraw this draft?' : 'Cancel this order?'}
    action=${isDraft ? 'Withdraw' : 'Cancel order'}
    keep=${isDraft ? 'Keep the draft' : 'Keep the order'}
    busy=${busy}
    error=${stale ? undefined : error}
    onConfirm=${cancel}
    onClose=${props.onClose}
  >
    ${
      stale
        ? html`<p class="note wait" role="alert">Someone changed this order meanwhile. Its newest state is loaded now: look at it, then confirm again.</p>`
        : isDraft
          ? html`<p>Nothing is held for it, and its customer hears nothing.</p>`
          : html`<p>Its stock becomes available again. Money that was authorized is released; money that was captured is refunded.</p>`
    }
  <//>`
}
