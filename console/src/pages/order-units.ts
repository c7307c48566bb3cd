/** Units of an order's lines: how many of them are where, and choosing some of them. */
import { html, type VNode } from '../../vendor/htm-preact.js'
import type { GivenBackLine, Line, LineUnits, Money, Order, Refund, UnitCounts } from '../shapes.ts'
import { textOf } from '../ui/parts.ts'

export type Counted = Line & UnitCounts & { tax?: Money }

export function openOf({ quantity, shipped = 0, canceled = 0 }: Counted): number {
  return quantity - shipped - canceled
}
export function returnableOf({ shipped = 0, returning = 0, returned = 0, isDigital = false }: Counted): number {
  return isDigital ? 0 : shipped - returning - returned
}

// As the server counts them (src/domains/orders/given-back.ts).
const counted = ['wanted', 'pending', 'succeeded', 'failed', 'settled']

/** What of a line was given back, or never charged. */
export function backOf(line: Counted, order: Order, refunds: readonly Refund[]): { units: number; amount: number } {
  const { uncharged, allowances } = order as Order & { readonly [name in 'uncharged' | 'allowances']?: readonly GivenBackLine[] | null }
  const refunded = refunds.filter(({ status }) => counted.includes(status)).flatMap(({ lines }) => lines ?? [])
  const own = [...refunded, ...(uncharged ?? []), ...(allowances ?? [])].filter((one) => one.line === line.id)
  const sum = (of: (one: GivenBackLine) => number) => own.reduce((all, one) => all + of(one), 0)
  return { units: sum(({ quantity = 0 }) => quantity), amount: sum(({ amount }) => amount.amount) }
}

/** Of the units that are neither sent nor canceled, those that were given back: they are not sent unless somebody chooses them. */
export function openBackOf(line: Counted, { units, amount }: { units: number; amount: number }, worth: number): number {
  if (worth > 0 && amount >= worth) return openOf(line)
  return Math.min(openOf(line), Math.max(0, units - (line.canceled ?? 0) - (line.returned ?? 0)))
}

/** `2 sent, 1 canceled`: where the units of a line are. */
export function whereabouts(line: Counted): string {
  const parts = [
    [line.shipped, 'sent'],
    [line.canceled, 'canceled'],
    [line.returning, 'on the way back'],
    [line.returned, 'back'],
  ] as const
  return parts
    .filter(([count]) => count)
    .map(([count, word]) => `${count} ${word}`)
    .join(', ')
}

export type Chosen = Readonly<Record<string, number>>
export const chosenLines = (chosen: Chosen): LineUnits[] =>
  Object.entries(chosen)
    .filter(([, quantity]) => quantity > 0)
    .map(([line, quantity]) => ({ line, quantity }))

export function ChooseUnits(props: {
  id: string
  legend?: string
  lines: readonly Counted[]
  left: (line: Counted) => number
  chosen: Chosen
  onChange: (chosen: Chosen) => void
}): VNode {
  return html`<fieldset class="field">
    <legend>${props.legend ?? 'Units'}</legend>
    ${props.lines
      .filter((line) => props.left(line) > 0)
      .map((line) => {
        const id = `${props.id}-${line.id}`
        const left = props.left(line)
        const choose = (event: Event) => props.onChange({ ...props.chosen, [line.id]: Number(textOf(event)) })
        return html`<p class="units" key=${line.id}>
          <label for=${id}>${line.title}</label>
          <select id=${id} value=${String(props.chosen[line.id] ?? 0)} onInput=${choose}>
            ${countsTo(left).map((count) => html`<option key=${count} value=${String(count)}>${`${count} of ${left}`}</option>`)}
          </select>
        </p>`
      })}
  </fieldset>`
}

/** Each up to a hundred, and all of them. */
function countsTo(left: number): number[] {
  const counts = Array.from({ length: Math.min(left, 100) + 1 }, (_, count) => count)
  return left > 100 ? [...counts, left] : counts
}

export const all = (order: Order, left: (line: Counted) => number): Chosen =>
  Object.fromEntries(order.lines.map((line) => [line.id, left(line)]))
export const at = (order: Order, rest: string) => `/api/orders/${encodeURIComponent(order.id)}/${rest}`
