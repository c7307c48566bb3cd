/** The files of an order. Each link is good for a while; the page brings new ones. */
import { h } from './dom.ts'
import type { ShopClient } from './shop.ts'

type Download = {
  readonly title: string
  readonly file: { readonly name: string; readonly size: number }
  readonly state: 'open' | 'unpaid' | 'held' | 'ended' | 'used_up'
  readonly url: string | null
  readonly left: number | null
}

const why: Readonly<Record<Exclude<Download['state'], 'open'>, string>> = {
  unpaid: 'It can be downloaded once it is paid.',
  held: 'We are looking at this order. Please wait, or write to us.',
  ended: 'What it cost went back to you, so it can be downloaded no more.',
  used_up: 'It was downloaded as often as it may be. Write to us if something went wrong.',
}

/** None where they cannot be read. */
export async function findDownloads(client: ShopClient, order: string): Promise<readonly Download[]> {
  const answer = await client.call<{ items: Download[] }>('GET', `/api/orders/${encodeURIComponent(order)}/downloads`).catch(() => null)
  return answer?.items ?? []
}

export function drawDownloads(given: readonly Download[]): Node[] {
  if (given.length === 0) return []
  return [
    h(
      'section',
      { class: 'invoices', 'aria-label': 'Downloads' },
      h('h2', {}, 'Downloads'),
      h('ul', { class: 'plain' }, given.map(drawOne)),
    ),
  ]
}

function drawOne({ title, file, state, url, left }: Download): HTMLElement {
  const size = `${Math.max(1, Math.round(file.size / 1_000)).toLocaleString('en')} kB`
  if (state !== 'open' || url === null)
    return h('li', {}, h('p', {}, title), h('p', { class: 'quiet' }, state === 'open' ? '' : why[state]))
  const rest = left === null ? '' : left === 1 ? ', once more' : `, ${left} times more`
  return h('li', {}, h('a', { class: 'button is-quiet', href: url, download: file.name }, `Download ${title} (${size}${rest})`))
}
