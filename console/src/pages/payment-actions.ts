/** What staff do with the money of an order: give it back, capture it, give it up, book what came in by hand. */
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { formatMoney, moneyDecimal } from '../format.ts'
import { useMay } from '../schema.ts'
import type { Dispute, Line, Money, Order, Payment, Refund } from '../shapes.ts'
import { type Closing, ConfirmDeed, DeedDialog, TextField, useAmount, useDeed, useOpened } from '../ui/deed.ts'
import { ErrorNote, textOf } from '../ui/parts.ts'

/** Gives money of an order back: an amount, or so many units of its lines. */
export function RefundOrder(props: { order: Order; left: Money } & Closing): VNode {
  const { order, left, onClose } = props
  const amount = useAmount(left, { isBound: true })
  const [units, setUnits] = useState<Readonly<Record<string, number>>>({})
  const [reason, setReason] = useState('')
  const deed = useDeed(props.onDone)
  const lines = Object.entries(units).filter(([, quantity]) => quantity > 0)
  const give = () => {
    const what = lines.length > 0 ? { lines: lines.map(([line, quantity]) => ({ line, quantity })) } : { amount: amount.read() }
    if ('amount' in what && what.amount === undefined) return
    const why = reason.trim() === '' ? {} : { reason: reason.trim() }
    void deed.run(`/api/orders/${encodeURIComponent(order.id)}/refunds`, { ...what, ...why }, 'The refund is on its way.')
  }
  return html`<${DeedDialog} title="Give money back" action="Give back" deed=${deed} onSubmit=${give} onClose=${onClose}>
    <p class="faint">${`At most ${formatMoney(left)} can be given back.`}</p>
    <fieldset class="field">
      <legend>Units</legend>
      ${order.lines.map((line) => {
        const change = (count: number) => setUnits({ ...units, [line.id]: count })
        return html`<${UnitsOf} key=${line.id} line=${line} value=${units[line.id] ?? 0} onChange=${change} />`
      })}
    </fieldset>
    ${
      lines.length === 0 &&
      html`<${TextField} id="refund-amount" label="Or an amount" hint=${`in ${left.currency}, all when empty`} ...${amount.field} />`
    }
    <${TextField} id="refund-reason" label="Reason" hint="optional" value=${reason} onInput=${setReason} />
  <//>`
}

function UnitsOf({ line, value, onChange }: { line: Line; value: number; onChange: (count: number) => void }): VNode {
  const id = `refund-${line.id}`
  return html`<p class="units">
    <label for=${id}>${line.title}</label>
    <select id=${id} value=${String(value)} onInput=${(event: Event) => onChange(Number(textOf(event)))}>
      ${Array.from({ length: Math.min(line.quantity, 100) + 1 }, (_, count) => html`<option key=${count} value=${String(count)}>${`${count} of ${line.quantity}`}</option>`)}
    </select>
  </p>`
}

/** Takes what was authorized, or a part of it. */
function CapturePayment(props: { payment: Payment; left: Money } & Closing): VNode {
  const { payment, left, onClose } = props
  const amount = useAmount(left, { isBound: true })
  const deed = useDeed(props.onDone)
  const take = () => {
    const given = amount.read()
    if (given) void deed.run(`/api/payments/${encodeURIComponent(payment.id)}/capture`, { amount: given }, 'The money is taken.')
  }
  return html`<${DeedDialog} title="Capture the payment" action="Capture" deed=${deed} onSubmit=${take} onClose=${onClose}>
    <p class="faint">${`${formatMoney(left)} is authorized. Some providers give up what you leave: Stripe always does.`}</p>
    <${TextField} id="capture-amount" label="Amount" hint=${`in ${left.currency}, all when empty`} ...${amount.field} />
  <//>`
}

/** Books what came in by bank transfer, in cash or for an invoice. */
function BookReceipt(props: { payment: Payment; left: Money } & Closing): VNode {
  const { payment, left, onClose } = props
  const amount = useAmount(left, { isBound: false })
  const [reference, setReference] = useState('')
  const deed = useDeed(props.onDone)
  const book = () => {
    const given = { amount: amount.read(), reference: reference.trim() }
    if (given.amount) void deed.run(`/api/payments/${encodeURIComponent(payment.id)}/receipt`, given, 'The receipt is booked.')
  }
  return html`<${DeedDialog} title="Book what came in" action="Book" deed=${deed} onSubmit=${book} onClose=${onClose}>
    <${TextField} id="receipt-amount" label="Amount" hint=${`in ${left.currency}, ${moneyDecimal(left)} when empty`} ...${amount.field} />
    <${TextField}
      id="receipt-reference"
      label="Reference"
      hint="such as the number of the bank statement and the line: one is booked once"
      value=${reference}
      onInput=${setReference}
    />
  <//>`
}

