/** Exchanges: what comes back, what goes out for it, and the difference as the server reckons it before anything is sent. */
import { html, useEffect, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { formatMoney } from '../format.ts'
import { useMay } from '../schema.ts'
import type { Money, Order, OrderReturn } from '../shapes.ts'
import { type Closing, DeedDialog, TextField, useDeed, useOpened } from '../ui/deed.ts'
import { ErrorNote } from '../ui/parts.ts'
import { addedLines, pricedLines, type Wanted, WantedLines } from './draft-actions.ts'
import { at, ChooseUnits, type Chosen, chosenLines, returnableOf } from './order-units.ts'

type Quote = { worth: Money; added: Money }

// Whoever types a price asks once, not at each digit.
const typingMs = 300

/** Where an exchange stands, and what is to be done next. */
export function exchangeWords({ holds, lines }: Order, { status }: OrderReturn): string {
  const waits = holds.includes('exchange')
  const isOut = lines.every(({ quantity, ...line }) => {
    const { shipped = 0, canceled = 0 } = line as { shipped?: number; canceled?: number }
    return shipped + canceled >= quantity
  })
  switch (status) {
    case 'rejected':
      return 'It pays for nothing: what was added for it is owed.'
    case 'completed':
      if (holds.includes('payment_due')) return 'It is settled, and the difference is owed: make a payment link, or release the order.'
      return isOut ? 'It is settled, and what goes out for it was sent.' : 'It is settled: what goes out for it can be sent.'
    case 'received':
      return 'It is back. Settle the money: it pays for what goes out first.'
    default:
      return waits
        ? 'What goes out for it waits until it is back. Release the order to send before.'
        : 'What goes out for it can be sent already.'
  }
}

/** Beside what can be sent back. */
export function ExchangeUnits({ order, onDone }: { order: Order; onDone: () => void }): VNode | null {
  const may = useMay()
  const { opened, button, closing } = useOpened<'exchange'>(onDone)
  if (!may('orders.exchange')) return null
  return html`${button('exchange', 'Exchange units')} ${opened && html`<${ExchangeDialog} order=${order} ...${closing} />`}`
}

function ExchangeDialog({ order, onClose, onDone }: { order: Order } & Closing): VNode {
  const { currency } = order.total
  const [chosen, setChosen] = useState<Chosen>({})
  const [lines, setLines] = useState<readonly Wanted[]>([])
  const [reason, setReason] = useState('')
  const [instructions, setInstructions] = useState('')
  const deed = useDeed(onDone)
  const read = pricedLines(lines, currency)
  const back = chosenLines(chosen).map((line) => ({ ...line, reason: reason.trim() || 'other' }))
  const asked = { lines: back, add: addedLines(read.priced) }
  const isWhole = back.length > 0 && lines.length > 0 && read.wrong.size === 0
  // At the line it is said which price is none.
  const missing = read.wrong.size > 0 ? 'Give each price as an amount.' : 'Choose what comes back and what goes out.'
  const exchange = () => {
    if (read.wrong.size > 0) return
    const given = instructions.trim() === '' ? {} : { instructions: instructions.trim() }
    void deed.run(at(order, 'exchanges'), { ...asked, ...given }, 'The exchange is written down, and the customer is told.')
  }
  return html`<${DeedDialog} title="Exchange units" action="Exchange" deed=${deed} onSubmit=${exchange} onClose=${onClose}>
    <${ChooseUnits} id="exchange" legend="What comes back" lines=${order.lines} left=${returnableOf} chosen=${chosen} onChange=${setChosen} />
    <${TextField} id="exchange-reason" label="Reason" value=${reason} onInput=${setReason} />
    <${WantedLines} id="exchange" legend="What goes out for it" lines=${lines} wrong=${read.wrong} onChange=${setLines} />
    <${TextField} id="exchange-words" label="Where to send it, and what to write on it" hint="for the customer" value=${instructions} onInput=${setInstructions} />
    <${Difference} path=${at(order, 'exchanges/quote')} body=${isWhole ? JSON.stringify(asked) : ''} missing=${missing} />
  <//>`
}

/** What the server says that it comes to; of nothing whole, what is missing. */
function Difference({ path, body, missing }: { path: string; body: string; missing: string }): VNode {
  const [told, setTold] = useState<{ quote?: Quote; error?: unknown }>({})
  useEffect(() => {
    const leaving = new AbortController()
    const timer = setTimeout(() => {
      setTold({})
      if (body === '') return
      client
        .call<Quote>('POST', path, { body: JSON.parse(body), signal: leaving.signal })
        .then((quote) => setTold({ quote }))
        .catch((error: unknown) => !leaving.signal.aborted && setTold({ error }))
    }, typingMs)
    return () => {
      clearTimeout(timer)
      leaving.abort()
    }
  }, [body])
  if (told.error) return html`<${ErrorNote} error=${told.error} />`
  const { quote } = told
  return html`<div class="note" role="status">
    ${quote && body !== '' ? html`<div>${differenceWords(quote).map((text) => html`<p key=${text}>${text}</p>`)}</div>` : missing}
  </div>`
}

/** Pure. */
export function differenceWords({ worth, added }: Quote): string[] {
  const difference = added.amount - worth.amount
  const money = formatMoney({ ...added, amount: Math.abs(difference) })
  const then =
    difference === 0
      ? 'Nothing is owed, and nothing goes back.'
      : difference > 0
        ? `${money} is owed once it is back.`
        : `${money} goes back once it is back.`
  return [`What comes back was paid with ${formatMoney(worth)}; what goes out costs ${formatMoney(added)}.`, then]
}
