/** What staff do with the units of an order: send them, cancel them, take them back, hold them; and the notes that they write on it. */
import { html, useState, type View, type VNode } from '../../vendor/htm-preact.js'
import { formatMoney, humanize } from '../format.ts'
import { plainRecordPath } from '../routes.ts'
import { useMay } from '../schema.ts'
import type { Fulfillment, Line, LineUnits, Order, OrderReturn, Refund } from '../shapes.ts'
import { type Closing, ConfirmDeed, DeedDialog, TextField, useAmount, useDeed, useOpened } from '../ui/deed.ts'
import { Card, Chip, Time, textOf } from '../ui/parts.ts'
import { ExchangeUnits, exchangeWords } from './exchange-actions.ts'
import { all, at, backOf, ChooseUnits, type Chosen, type Counted, chosenLines, openBackOf, openOf, returnableOf } from './order-units.ts'

function canSend({ status, lines }: Order): boolean {
  return status === 'placed' && lines.some((line) => openOf(line) > 0)
}

type Settled = { order: Order; refunds: readonly Refund[] }

function SendUnits(props: Settled & Closing): VNode {
  const { order, refunds, onClose } = props
  const backUnits = (line: Counted) => openBackOf(line, backOf(line, order, refunds), worthOf(line, line.quantity, isTaxAdded(order)))
  const [chosen, setChosen] = useState(all(order, (line) => openOf(line) - backUnits(line)))
  const paidBack = order.lines.filter((line) => backUnits(line) > 0).map((line) => `${backUnits(line)} × ${line.title}`)
  const [carrier, setCarrier] = useState('')
  const [number, setNumber] = useState('')
  const deed = useDeed(props.onDone)
  const send = () => {
    const tracking = number.trim() === '' ? [] : [{ carrier: carrier.trim() || 'Carrier', number: number.trim() }]
    void deed.run(
      at(order, 'fulfillments'),
      { lines: chosenLines(chosen), tracking },
      'The parcel is written down, and the customer is told.',
    )
  }
  return html`<${DeedDialog} title="Send units" action="Send" deed=${deed} onSubmit=${send} onClose=${onClose}>
    <p class="faint">They leave the stock. What was authorized for them is captured where the shop does so at shipment.</p>
    ${paidBack.length > 0 && html`<p class="note">Given back before, and so not chosen: ${paidBack.join(', ')}.</p>`}
    <${ChooseUnits} id="send" lines=${order.lines} left=${openOf} chosen=${chosen} onChange=${setChosen} />
    <${TextField} id="send-carrier" label="Carrier" hint="optional, such as DHL" value=${carrier} onInput=${setCarrier} />
    <${TextField} id="send-number" label="Tracking number" hint="optional" value=${number} onInput=${setNumber} />
  <//>`
}

/** What units came to: their share of the line, tax with it where prices are net. */
function worthOf({ total, tax, quantity }: Counted, units: number, isAdded: boolean): number {
  return Math.round(((total.amount + (isAdded ? (tax?.amount ?? 0) : 0)) * units) / quantity)
}

/** The sum itself tells whether prices hold the tax or it is added to them. */
export function isTaxAdded({ totals: { subtotal, discount, shipping, total } }: Order): boolean {
  return subtotal.amount - Math.abs(discount.amount) + shipping.amount !== total.amount
}

/** And never more than is left of what was paid for the line. */
function leftWorth(line: Counted, units: number, { order, refunds }: Settled): number {
  const isAdded = isTaxAdded(order)
  const left = worthOf(line, line.quantity, isAdded) - backOf(line, order, refunds).amount
  return Math.max(0, Math.min(worthOf(line, units, isAdded), left))
}

function CancelUnits(props: Settled & Closing): VNode {
  const { order, onClose } = props
  const [chosen, setChosen] = useState<Chosen>({})
  const [reason, setReason] = useState('')
  const deed = useDeed(props.onDone)
  const lines = chosenLines(chosen)
  const worth = order.lines.reduce((sum, line) => sum + leftWorth(line, chosen[line.id] ?? 0, props), 0)
  const cancel = () => {
    const why = reason.trim() === '' ? {} : { reason: reason.trim() }
    void deed.run(at(order, 'cancel'), { lines, ...why }, 'The units are canceled, and the customer is told.')
  }
  return html`<${DeedDialog} title="Cancel units" action="Cancel units" deed=${deed} onSubmit=${cancel} onClose=${onClose}>
    <${ChooseUnits} id="cancel" lines=${order.lines} left=${openOf} chosen=${chosen} onChange=${setChosen} />
    <p class="note" role="status">
      ${
        lines.length === 0
          ? 'Choose what will not be sent.'
          : `${formatMoney({ ...order.total, amount: worth })} goes back, or is not charged where nothing was taken yet. Shipping stays. The units can be sold again.`
      }
    </p>
    <${TextField} id="cancel-reason" label="Reason" hint="optional, for staff" value=${reason} onInput=${setReason} />
  <//>`
}

