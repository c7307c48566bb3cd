/** What ends money of nobody, and webhooks of nothing. */
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { formatMoney } from '../format.ts'
import { useMay } from '../schema.ts'
import type { InboxMessage, SettlementLine } from '../shapes.ts'
import { type Closing, ConfirmDeed, DeedDialog, TextField, useDeed, useOpened } from '../ui/deed.ts'
import { textOf } from '../ui/parts.ts'
import { RefPicker } from '../ui/ref-picker.ts'

type OfLine = { readonly line: SettlementLine } & Closing
const pathOf = ({ id }: SettlementLine) => `/api/settlementLines/${encodeURIComponent(id)}`

/** Its payment is asked for at the provider, and counts for the order from then on. */
function AssignLine({ line, onClose, onDone }: OfLine): VNode {
  const { provider, providerRef, amount } = line
  const [order, setOrder] = useState('')
  const deed = useDeed(onDone)
  const assign = () =>
    deed.run(
      `/api/orders/${encodeURIComponent(order || '-')}/adopt-payment`,
      { provider, providerRef },
      'The payment belongs to the order.',
    )
  return html`<${DeedDialog} title="Assign to an order" action="Assign" deed=${deed} onSubmit=${() => order !== '' && assign()} onClose=${onClose}>
    <p class="faint">${`${formatMoney(amount)} pay for the order. What is too much goes back.`}</p>
    <div class="field">
      <label for="assign-order">Order <span class="faint">by its number</span></label>
      <${RefPicker} id="assign-order" collection="orders" many=${false} value=${order} invalid=${false} onChange=${setOrder} />
    </div>
  <//>`
}

function ReturnLine({ line, ...closing }: OfLine): VNode {
  return html`<${ConfirmDeed}
    title="Give this money back?"
    action="Give back"
    path=${`${pathOf(line)}/return`}
    said="It is on its way back."
    ...${closing}
  >
    ${formatMoney(line.amount)} go back the way they came. The line is settled once the refund shows in the account.
  <//>`
}

function SettleLine({ line, onClose, onDone }: OfLine): VNode {
  const [as, setAs] = useState('kept')
  const [note, setNote] = useState('')
  const deed = useDeed(onDone)
  return html`<${DeedDialog}
    title="Say what became of it"
    action="Settle"
    deed=${deed}
    onSubmit=${() => deed.run(`${pathOf(line)}/settle`, { as, note: note.trim() }, 'The line is settled.')}
    onClose=${onClose}
  >
    <div class="field">
      <label for="settle-as">What became of it</label>
      <select id="settle-as" value=${as} onInput=${(event: Event) => setAs(textOf(event))}>
        <option value="kept">It is kept, and is income</option>
        <option value="given_back">It was given back by other means</option>
      </select>
    </div>
    <${TextField} id="settle-line-note" label="Why" hint="for whoever looks at the books later" value=${note} onInput=${setNote} />
  <//>`
}

export function LineActions({ line, onDone }: { line: SettlementLine; onDone: () => void }): VNode | null {
  const may = useMay()
  const { opened, button, closing } = useOpened<'assign' | 'return' | 'settle'>(onDone)
  if (line.state !== 'unmatched') return null
  const isPayment = line.kind === 'payment' && line.providerRef !== null && line.amount.amount > 0
  const given = { line, ...closing }
  return html`<span class="row-actions">
    ${isPayment && may('orders.adoptPayment') && button('assign', 'Assign')}
    ${isPayment && may('settlementLines.return') && button('return', 'Give back')}
    ${may('settlementLines.settle') && button('settle', 'Settle')}
    ${opened === 'assign' && html`<${AssignLine} ...${given} />`} ${opened === 'return' && html`<${ReturnLine} ...${given} />`}
    ${opened === 'settle' && html`<${SettleLine} ...${given} />`}
  </span>`
}

export function MessageActions({ message, onDone }: { message: InboxMessage; onDone: () => void }): VNode | null {
  const may = useMay()
  const [note, setNote] = useState('')
  const { opened, button, closing } = useOpened<'settle'>(onDone)
  const deed = useDeed(closing.onDone)
  if (!may('webhookInbox.settle')) return null
  const settle = () =>
    deed.run(`/api/webhookInbox/${encodeURIComponent(message.id)}/settle`, { note: note.trim() }, 'The webhook is settled.')
  return html`<span class="row-actions">
    ${button('settle', 'Settle')}
    ${
      opened &&
      html`<${DeedDialog} title="Say what it was" action="Settle" deed=${deed} onSubmit=${settle} onClose=${closing.onClose}>
        <${TextField} id="settle-webhook-note" label="What it was" hint="for whoever looks later" value=${note} onInput=${setNote} />
      <//>`
    }
  </span>`
}
