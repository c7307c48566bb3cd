/** The console's paths: from a URL to a page, and from a record to the page that shows it best. */
export type Route =
  | { page: 'home' }
  | { page: 'orders' }
  | { page: 'order'; id: string }
  | { page: 'ordersTransfer' }
  | { page: 'incoming' }
  | { page: 'priceLists' }
  | { page: 'newPriceList' }
  | { page: 'priceList'; id: string }
  | { page: 'mail'; id?: string }
  | { page: 'mailTemplates'; name?: string }
  | { page: 'inbox' }
  | { page: 'quarantine' }
  | { page: 'thread'; id: string }
  | { page: 'effects' }
  | { page: 'audit' }
  | { page: 'ledger' }
  | { page: 'settlement' }
  | { page: 'figures' }
  | { page: 'keys' }
  | { page: 'people' }
  | { page: 'webhooks' }
  | { page: 'newWebhook' }
  | { page: 'webhook'; id: string }
  | { page: 'collections' }
  | { page: 'collection'; collection: string }
  | { page: 'create'; collection: string }
  | { page: 'trash'; collection: string }
  | { page: 'transfer'; collection: string }
  | { page: 'record'; collection: string; id: string }
  | { page: 'unknown' }

export const base = '/console'

export function parseRoute(path: string): Route {
  const [root, first, second, third, ...rest] = path.split('/').filter(Boolean).map(decode)
  if (root !== 'console' || rest.length > 0) return { page: 'unknown' }
  if (first === undefined) return { page: 'home' }
  if (first === 'data') {
    if (second === undefined) return { page: 'collections' }
    if (third === undefined) return { page: 'collection', collection: second }
    // Ids are TypeIDs, so these are never one.
    if (third === 'new') return { page: 'create', collection: second }
    if (third === 'trash' || third === 'transfer') return { page: third, collection: second }
    return { page: 'record', collection: second, id: third }
  }
  // Ids are TypeIDs, so this is never one.
  if (first === 'mail' && second === 'templates') return { page: 'mailTemplates', ...(third !== undefined && { name: third }) }
  if (third !== undefined) return { page: 'unknown' }
  if (first === 'orders') {
    if (second === undefined) return { page: 'orders' }
    // Ids are TypeIDs, so this is never one.
    return second === 'transfer' ? { page: 'ordersTransfer' } : { page: 'order', id: second }
  }
  if (first === 'mail') return second === undefined ? { page: 'mail' } : { page: 'mail', id: second }
  if (first === 'inbox') {
    if (second === undefined) return { page: 'inbox' }
    // Ids are TypeIDs, so this is never one.
    return second === 'quarantine' ? { page: 'quarantine' } : { page: 'thread', id: second }
  }
  if (first === 'webhooks') {
    if (second === undefined) return { page: 'webhooks' }
    return second === 'new' ? { page: 'newWebhook' } : { page: 'webhook', id: second }
  }
  if (first === 'priceLists') {
    if (second === undefined) return { page: 'priceLists' }
    return second === 'new' ? { page: 'newPriceList' } : { page: 'priceList', id: second }
  }
  const alone = ['incoming', 'effects', 'figures', 'ledger', 'settlement', 'audit', 'keys', 'people'] as const
  const page = alone.find((name) => name === first)
  if (page !== undefined && second === undefined) return { page }
  return { page: 'unknown' }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

const ownPages: Readonly<Record<string, string>> = {
  orders: `${base}/orders`,
  emails: `${base}/mail`,
  emailThreads: `${base}/inbox`,
  effects: `${base}/effects`,
  webhooks: `${base}/webhooks`,
  priceLists: `${base}/priceLists`,
}

export function collectionPath(collection: string): string {
  return ownPages[collection] ?? `${base}/data/${encodeURIComponent(collection)}`
}

const withOwnPage = ['orders', 'emails', 'emailThreads', 'webhooks', 'priceLists']

/** Orders, mails, conversations, webhooks and price lists have pages of their own; all other records share one. */
export function recordPath(collection: string, id: string): string {
  if (withOwnPage.includes(collection)) {
    return `${collectionPath(collection)}/${encodeURIComponent(id)}`
  }
  return plainRecordPath(collection, id)
}

/** Who changed it. */
export function historyPath(collection: string, id: string): string {
  return `${base}/audit?${new URLSearchParams({ collection, record: id })}`
}

/** The record as it is stored, field by field. */
export function plainRecordPath(collection: string, id: string): string {
  return `${base}/data/${encodeURIComponent(collection)}/${encodeURIComponent(id)}`
}