/** Sends or cancels what is left. */
export function UnitDeeds({ order, refunds, onDone }: Settled & { onDone: () => void }): VNode | null {
  const may = useMay()
  const { opened, button, closing } = useOpened<'send' | 'cancel'>(onDone)
  if (!canSend(order)) return null
  return html`
    ${may('orders.fulfill') && button('send', 'Send units')} ${may('orders.cancel') && button('cancel', 'Cancel units')}
    ${opened === 'send' && html`<${SendUnits} order=${order} refunds=${refunds} ...${closing} />`}
    ${opened === 'cancel' && html`<${CancelUnits} order=${order} refunds=${refunds} ...${closing} />`}
  `
}

function AskBack(props: { order: Order } & Closing): VNode {
  const { order, onClose } = props
  const [chosen, setChosen] = useState<Chosen>({})
  const [reason, setReason] = useState('')
  const deed = useDeed(props.onDone)
  const ask = () => {
    const lines = chosenLines(chosen).map((line) => ({ ...line, reason: reason.trim() || 'other' }))
    void deed.run(at(order, 'returns'), { lines }, 'The return is written down.')
  }
  return html`<${DeedDialog} title="Take units back" action="Write down" deed=${deed} onSubmit=${ask} onClose=${onClose}>
    <${ChooseUnits} id="back" lines=${order.lines} left=${returnableOf} chosen=${chosen} onChange=${setChosen} />
    <${TextField} id="back-reason" label="Reason" value=${reason} onInput=${setReason} />
  <//>`
}

function titles(order: Order, lines: readonly LineUnits[]): View {
  return lines.map(
    ({ line, quantity }) =>
      html`<span key=${line} class="faint small">${quantity} × ${order.lines.find(({ id }) => id === line)?.title} </span>`,
  )
}

export function ParcelsCard({ order, parcels, onDone }: { order: Order; parcels: readonly Fulfillment[]; onDone: () => void }): VNode {
  return html`<${Card} title="Parcels" flush>
    ${parcels.length === 0 && html`<p class="none faint">Nothing was sent yet.</p>`}
    ${parcels.map(
      (parcel) => html`<article class="block" key=${parcel.id}>
        <header class="block-head">
          <a href=${plainRecordPath('fulfillments', parcel.id)}>Parcel</a>
          <${Chip} state=${parcel.status} />
          <span class="push faint small"><${Time} at=${parcel.createdAt} /></span>
        </header>
        <p>${titles(order, parcel.lines)}</p>
        ${parcel.tracking.map(
          ({ carrier, number, url }) => html`<p class="small" key=${number}>
            ${carrier} ${url === null ? number : html`<a href=${url} target="_blank" rel="noreferrer noopener">${number}</a>`}
          </p>`,
        )}
        <${ParcelActions} parcel=${parcel} onDone=${onDone} />
      </article>`,
    )}
  <//>`
}

function ParcelActions({ parcel, onDone }: { parcel: Fulfillment; onDone: () => void }): VNode | null {
  const may = useMay()
  const { opened, button, closing } = useOpened<'deliver' | 'cancel'>(onDone)
  const path = (verb: string) => `/api/fulfillments/${encodeURIComponent(parcel.id)}/${verb}`
  if (parcel.status !== 'shipped' || !may('fulfillments.deliver')) return null
  return html`<p class="deeds">
    ${button('deliver', 'It has arrived')} ${may('fulfillments.cancel') && button('cancel', 'It did not leave')}
    ${
      opened === 'deliver' &&
      html`<${ConfirmDeed} title="Has it arrived?" action="It has arrived" path=${path('deliver')} said="It has arrived." ...${closing}>
        The days in which it can be sent back count from now.
      <//>`
    }
    ${
      opened === 'cancel' &&
      html`<${ConfirmDeed} title="Did it not leave?" action="It did not leave" path=${path('cancel')} said="Its units are to be sent." ...${closing}>
        Its units are in stock again, sold and to be sent. Money that was captured stays so. The customer was told of the parcel, and is not told of this.
      <//>`
    }
  </p>`
}

export function ReturnsCard({ order, returns, onDone }: { order: Order; returns: readonly OrderReturn[]; onDone: () => void }): VNode {
  const may = useMay()
  const { opened, button, closing } = useOpened<'ask'>(onDone)
  const canAsk = order.lines.some((line) => returnableOf(line) > 0) && may('orders.return')
  return html`<${Card} title="Returns" flush>
    ${returns.length === 0 && html`<p class="none faint">Nothing was asked to be sent back.</p>`}
    ${returns.map(
      (one) => html`<article class="block" key=${one.id}>
        <header class="block-head">
          <a href=${plainRecordPath('returns', one.id)}>${one.isExchange ? 'Exchange' : 'Return'}</a>
          <${Chip} state=${one.status} />
          ${one.refunded && html`<span class="push">${formatMoney(one.refunded)}</span>`}
        </header>
        ${one.lines.map(
          ({ line, quantity, reason, received }) => html`<p class="small" key=${line}>
            ${titles(order, [{ line, quantity }])} ${reason}${received > 0 && html` · ${received} back`}
          </p>`,
        )}
        ${one.comment && html`<p class="quote">${one.comment}</p>`}
        ${one.isExchange && html`<p class="faint small">${exchangeWords(order, one)}</p>`}
        <${ReturnActions} order=${order} one=${one} onDone=${onDone} />
      </article>`,
    )}
    ${canAsk && html`<p class="deeds">${button('ask', 'Take units back')} <${ExchangeUnits} order=${order} onDone=${onDone} /></p>`}
    ${opened === 'ask' && html`<${AskBack} order=${order} ...${closing} />`}
  <//>`
}

