/** All orders, newest first. */
import { html, type VNode } from '../../vendor/htm-preact.js'
import { recordLabel } from '../format.ts'
import { base, recordPath } from '../routes.ts'
import type { Order } from '../shapes.ts'
import { Amount, Chip, PageHead, Time } from '../ui/parts.ts'
import { RecordList } from '../ui/record-list.ts'
import type { Column } from '../ui/table.ts'
import { MakeOrder } from './draft-actions.ts'

const columns: Column<Order>[] = [
  {
    key: 'number',
    label: 'Order',
    sortable: true,
    render: (order) => recordLabel({ ...order, email: undefined }),
  },
  { key: 'email', label: 'Customer', place: 'bare', render: (order) => order.email ?? '' },
  {
    key: 'status',
    label: 'Status',
    place: 'bare',
    render: (order) => html`<${Chip} state=${order.status} />`,
  },
  {
    key: 'paymentStatus',
    label: 'Payment',
    place: 'bare',
    render: (order) => order.paymentStatus !== 'none' && html`<${Chip} state=${order.paymentStatus} />`,
  },
  {
    key: 'fulfillmentStatus',
    label: 'Fulfillment',
    place: 'bare',
    render: (order) => html`<${Chip} state=${order.fulfillmentStatus} />`,
  },
  {
    key: 'total',
    label: 'Total',
    sortable: true,
    numeric: true,
    place: 'side',
    render: (order) => html`<${Amount} money=${order.totals?.total} />`,
  },
  {
    key: 'createdAt',
    label: 'Time',
    sortable: true,
    place: 'bare',
    render: (order) => {
      const at = order.placedAt ?? order.createdAt
      return at ? html`<span class="faint"><${Time} at=${at} /></span>` : '–'
    },
  },
]

const chips = [
  {
    field: 'status',
    label: 'Order status',
    options: ['draft', 'pending_payment', 'placed', 'completed', 'canceled', 'expired'],
  },
]

export function OrdersPage(): VNode {
  return html`
    <${PageHead} title="Orders" actions=${html`<a class="button" href=${`${base}/orders/transfer`}>Import, export</a><${MakeOrder} />`} />
    <${RecordList}
      collection="orders"
      columns=${columns}
      href=${(order: Order) => recordPath('orders', order.id)}
      sort="-createdAt"
      chips=${chips}
      empty=${{ icon: 'orders', title: 'No orders yet', text: 'Check out a cart in the storefront: the order appears here by itself.' }}
    />
  `
}
