/** What the customer and the shop have written to each other about an order, for the account whose confirmed address it went to. */
import { h } from './dom.ts'
import { formatDay, type ShopClient } from './shop.ts'

interface OrderLetter {
  id: string
  at: string
  direction: 'in' | 'out'
  text: string
}

/** None where it cannot be read: the order is shown all the same. */
export async function findLetters(client: ShopClient, order: string): Promise<readonly OrderLetter[]> {
  const path = `/api/orders/${encodeURIComponent(order)}/letters`
  return (await client.call<{ items: OrderLetter[] }>('GET', path).catch(() => ({ items: [] }))).items
}

export function drawLetters(letters: readonly OrderLetter[]): HTMLElement[] {
  if (letters.length === 0) return []
  return [
    h(
      'section',
      { class: 'letters', 'aria-label': 'Letters' },
      h('h2', {}, 'Letters'),
      letters.map(({ at, direction, text }) =>
        h(
          'article',
          { class: `letter ${direction}` },
          h('p', { class: 'quiet' }, `${direction === 'in' ? 'You' : 'The shop'}, ${formatDay(at)}`),
          h('p', { class: 'letter-text' }, text),
        ),
      ),
    ),
  ]
}
