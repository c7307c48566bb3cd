/** What staff do with the money of an order: give it back, capture it, give it up, book what came in by hand. */
import { html, useState, type View, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { formatMoney, moneyDecimal, parseMoney } from '../format.ts'
import { useMay } from '../schema.ts'
import type { Dispute, Line, Money, Order, Payment, Refund } from '../shapes.ts'
import { Confirm, Dialog, ErrorNote, textOf } from '../ui/parts.ts'
import { toast } from '../ui/toast.ts'

/** One request at a time, its error, and what is said once it is done. */
function useDeed(done: () => void) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(undefined)
  const run = async (path: string, body: object, said: string) => {
    setBusy(true)
    setError(undefined)
    try {
      await client.call('POST', path, { body })
      toast(said)
      done()
    } catch (cause) {
      setError(cause)
      setBusy(false)
    }
  }
  return { busy, error, run }
}

type Closing = { readonly onClose: () => void; readonly onDone: () => void }

function Field(props: {
  id: string
  label: View
  problem?: string
  value: string
  onInput: (text: string) => void
  inputmode?: string
}): VNode {
  const { id, label, problem, value, onInput, inputmode = 'text' } = props
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <input
      id=${id}
      type="text"
      inputmode=${inputmode}
      autocomplete="off"
      value=${value}
      aria-invalid=${problem ? 'true' : undefined}
      aria-describedby=${problem ? `${id}-problem` : undefined}
      onInput=${(event: Event) => onInput(textOf(event))}
    />
    ${problem && html`<p class="field-error" id=${`${id}-problem`}>${problem}</p>`}
  </div>`
}

function Actions({ action, busy, onClose }: { action: string; busy: boolean; onClose: () => void }): VNode {
  return html`<div class="form-actions">
    <button type="submit" class="button primary" disabled=${busy}>${action}</button>
    <button type="button" class="button" onClick=${onClose}>Cancel</button>
  </div>`
}

/** What was typed as an amount of at most so much; nothing typed is all of it. */
function readAmount(text: string, most: Money): Money | string {
  if (text.trim() === '') return most
  const amount = parseMoney(text, most.currency)
  if (amount === undefined || amount.amount <= 0) return `Give an amount such as ${moneyDecimal(most)}.`
  return amount.amount > most.amount ? `At most ${formatMoney(most)}.` : amount
}

/** Gives money of an order back: an amount, or so many units of its lines. */
export function RefundOrder(props: { order: Order; left: Money } & Closing): VNode {
  const { order, left } = props
  const [text, setText] = useState('')
  const [units, setUnits] = useState<Readonly<Record<string, number>>>({})
  const [reason, setReason] = useState('')
  const [problem, setProblem] = useState('')
  const { busy, error, run } = useDeed(props.onDone)
  const lines = Object.entries(units).filter(([, quantity]) => quantity > 0)
  const give = async (event: Event) => {
    event.preventDefault()
    const why = reason.trim() === '' ? {} : { reason: reason.trim() }
    const path = `/api/orders/${encodeURIComponent(order.id)}/refunds`
    if (lines.length > 0)
      return await run(path, { lines: lines.map(([line, quantity]) => ({ line, quantity })), ...why }, 'The refund is on its way.')
    const amount = readAmount(text, left)
    if (typeof amount === 'string') return setProblem(amount)
    await run(path, { amount, ...why }, 'The refund is on its way.')
  }
  return html`<${Dialog} title="Give money back" onClose=${props.onClose}>
    <form class="form" onSubmit=${give} novalidate>
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
        html`<${Field}
          id="refund-amount"
          label=${html`Or an amount <span class="faint">${`in ${left.currency}, all when empty`}</span>`}
          inputmode="decimal"
          problem=${problem}
          value=${text}
          onInput=${(typed: string) => {
            setText(typed)
            setProblem('')
          }}
        />`
      }
      <${Field} id="refund-reason" label=${html`Reason <span class="faint">optional</span>`} value=${reason} onInput=${setReason} />
      <${ErrorNote} error=${error} />
      <${Actions} action="Give back" busy=${busy} onClose=${props.onClose} />
    </form>
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
  const { payment, left } = props
  const [text, setText] = useState('')
  const [problem, setProblem] = useState('')
  const { busy, error, run } = useDeed(props.onDone)
  const take = async (event: Event) => {
    event.preventDefault()
    const amount = readAmount(text, left)
    if (typeof amount === 'string') return setProblem(amount)
    await run(`/api/payments/${encodeURIComponent(payment.id)}/capture`, { amount }, 'The money is taken.')
  }
  return html`<${Dialog} title="Capture the payment" onClose=${props.onClose}>
    <form class="form" onSubmit=${take} novalidate>
      <p class="faint">${`${formatMoney(left)} is authorized.`}</p>
      <${Field}
        id="capture-amount"
        label=${html`Amount <span class="faint">${`in ${left.currency}, all when empty`}</span>`}
        inputmode="decimal"
        problem=${problem}
        value=${text}
        onInput=${(typed: string) => {
          setText(typed)
          setProblem('')
        }}
      />
      <${ErrorNote} error=${error} />
      <${Actions} action="Capture" busy=${busy} onClose=${props.onClose} />
    </form>
  <//>`
}