type Judging = { order: Order; one: OrderReturn } & Closing

const returnPath = ({ id }: OrderReturn, verb: string) => `/api/returns/${encodeURIComponent(id)}/${verb}`

function ReturnActions({ order, one, onDone }: { order: Order; one: OrderReturn; onDone: () => void }): VNode | null {
  const may = useMay()
  const { opened, button, closing } = useOpened<'approve' | 'reject' | 'receive' | 'complete'>(onDone)
  const { status, lines } = one
  const isRest = lines.some(({ quantity, received }) => quantity > received)
  if (!may('returns.approve')) return null
  const dialogs = { approve: Approve, reject: Reject, receive: Receive, complete: Complete }
  const open = opened && dialogs[opened]
  return html`<p class="deeds">
    ${status === 'requested' && button('approve', 'Approve')}
    ${(status === 'requested' || status === 'approved') && button('reject', 'Reject')}
    ${(status === 'approved' || status === 'received') && isRest && button('receive', 'It is back')}
    ${status === 'received' && may('returns.complete') && button('complete', 'Settle the money')}
    ${open && html`<${open} order=${order} one=${one} ...${closing} />`}
  </p>`
}

function Approve({ one, onClose, onDone }: Judging): VNode {
  const [instructions, setInstructions] = useState('')
  const deed = useDeed(onDone)
  const approve = () => {
    const given = instructions.trim() === '' ? {} : { instructions: instructions.trim() }
    void deed.run(returnPath(one, 'approve'), given, 'The return is approved, and the customer is told.')
  }
  return html`<${DeedDialog} title="Approve the return" action="Approve" deed=${deed} onSubmit=${approve} onClose=${onClose}>
    <${TextField} id="approve-words" label="Where to send it, and what to write on it" hint="for the customer" value=${instructions} onInput=${setInstructions} />
  <//>`
}

function Reject({ one, onClose, onDone }: Judging): VNode {
  const [answer, setAnswer] = useState('')
  const deed = useDeed(onDone)
  const reject = () =>
    void deed.run(returnPath(one, 'reject'), answer.trim() === '' ? {} : { answer: answer.trim() }, 'The return is rejected.')
  return html`<${DeedDialog} title="Reject the return" action="Reject" deed=${deed} onSubmit=${reject} onClose=${onClose}>
    <${TextField} id="reject-words" label="Why" hint="for the customer" value=${answer} onInput=${setAnswer} />
  <//>`
}

function Receive({ order, one, onClose, onDone }: Judging): VNode {
  const left = ({ id }: Line) => {
    const own = one.lines.find(({ line }) => line === id)
    return own ? own.quantity - own.received : 0
  }
  const [chosen, setChosen] = useState(all(order, left))
  const [isRestocked, setRestocked] = useState(true)
  const deed = useDeed(onDone)
  const receive = () => {
    const lines = chosenLines(chosen).map((line) => ({ ...line, restock: isRestocked }))
    void deed.run(returnPath(one, 'receive'), { lines }, isRestocked ? 'The units are in stock.' : 'The units are written off.')
  }
  return html`<${DeedDialog} title="Units are back" action="They are back" deed=${deed} onSubmit=${receive} onClose=${onClose}>
    <${ChooseUnits} id="receive" lines=${order.lines} left=${left} chosen=${chosen} onChange=${setChosen} />
    <p class="field">
      <label><input type="checkbox" checked=${isRestocked} onInput=${() => setRestocked(!isRestocked)} /> They can be sold again</label>
    </p>
  <//>`
}