function GiveUp({ payment, ...closing }: { payment: Payment } & Closing): VNode {
  return html`<${ConfirmDeed}
    title="Give this payment up?"
    action="Give up"
    path=${`/api/payments/${encodeURIComponent(payment.id)}/void`}
    said="The payment is given up."
    ...${closing}
  >
    What was authorized and not captured is released. The customer is charged nothing more by it.
  <//>`
}

const handMade = ['bank-transfer', 'cash-on-delivery', 'invoice']

/** The buttons of a payment, by how it stands and what its viewer may do. */
export function PaymentActions({ payment, onDone }: { payment: Payment; onDone: () => void }): VNode | null {
  const may = useMay()
  const { opened, button, closing } = useOpened<'capture' | 'receipt' | 'void'>(onDone)
  const { amount, captured, capturable } = payment
  if (!amount) return null
  const missing = { ...amount, amount: amount.amount - (captured?.amount ?? 0) }
  const isByHand = handMade.some((name) => payment.provider === name)
  const canCapture = !isByHand && (capturable?.amount ?? 0) > 0 && may('payments.capture')
  const canBook = isByHand && missing.amount > 0 && may('payments.receipt')
  const canGiveUp = ((capturable?.amount ?? 0) > 0 || payment.status === 'requires_action') && may('payments.void')
  if (!canCapture && !canBook && !canGiveUp) return null
  return html`<p class="deeds">
    ${canCapture && button('capture', 'Capture')} ${canBook && button('receipt', 'Book what came in')} ${canGiveUp && button('void', 'Give up')}
    ${opened === 'capture' && capturable && html`<${CapturePayment} payment=${payment} left=${capturable} ...${closing} />`}
    ${opened === 'receipt' && html`<${BookReceipt} payment=${payment} left=${missing} ...${closing} />`}
    ${opened === 'void' && html`<${GiveUp} payment=${payment} ...${closing} />`}
  </p>`
}

/** What can be given back of an order: captured, and neither given back, on its way nor disputed. */
export function leftOf(payments: readonly Payment[], refunds: readonly Refund[]): Money | undefined {
  const left = payments.map((payment) => {
    const taken = refunds.filter(
      ({ payment: of, status }) => of === payment.id && ['wanted', 'pending', 'failed', 'settled'].includes(status),
    )
    const claimed = taken.reduce((sum, { amount }) => sum + (amount?.amount ?? 0), 0)
    return (payment.captured?.amount ?? 0) - (payment.refunded?.amount ?? 0) - (payment.disputed?.amount ?? 0) - claimed
  })
  const amount = left.reduce((sum, of) => sum + Math.max(0, of), 0)
  const currency = payments[0]?.amount?.currency
  return amount > 0 && currency !== undefined ? { amount, currency } : undefined
}

/** A refund that failed: tried again, or settled by other means. */
export function RefundActions({ refund, onDone }: { refund: Refund; onDone: () => void }): VNode | null {
  const may = useMay()
  const { opened, button, closing } = useOpened<'settle'>(onDone)
  const [note, setNote] = useState('')
  const retry = useDeed(onDone)
  const settle = useDeed(closing.onDone)
  const path = `/api/refunds/${encodeURIComponent(refund.id)}`
  if (refund.status !== 'failed') return null
  const again = () => retry.run(`${path}/retry`, {}, 'The refund is tried again.')
  return html`<span class="deeds">
    ${may('refunds.retry') && html`<button type="button" class="button small" disabled=${retry.busy} onClick=${again}>Try again</button>`}
    ${may('refunds.settle') && button('settle', 'Settle by hand')}
    <${ErrorNote} error=${retry.error} />
    ${
      opened &&
      html`<${DeedDialog}
        title="Settle the refund"
        action="Settle"
        deed=${settle}
        onSubmit=${() => settle.run(`${path}/settle`, { note: note.trim() }, 'The refund is settled.')}
        onClose=${closing.onClose}
      >
        <p class="faint">The customer has the money by other means. Say how, for whoever looks at the books later.</p>
        <${TextField} id="settle-note" label="How it was given back" value=${note} onInput=${setNote} />
      <//>`
    }
  </span>`
}

/** A dispute of a provider that never says that one is lost: those that do say until when to object. */
export function DisputeActions({ dispute, onDone }: { dispute: Dispute; onDone: () => void }): VNode | null {
  const may = useMay()
  const { opened, button, closing } = useOpened<'accept'>(onDone)
  const isLeftOpen = ['needs_response', 'under_review'].includes(dispute.status) && !dispute.evidenceDueAt
  if (!isLeftOpen || !may('disputes.accept')) return null
  return html`<span class="deeds">
    ${button('accept', 'It is lost')}
    ${
      opened &&
      html`<${ConfirmDeed}
        title="Is this dispute lost?"
        action="It is lost"
        path=${`/api/disputes/${encodeURIComponent(dispute.id)}/accept`}
        said="The loss is booked."
        ...${closing}
      >
        The loss is booked. Should the bank give the money back all the same, that is booked too.
      <//>`
    }
  </span>`
}
