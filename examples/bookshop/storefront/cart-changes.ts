/** Owns the words for what has changed in a cart since it was last shown, and says that it was seen. */

import type { Cart, Money } from 'kingpost/client'
import { isActing } from './acting.ts'
import { h } from './dom.ts'
import { client, formatMoney } from './shop.ts'

type Change = {
  readonly code: string
  readonly title: string
  readonly before: Money | number | null
  readonly after: Money | number | null
}
type Changes = { readonly items: readonly Change[]; readonly mark: string }

const shown = (value: Change['before']) => (typeof value === 'object' && value !== null ? formatMoney(value) : String(value ?? 0))

const words: Readonly<Record<string, (change: Change) => string>> = {
  price_up: ({ title, before, after }) => `${title} costs ${shown(after)} now. It was ${shown(before)}.`,
  price_down: ({ title, before, after }) => `${title} costs only ${shown(after)} now. It was ${shown(before)}.`,
  gone: ({ title }) => `${title} is no longer sold.`,
  no_price: ({ title }) => `${title} has no price in this currency.`,
  back: ({ title }) => `${title} is sold again.`,
  out_of_stock: ({ title, after }) => (after === 0 ? `${title} is sold out.` : `Only ${shown(after)} of ${title} are left.`),
  in_stock: ({ title }) => `There is enough of ${title} again.`,
  shipping_price: ({ title, before, after }) => `${title} costs ${shown(after)} now. It was ${shown(before)}.`,
  discount_ended: ({ title }) => `The discount ${title} has ended.`,
}

/** Nothing where nothing has changed. It is shown once: leaving the page with it on the screen is having seen it. */
export async function drawChanges({ id }: Cart): Promise<HTMLElement | null> {
  const path = `/api/carts/${encodeURIComponent(id)}`
  const changes = await client.call<Changes>('GET', `${path}/changes`).catch(() => null)
  if (changes === null) return null
  // What support looks at, the customer has not seen.
  if (!isActing()) void client.call('POST', `${path}/seen`, { body: { mark: changes.mark } }).catch(() => null)
  const lines = changes.items.flatMap((change) => words[change.code]?.(change) ?? [])
  if (lines.length === 0) return null
  return h(
    'div',
    { class: 'banner', role: 'status' },
    h('p', {}, 'Since you last looked:'),
    h(
      'ul',
      {},
      lines.map((line) => h('li', {}, line)),
    ),
  )
}
