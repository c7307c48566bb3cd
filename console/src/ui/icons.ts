/** The console's few icons, drawn on a 20 px grid with the text's colour. */
import { html, type VNode } from '../../vendor/htm-preact.js'

const paths = {
  home: 'M3.5 9.5 10 4l6.5 5.5V16h-4.5v-4h-4v4H3.5z',
  orders: 'M4.5 6.5h11l-.8 9.5H5.3zM7.2 8.5V6a2.8 2.8 0 0 1 5.6 0v2.5',
  inbox: 'M3 11.5 5.5 4h9L17 11.5V16H3zM3 11.5h4l1 2h4l1-2h4',
  mail: 'M3 5.5h14v9.5H3zM3 6l7 5.5L17 6',
  effects: 'M11 2.5 5 11h4.5L9 17.5 15 9h-4.5z',
  figures: 'M3 17h14M5 14v-4M10 14V4M15 14V8',
  ledger: 'M10 3.5v13M5.5 16.5h9M4 6h12M4 6l-2 5h4zM16 6l-2 5h4z',
  settlement: 'M3 6.5h14M3 6.5l3.5-3M3 6.5l3.5 3M17 13.5H3M17 13.5l-3.5-3M17 13.5l-3.5 3',
  invoice: 'M5 2.5h7.5L15.5 5.5v12H5zM12 2.5V6h3.5M7.5 9h5.5M7.5 12h5.5M10.5 15h2.5',
  gift: 'M3 7h14v3H3zM4.5 10v6.5h11V10M10 7v9.5M10 7C8.5 3 5 3.5 6 6c.4 1 2 1 4 1zM10 7c1.5-4 5-3.5 4-1-.4 1-2 1-4 1z',
  discount: 'M4 16 16 4M6 8.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM14 16.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z',
  prices: 'M3 3h7l7 7-7 7-7-7zM6.5 6.5h.01',
  webhooks: 'M3.5 10h9M9 6l4 4-4 4M13.5 4H17v12h-3.5',
  people:
    'M7.5 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2 16.5c0-3 2.5-5 5.5-5s5.5 2 5.5 5M13 4a2.8 2.8 0 0 1 0 5.4M14.5 11.8c2.1.5 3.5 2.3 3.5 4.7',
  audit: 'M4.2 7.2a6.5 6.5 0 1 1-.6 4.2M3.5 3.8v3.7h3.7M10 6.5V10l2.6 1.8',
  data: 'M4 5.5c0-1.4 2.7-2.5 6-2.5s6 1.1 6 2.5-2.7 2.5-6 2.5-6-1.1-6-2.5zM4 5.5v9c0 1.4 2.7 2.5 6 2.5s6-1.1 6-2.5v-9M4 10c0 1.4 2.7 2.5 6 2.5s6-1.1 6-2.5',
  menu: 'M3.5 6h13M3.5 10h13M3.5 14h13',
  close: 'M5 5l10 10M15 5L5 15',
  search: 'M9 3.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM13 13l4 4',
  filter: 'M3 5h14M5.5 10h9M8 15h4',
  plus: 'M10 4v12M4 10h12',
  up: 'M6 12l4-4 4 4',
  down: 'M6 8l4 4 4-4',
  right: 'M8 5l5 5-5 5',
  left: 'M12 5l-5 5 5 5',
  sun: 'M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.4 4.4l1 1M14.6 14.6l1 1M4.4 15.6l1-1M14.6 5.4l1-1',
  moon: 'M16.5 12A7 7 0 1 1 8 3.5a5.5 5.5 0 0 0 8.5 8.5z',
  key: 'M3 6h14v8.5H3zM6 9h.01M9 9h.01M12 9h.01M14.5 9h.01M6.5 12h7',
  code: 'M7 6l-4 4 4 4M13 6l4 4-4 4M11.5 4.5l-3 11',
  out: 'M8 4H4v12h4M12 7l3 3-3 3M15 10H8',
  phone: 'M6.5 2.5h7v15h-7zM9 15.2h2',
  desktop: 'M2.5 4h15v9.5h-15zM7 17h6M10 13.5V17',
  check: 'M4 10.5l4 4 8-9',
  alert: 'M10 3l7.5 13.5h-15zM10 8v4M10 14.2v.01',
  back: 'M9 5l-5 5 5 5M4 10h12',
  stock: 'M3.5 6.5 10 3l6.5 3.5v7L10 17l-6.5-3.5zM3.5 6.5 10 10l6.5-3.5M10 10v7',
  card: 'M2.5 5h15v10h-15zM2.5 8.5h15M5.5 12h3',
} as const

export type IconName = keyof typeof paths

export function Icon({ name, size = 18 }: { name: IconName; size?: number }): VNode {
  return html`<svg class="icon" width=${size} height=${size} viewBox="0 0 20 20" aria-hidden="true">
    <path d=${paths[name]} fill="none" stroke="currentColor" stroke-width="1.5"
      stroke-linecap="round" stroke-linejoin="round" />
  </svg>`
}

/** The mark: a truss, held by its king post. */
export function Mark({ size = 26 }: { size?: number }): VNode {
  return html`<svg class="mark" width=${size} height=${size} viewBox="0 0 32 32" aria-hidden="true">
    <rect width="32" height="32" rx="8" />
    <path d="M5 23 16 9l11 14zM16 9v14" />
  </svg>`
}
