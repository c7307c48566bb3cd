/** Owns what was sent of an order, and the way to send books back. The shop says what is possible: what is refused is shown as it says. */
import type { Money, Order } from 'kingpost/client'
import { h } from '../dom.ts'
import { banner, onSubmit } from '../forms.ts'
import { formatDay, formatMoney, type ShopClient } from '../shop.ts'

type Units = { readonly line: string; readonly quantity: number }
type Parcel = {
  readonly id: string
  readonly status: string
  readonly lines: readonly Units[]
  readonly tracking: readonly { readonly carrier: string; readonly number: string; readonly url: string | null }[]
  readonly createdAt: string
}
type Return = {
  readonly id: string
  readonly status: string
  readonly lines: readonly Units[]
  readonly instructions: string | null
  readonly answer: string | null
  readonly refunded: Money | null
}
type Counted = Order['lines'][number] & { readonly shipped?: number; readonly returning?: number; readonly returned?: number }

export type Sent = { readonly order: Order; readonly parcels: readonly Parcel[]; readonly returns: readonly Return[] }

export async function findSent(client: ShopClient, order: Order): Promise<Sent> {
  if (order.fulfillmentStatus === 'unfulfilled') return { order, parcels: [], returns: [] }
  const list = async <T>(name: string) =>
    (await client.call<{ items: T[] }>('GET', `/api/${name}?filter[order]=${encodeURIComponent(order.id)}&limit=100`)).items
  const [parcels, returns] = await Promise.all([list<Parcel>('fulfillments'), list<Return>('returns')])
  // What is digital lies in none: its downloads are shown beside.
  const isSent = ({ line }: Units) => order.lines.find(({ id }) => id === line)?.isDigital !== true
  const sent = parcels.map((parcel) => ({ ...parcel, lines: parcel.lines.filter(isSent) }))
  return { order, parcels: sent.filter(({ status, lines }) => status !== 'canceled' && lines.length > 0), returns }
}

export function drawSent({ order, parcels, returns }: Sent, client: ShopClient, reread: () => void): Node[] {
  if (parcels.length === 0) return []
  const titles = (units: readonly Units[]) =>
    units.map(({ line, quantity }) => `${quantity} × ${order.lines.find(({ id }) => id === line)?.title ?? ''}`).join(', ')
  return [
    h(
      'section',
      { class: 'parcels' },
      h('h2', {}, parcels.length === 1 ? 'Your parcel' : 'Your parcels'),
      h(
        'ul',
        {},
        parcels.map(({ lines, tracking, status, createdAt }) =>
          h(
            'li',
            {},
            `${status === 'delivered' ? 'Delivered' : 'Sent'} (${formatDay(createdAt)}): ${titles(lines)}`,
            tracking.map(({ carrier, number, url }) =>
              h(
                'span',
                { class: 'quiet' },
                ` ${carrier} `,
                url === null ? number : h('a', { href: url, rel: 'noreferrer noopener' }, number),
              ),
            ),
          ),
        ),
      ),
      returns.map(({ status, lines, instructions, answer, refunded }) =>
        h(
          'p',
          { class: 'quiet' },
          `Return of ${titles(lines)}: ${status}. `,
          status === 'approved' && instructions,
          (status === 'rejected' || status === 'completed') && answer,
          refunded !== null && status === 'completed' && ` ${formatMoney(refunded)} given back.`,
        ),
      ),
      ...drawAskBack(order, client, reread),
    ),
  ]
}

function drawAskBack(order: Order, client: ShopClient, reread: () => void): Node[] {
  const left = ({ shipped = 0, returning = 0, returned = 0 }: Counted) => shipped - returning - returned
  // What is digital is not sent back.
  const lines = order.lines.filter((line) => line.isDigital !== true && left(line) > 0)
  if (lines.length === 0) return []
  const problem = banner()
  const choices = lines.map((line) => {
    const counts = Array.from({ length: left(line) + 1 }, (_, count) => h('option', { value: String(count) }, String(count)))
    return { line: line.id, title: line.title, select: h('select', { name: line.id }, counts) }
  })
  const reason = h('input', { name: 'reason', required: true, maxlength: '200', autocomplete: 'off' })
  const form = h(
    'form',
    { class: 'retry' },
    choices.map(({ title, select }) => h('label', {}, title, ' ', select)),
    h('label', {}, 'Why? ', reason),
    problem,
    h('button', { class: 'button is-quiet is-wide', type: 'submit' }, 'Ask to send them back'),
  )
  onSubmit(form, problem, async () => {
    const units = choices.map(({ line, select }) => ({ line, quantity: Number(select.value), reason: reason.value.trim() }))
    const body = { lines: units.filter(({ quantity }) => quantity > 0) }
    await client.call('POST', `/api/orders/${encodeURIComponent(order.id)}/returns`, { body })
    reread()
  })
  return [h('details', { class: 'other-way' }, h('summary', {}, 'Send books back'), form)]
}