/** Books what came in by bank transfer, in cash or for an invoice. */
function BookReceipt(props: { payment: Payment; left: Money } & Closing): VNode {
  const { payment, left } = props
  const [text, setText] = useState('')
  const [reference, setReference] = useState('')
  const [problem, setProblem] = useState('')
  const { busy, error, run } = useDeed(props.onDone)
  const book = async (event: Event) => {
    event.preventDefault()
    const amount = text.trim() === '' ? left : parseMoney(text, left.currency)
    if (amount === undefined || amount.amount <= 0) return setProblem(`Give an amount such as ${moneyDecimal(left)}.`)
    await run(`/api/payments/${encodeURIComponent(payment.id)}/receipt`, { amount, reference: reference.trim() }, 'The receipt is booked.')
  }
  return html`<${Dialog} title="Book what came in" onClose=${props.onClose}>
    <form class="form" onSubmit=${book} novalidate>
      <${Field}
        id="receipt-amount"
        label=${html`Amount <span class="faint">${`in ${left.currency}, ${moneyDecimal(left)} when empty`}</span>`}
        inputmode="decimal"
        problem=${problem}
        value=${text}
        onInput=${(typed: string) => {
          setText(typed)
          setProblem('')
        }}
      />
      <${Field}
        id="receipt-reference"
        label=${html`Reference <span class="faint">such as the number of the bank statement and the line: one is booked once</span>`}
        value=${reference}
        onInput=${setReference}
      />
      <${ErrorNote} error=${error} />
      <${Actions} action="Book" busy=${busy} onClose=${props.onClose} />
    </form>
  <//>`
}

function GiveUp(props: { payment: Payment } & Closing): VNode {
  const { busy, error, run } = useDeed(props.onDone)
  return html`<${Confirm}
    title="Give this payment up?"
    action="Give up"
    busy=${busy}
    error=${error}
    onConfirm=${() => run(`/api/payments/${encodeURIComponent(props.payment.id)}/void`, {}, 'The payment is given up.')}
    onClose=${props.onClose}
  >
    <p>What was authorized and not captured is released. The customer is charged nothing more by it.</p>
  <//>`
}

const handMade = ['bank-transfer', 'cash-on-delivery', 'invoice']
type Deed = 'capture' | 'receipt' | 'void'

/** The buttons of a payment, by how it stands and what its viewer may do. */
export function PaymentActions({ payment, onDone }: { payment: Payment; onDone: () => void }): VNode | null {
  const may = useMay()
  const [open, setOpen] = useState<Deed | undefined>(undefined)
  const { amount, captured, capturable } = payment
  if (!amount) return null
  const missing = { ...amount, amount: amount.amount - (captured?.amount ?? 0) }
  const isByHand = handMade.some((name) => payment.provider === name)
  const canCapture = !isByHand && (capturable?.amount ?? 0) > 0 && may('payments.capture')
  const canBook = isByHand && missing.amount > 0 && may('payments.receipt')
  const canGiveUp = ((capturable?.amount ?? 0) > 0 || payment.status === 'requires_action') && may('payments.void')
  const close = () => setOpen(undefined)
  const done = () => {
    close()
    onDone()
  }
  const button = (deed: Deed, text: string) =>
    html`<button type="button" class="button small" onClick=${() => setOpen(deed)}>${text}</button>`
  if (!canCapture && !canBook && !canGiveUp) return null
  return html`<p class="deeds">
    ${canCapture && button('capture', 'Capture')} ${canBook && button('receipt', 'Book what came in')} ${canGiveUp && button('void', 'Give up')}
    ${open === 'capture' && capturable && html`<${CapturePayment} payment=${payment} left=${capturable} onClose=${close} onDone=${done} />`}
    ${open === 'receipt' && html`<${BookReceipt} payment=${payment} left=${missing} onClose=${close} onDone=${done} />`}
    ${open === 'void' && html`<${GiveUp} payment=${payment} onClose=${close} onDone=${done} />`}
  </p>`
}

