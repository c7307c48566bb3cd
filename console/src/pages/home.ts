/** The first look of the day: the counts that ask for something, and what came last. */
import { html, useMemo, type View, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { countText, recordLabel } from '../format.ts'
import { useLive } from '../live.ts'
import { useList, useLoad } from '../loading.ts'
import { emptyListState, formatListState, type ListState, listRequest } from '../query-state.ts'
import { base, collectionPath, recordPath } from '../routes.ts'
import { useWorkspace } from '../schema.ts'
import { type Email, emailListFields, type Order, type Page } from '../shapes.ts'
import { EmailRow } from '../ui/email-row.ts'
import { Icon, type IconName } from '../ui/icons.ts'
import { Amount, Card, Chip, Empty, ErrorNote, PageHead, Skeleton } from '../ui/parts.ts'

interface Tile {
  title: string
  icon: IconName
  collection: string
  state: ListState
  /** Something to act on, as soon as there is one. */
  alarm: boolean
}

/** `soon`: by when somebody must act on what ends. */
function tilesOf(today: string, soon: string): Tile[] {
  const only = (field: string, op: 'eq' | 'gte' | 'lte' | 'in', value: string): ListState => ({
    ...emptyListState(),
    filters: [{ field, op, value }],
  })
  return [
    {
      title: 'Placed today',
      icon: 'orders',
      collection: 'orders',
      state: { ...emptyListState(), filters: [{ field: 'placedAt', op: 'gte', value: today }, standing] },
      alarm: false,
    },
    {
      title: 'Awaiting payment',
      icon: 'card',
      collection: 'orders',
      state: only('status', 'eq', 'pending_payment'),
      alarm: false,
    },
    {
      title: 'Authorizations ending',
      icon: 'card',
      collection: 'payments',
      state: only('capturableUntil', 'lte', soon),
      alarm: true,
    },
    {
      title: 'Dead effects',
      icon: 'effects',
      collection: 'effects',
      state: only('state', 'eq', 'dead'),
      alarm: true,
    },
    {
      title: 'Failed mails',
      icon: 'mail',
      collection: 'emails',
      state: only('status', 'in', 'failed,bounced'),
      alarm: true,
    },
  ]
}

// Neither waiting for a payment nor taken back: the list below has those too, and says so.
const standing = { field: 'status', op: 'in', value: 'placed,completed' } as const

function startOfToday(): string {
  const now = new Date()
  return new Date(now.getFullYear(), now.getMonth(), now.getDate()).toISOString()
}

/** As long before as staff are told by mail, unless the config says otherwise. */
function inTwoDays(): string {
  return new Date(Date.now() + 2 * 86_400_000).toISOString()
}

export function HomePage(): VNode {
  const { user, collections } = useWorkspace()
  const has = (name: string) => collections.some((collection) => collection.name === name)
  const tiles = useMemo(() => tilesOf(startOfToday(), inTwoDays()), []).filter((tile) => has(tile.collection))
  const own = collections.filter((collection) => !collection.system)
  const hour = new Date().getHours()
  const greeting = hour < 5 || hour > 17 ? 'Good evening' : hour < 12 ? 'Good morning' : 'Good afternoon'
  return html`
    <${PageHead} title=${user.name ? `${greeting}, ${user.name.split(' ')[0]}` : greeting} />
    <div class="tiles">${tiles.map((tile) => html`<${CountTile} key=${tile.title} tile=${tile} />`)}</div>
    <div class="columns">
      ${has('orders') && html`<${LatestOrders} />`}
      ${has('emails') && html`<${LatestMail} />`}
    </div>
    ${
      own.length > 0 &&
      html`<${Card} title="Your data">
        <div class="link-grid">
          ${own.map(({ name, title }) => html`<a key=${name} href=${collectionPath(name)}>${title}<${Icon} name="right" size=${16} /></a>`)}
        </div>
      <//>`
    }
  `
}

function CountTile({ tile }: { tile: Tile }): VNode {
  const query = listRequest({ ...tile.state, count: true }, { limit: 1 })
  const loaded = useLoad(`${tile.collection}${query}`, (signal) =>
    client.call<Page<unknown>>('GET', `/api/${tile.collection}${query}`, { signal }),
  )
  useLive((change) => change.collection === tile.collection, loaded.reload)
  const count = loaded.data?.count
  return html`<a
    class="tile ${tile.alarm && count ? 'alarm' : ''}"
    href=${collectionPath(tile.collection) + formatListState(tile.state)}
  >
    <span class="tile-head"><${Icon} name=${tile.icon} />${tile.title}</span>
    <span class="tile-count">${loaded.error ? '?' : loaded.data ? countText(loaded.data) : '…'}</span>
  </a>`
}

function Latest(props: {
  title: string
  href: string
  list: { data: unknown[] | undefined; error: unknown; reload: () => void }
  empty: View
  children?: View
}): VNode {
  const { list } = props
  return html`<${Card} title=${props.title} flush aside=${html`<a href=${props.href}>All</a>`}>
    <${ErrorNote} error=${list.error} retry=${list.reload} />
    ${!list.data && !list.error && html`<${Skeleton} lines=${5} />`}
    ${list.data?.length === 0 && props.empty}
    <ul class="rows">${props.children}</ul>
  <//>`
}

const newest: ListState = { ...emptyListState(), sort: '-createdAt' }

function LatestOrders(): VNode {
  const list = useList<Order>('orders', newest, { pageSize: 6 })
  useLive((change) => change.collection === 'orders', list.reload)
  const empty = html`<${Empty} icon="orders" title="No orders yet">The first checkout will appear here by itself.<//>`
  return html`<${Latest} title="Latest orders" href=${`${base}/orders`} list=${list} empty=${empty}>
    ${list.data?.map(
      (order) => html`<li key=${order.id}>
        <a class="row" data-row href=${recordPath('orders', order.id)}>
          <span class="row-main"><b>${recordLabel({ ...order })}</b><span class="faint">${order.email ?? ''}</span></span>
          <span class="row-side"><${Amount} money=${order.totals?.total} /><${Chip} state=${order.status} /></span>
        </a>
      </li>`,
    )}
  <//>`
}

function LatestMail(): VNode {
  const list = useList<Email>('emails', newest, { pageSize: 6, fields: emailListFields })
  useLive((change) => change.collection === 'emails', list.reload)
  const empty = html`<${Empty} icon="mail" title="No mail yet">Receipts and replies will appear here.<//>`
  return html`<${Latest} title="Latest mail" href=${`${base}/mail`} list=${list} empty=${empty}>
    ${list.data?.map((email) => html`<${EmailRow} key=${email.id} email=${email} />`)}
  <//>`
}
