/** What staff do with gift cards and store credit: issue a card, block it, give credit to a customer; and the link to pay an order by. */
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { useCollection, useMay } from '../schema.ts'
import type { Money, Order, RecordData } from '../shapes.ts'
import { type Closing, DeedDialog, TextField, useAmount, useDeed } from '../ui/deed.ts'
import { textOf } from '../ui/parts.ts'
import { SecretOnce } from '../ui/secret-once.ts'

/** What the shop sells in. */
function useNothing(): Money {
  const price = useCollection('products')?.fields.find(({ name }) => name === 'price')
  return { amount: 0, currency: price?.currency ?? 'EUR' }
}

/** Beside the list of gift cards. */
export function IssueGiftCard(): VNode | null {
  const may = useMay()
  const [isOpen, setOpen] = useState(false)
  const [code, setCode] = useState<string | null>(null)
  if (!may('giftCards.issue')) return null
  const done = (made: string | null) => {
    setOpen(false)
    setCode(made)
  }
  return html`
    <button type="button" class="button primary" onClick=${() => setOpen(true)}>Issue a gift card</button>
    ${isOpen && html`<${IssueDialog} onClose=${() => setOpen(false)} onDone=${done} />`}
    ${code && html`<${CodeOnce} code=${code} onKept=${() => setCode(null)} />`}
  `
}

function CodeOnce({ code, onKept }: { code: string; onKept: () => void }): VNode {
  return html`<div class="issued"><${SecretOnce} secret=${code} onKept=${onKept}>
    The code of the gift card. Whoever has it can spend it: give it to nobody but whom it is for.
  <//></div>`
}

function IssueDialog({ onClose, onDone }: { onClose: () => void; onDone: (code: string | null) => void }): VNode {
  const nothing = useNothing()
  const amount = useAmount(nothing, { isBound: false })
  const [email, setEmail] = useState('')
  const [message, setMessage] = useState('')
  const [day, setDay] = useState('')
  const [isPaid, setPaid] = useState(false)
  const deed = useDeed((answer) => onDone((answer as { code: string | null }).code))
  const issue = () => {
    const value = amount.read()
    if (value === undefined) return
    const body = {
      value,
      ...(email.trim() === '' ? {} : { email: email.trim() }),
      ...(message.trim() === '' ? {} : { message: message.trim() }),
      // To the end of that day, wherever its holder is.
      ...(day === '' ? {} : { expiresAt: `${day}T23:59:59Z` }),
      ...(isPaid && { isPaid }),
    }
    void deed.run('/api/giftCards', body, email.trim() === '' ? 'The gift card is issued.' : 'The gift card is on its way.')
  }
  return html`<${DeedDialog} title="Issue a gift card" action="Issue" deed=${deed} onSubmit=${issue} onClose=${onClose}>
    <${TextField} id="card-value" label="Value" hint=${`in ${nothing.currency}`} ...${amount.field} />
    <${TextField} id="card-email" label="Send it to" hint="an address; without one the code is shown here" value=${email} onInput=${setEmail} />
    <${TextField} id="card-message" label="Message" hint="optional, for the mail" value=${message} onInput=${setMessage} />
    <div class="field">
      <label for="card-day">Last day <span class="faint">for ever when empty</span></label>
      <input id="card-day" type="date" value=${day} onInput=${(event: Event) => setDay(textOf(event))} />
    </div>
    <label class="choice">
      <input type="checkbox" checked=${isPaid} onInput=${() => setPaid(!isPaid)} /> <span>It was paid for, at the till or by bank transfer</span>
    </label>
  <//>`
}

/** Beside one gift card. */
export function GiftCardActions({ record, onDone }: { record: RecordData; onDone: () => void }): VNode | null {
  const may = useMay()
  const deed = useDeed(onDone)
  const path = `/api/giftCards/${encodeURIComponent(record.id)}`
  const button = (text: string, deedName: string, said: string) =>
    html`<button type="button" class="button" disabled=${deed.busy} onClick=${() => deed.run(`${path}/${deedName}`, {}, said)}>${text}</button>`
  if (record['status'] === 'active') return may('giftCards.block') ? button('Block', 'block', 'Nobody can spend it.') : null
  if (record['status'] === 'blocked') return may('giftCards.unblock') ? button('Unblock', 'unblock', 'It can be spent again.') : null
  return null
}

/** Beside an account. */
export function GiveCredit({ id }: { id: string }): VNode | null {
  const may = useMay()
  const [isOpen, setOpen] = useState(false)
  const close = () => setOpen(false)
  if (!may('credit.give')) return null
  return html`
    <button type="button" class="button" onClick=${() => setOpen(true)}>Give credit</button>
    ${isOpen && html`<${CreditDialog} id=${id} onClose=${close} onDone=${close} />`}
  `
}

function CreditDialog({ id, onClose, onDone }: { id: string } & Closing): VNode {
  const nothing = useNothing()
  const amount = useAmount(nothing, { isBound: false })
  const [reason, setReason] = useState('')
  const deed = useDeed(onDone)
  const give = () => {
    const given = amount.read()
    if (given)
      void deed.run(`/api/users/${encodeURIComponent(id)}/credit`, { amount: given, reason: reason.trim() }, 'The credit is given.')
  }
  return html`<${DeedDialog} title="Give store credit" action="Give" deed=${deed} onSubmit=${give} onClose=${onClose}>
    <p class="faint">They can spend it here, and read the reason.</p>
    <${TextField} id="credit-amount" label="Amount" hint=${`in ${nothing.currency}`} ...${amount.field} />
    <${TextField} id="credit-reason" label="Reason" value=${reason} onInput=${setReason} />
  <//>`
}

/** Of an order that something may be open of: the server knows. */
export function PaymentLink({ order }: { order: Order }): VNode | null {
  const may = useMay()
  const [isOpen, setOpen] = useState(false)
  const [isMailed, setMailed] = useState(false)
  const [url, setUrl] = useState<string | null>(null)
  const deed = useDeed((answer) => {
    setOpen(false)
    setUrl((answer as { url: string }).url)
  })
  const isPaid =
    ['paid', 'partially_refunded', 'refunded', 'overcharged'].includes(order.paymentStatus) && !order.holds.includes('payment_due')
  const isClosed = order.status === 'expired' || order.status === 'canceled'
  // What an exchange leaves open is known once what it replaces is back.
  if (isPaid || isClosed || order.holds.includes('exchange') || !may('orders.makePaymentLink')) return null
  const make = () =>
    deed.run(
      `/api/orders/${encodeURIComponent(order.id)}/payment-link`,
      { mail: isMailed },
      isMailed ? 'The link is on its way.' : 'The link is made.',
    )
  return html`
    <button type="button" class="button" onClick=${() => setOpen(true)}>Payment link</button>
    ${
      isOpen &&
      html`<${DeedDialog} title="A link to pay by" action="Make the link" deed=${deed} onSubmit=${make} onClose=${() => setOpen(false)}>
        <p class="faint">Whoever has it pays what is open, in the next three days, and sees nothing else of the order. A former link ends.</p>
        <label class="choice">
          <input type="checkbox" checked=${isMailed} onInput=${() => setMailed(!isMailed)} /> <span>${`Send it to ${order.email}`}</span>
        </label>
      <//>`
    }
    ${url && html`<div class="issued"><${SecretOnce} secret=${url} onKept=${() => setUrl(null)}>Send it to whoever pays.<//></div>`}
  `
}