/** What can be given back of an order: captured, and neither given back, on its way nor disputed. */
export function leftOf(payments: readonly Payment[], refunds: readonly Refund[]): Money | undefined {
  const left = payments.map((payment) => {
    const taken = refunds.filter(
      ({ payment: of, status }) => of === payment.id && ['wanted', 'pending', 'failed', 'settled'].includes(status),
    )
    const claimed = taken.reduce((sum, { amount }) => sum + (amount?.amount ?? 0), 0)
    const kept = (payment.captured?.amount ?? 0) - (payment.refunded?.amount ?? 0) - (payment.disputed?.amount ?? 0) - claimed
    return { amount: kept, currency: payment.amount?.currency ?? '' }
  })
  const most = left.toSorted((a, b) => b.amount - a.amount)[0]
  return most !== undefined && most.amount > 0 ? most : undefined
}

/** A refund that failed: tried again, or settled by other means. */
export function RefundActions({ refund, onDone }: { refund: Refund; onDone: () => void }): VNode | null {
  const may = useMay()
  const [isSettling, setSettling] = useState(false)
  const [note, setNote] = useState('')
  const retry = useDeed(onDone)
  const settle = useDeed(() => {
    setSettling(false)
    onDone()
  })
  const path = `/api/refunds/${encodeURIComponent(refund.id)}`
  if (refund.status !== 'failed') return null
  const again = () => retry.run(`${path}/retry`, {}, 'The refund is tried again.')
  return html`<span class="deeds">
    ${may('refunds.retry') && html`<button type="button" class="button small" disabled=${retry.busy} onClick=${again}>Try again</button>`}
    ${may('refunds.settle') && html`<button type="button" class="button small" onClick=${() => setSettling(true)}>Settle by hand</button>`}
    <${ErrorNote} error=${retry.error} />
    ${
      isSettling &&
      html`<${Dialog} title="Settle the refund" onClose=${() => setSettling(false)}>
        <form
          class="form"
          novalidate
          onSubmit=${(event: Event) => {
            event.preventDefault()
            void settle.run(`${path}/settle`, { note: note.trim() }, 'The refund is settled.')
          }}
        >
          <p class="faint">The customer has the money by other means. Say how, for whoever looks at the books later.</p>
          <${Field} id="settle-note" label="How it was given back" value=${note} onInput=${setNote} />
          <${ErrorNote} error=${settle.error} />
          <${Actions} action="Settle" busy=${settle.busy} onClose=${() => setSettling(false)} />
        </form>
      <//>`
    }
  </span>`
}

/** A dispute of a provider that never says that one is lost: those that do say until when to object. */
export function DisputeActions({ dispute, onDone }: { dispute: Dispute; onDone: () => void }): VNode | null {
  const may = useMay()
  const [isOpen, setOpen] = useState(false)
  const close = () => setOpen(false)
  const { busy, error, run } = useDeed(() => {
    close()
    onDone()
  })
  const isLeftOpen = ['needs_response', 'under_review'].includes(dispute.status) && !dispute.evidenceDueAt
  if (!isLeftOpen || !may('disputes.accept')) return null
  return html`<span class="deeds">
    <button type="button" class="button small" onClick=${() => setOpen(true)}>It is lost</button>
    ${
      isOpen &&
      html`<${Confirm}
        title="Is this dispute lost?"
        action="It is lost"
        busy=${busy}
        error=${error}
        onConfirm=${() => run(`/api/disputes/${encodeURIComponent(dispute.id)}/accept`, {}, 'The loss is booked.')}
        onClose=${close}
      >
        <p>The loss is booked. Should the bank give the money back all the same, that is booked too.</p>
      <//>`
    }
  </span>`
}