function Complete({ order, one, onClose, onDone }: Judging): VNode {
  const deduction = useAmount({ ...order.total, amount: 0 }, { isBound: false })
  const [answer, setAnswer] = useState('')
  const deed = useDeed(onDone)
  const complete = () => {
    const kept = deduction.field.value.trim() === '' ? undefined : deduction.read()
    if (deduction.field.value.trim() !== '' && kept === undefined) return
    const given = { ...(kept && { deduction: kept }), ...(answer.trim() !== '' && { answer: answer.trim() }) }
    void deed.run(returnPath(one, 'complete'), given, 'The return is settled, and the customer is told.')
  }
  return html`<${DeedDialog} title="Settle the money" action="Settle" deed=${deed} onSubmit=${complete} onClose=${onClose}>
    <p class="faint">What came back is given back at what was paid for it, and never more than there is.</p>
    <${TextField} id="settle-deduction" label="Deduct" hint=${`in ${order.total.currency}, nothing when empty`} ...${deduction.field} />
    <${TextField} id="settle-words" label="Why" hint="for the customer" value=${answer} onInput=${setAnswer} />
  <//>`
}

/** What holds the order back, and a note on it. */
export function OrderDeeds({ order, onDone }: { order: Order; onDone: () => void }): VNode | null {
  const may = useMay()
  const { opened, button, closing } = useOpened<'hold' | 'note' | 'withdraw' | `release ${string}`>(onDone)
  const [text, setText] = useState('')
  const [isShared, setShared] = useState(false)
  const deed = useDeed(closing.onDone)
  const hold = opened?.startsWith('release ') ? opened.slice('release '.length) : undefined
  const canHold = ['placed', 'pending_payment'].includes(order.status) && order.holds.length === 0 && may('orders.hold')
  const note = () =>
    void deed.run(at(order, 'notes'), { text: text.trim(), audience: isShared ? 'customer' : 'staff' }, 'The note is written.')
  return html`<p class="deeds">
    ${may('orders.note') && button('note', 'Write a note')} ${canHold && button('hold', 'Hold back')}
    ${order.isOffered === true && order.status === 'pending_payment' && may('orders.withdraw') && button('withdraw', 'Withdraw the offer')}
    ${may('orders.release') && order.holds.filter((one) => one !== 'disputed').map((one) => button(`release ${one}`, `Release: ${humanize(one).toLowerCase()}`))}
    ${opened === 'hold' && html`<${HoldOrder} order=${order} ...${closing} />`}
    ${hold && html`<${ReleaseOrder} order=${order} hold=${hold} ...${closing} />`}
    ${
      opened === 'withdraw' &&
      html`<${DeedDialog} title="Withdraw the offer?" action="Withdraw" deed=${deed} onClose=${closing.onClose}
        onSubmit=${() => void deed.run(at(order, 'withdraw'), {}, 'It is a draft again.')}>
        <p class="faint">Its link ends and its stock is free. It is a draft again, to be changed and offered anew.</p>
      <//>`
    }
    ${
      opened === 'note' &&
      html`<${DeedDialog} title="Write a note" action="Write" deed=${deed} onSubmit=${note} onClose=${closing.onClose}>
        <${TextField} id="note-text" label="Note" value=${text} onInput=${setText} />
        <p class="field">
          <label><input type="checkbox" checked=${isShared} onInput=${() => setShared(!isShared)} /> For the customer, who gets it by mail</label>
        </p>
      <//>`
    }
  </p>`
}

function HoldOrder({ order, onClose, onDone }: { order: Order } & Closing): VNode {
  const [hold, setHold] = useState('fraud')
  const deed = useDeed(onDone)
  const run = () => void deed.run(at(order, 'hold'), { hold }, 'The order is held back.')
  return html`<${DeedDialog} title="Hold the order back" action="Hold back" deed=${deed} onSubmit=${run} onClose=${onClose}>
    <div class="field">
      <label for="hold-why">Why</label>
      <select id="hold-why" value=${hold} onInput=${(event: Event) => setHold(textOf(event))}>
        ${['fraud', 'address', 'stock', 'other'].map((one) => html`<option key=${one} value=${one}>${humanize(one)}</option>`)}
      </select>
    </div>
  <//>`
}

function ReleaseOrder({ order, hold, onClose, onDone }: { order: Order; hold: string } & Closing): VNode {
  const deed = useDeed(onDone)
  const run = () => void deed.run(at(order, 'release'), { hold }, 'The order can be sent.')
  return html`<${DeedDialog} title="Release the order?" action="Release" deed=${deed} onSubmit=${run} onClose=${onClose}>
    <p class="faint">It is held: ${humanize(hold).toLowerCase()}. Release it once you have looked at it.</p>
  <//>`
}
