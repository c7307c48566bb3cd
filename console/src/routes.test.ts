/** Every page has one path, and a path leads to one page. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectionPath, parseRoute, recordPath } from './routes.ts'

test('paths lead to pages', () => {
  const rows: [string, object][] = [
    ['/console', { page: 'home' }],
    ['/console/', { page: 'home' }],
    ['/console/orders', { page: 'orders' }],
    ['/console/orders/ord_1', { page: 'order', id: 'ord_1' }],
    ['/console/orders/transfer', { page: 'ordersTransfer' }],
    ['/console/incoming', { page: 'incoming' }],
    ['/console/priceLists', { page: 'priceLists' }],
    ['/console/priceLists/new', { page: 'newPriceList' }],
    ['/console/priceLists/plst_1', { page: 'priceList', id: 'plst_1' }],
    ['/console/mail', { page: 'mail' }],
    ['/console/mail/eml_1', { page: 'mail', id: 'eml_1' }],
    ['/console/mail/templates', { page: 'mailTemplates' }],
    ['/console/mail/templates/order_receipt', { page: 'mailTemplates', name: 'order_receipt' }],
    ['/console/mail/eml_1/more', { page: 'unknown' }],
    ['/console/inbox', { page: 'inbox' }],
    ['/console/inbox/quarantine', { page: 'quarantine' }],
    ['/console/inbox/eth_1', { page: 'thread', id: 'eth_1' }],
    ['/console/inbox/eth_1/more', { page: 'unknown' }],
    ['/console/effects', { page: 'effects' }],
    ['/console/settlement', { page: 'settlement' }],
    ['/console/figures', { page: 'figures' }],
    ['/console/audit', { page: 'audit' }],
    ['/console/audit/more', { page: 'unknown' }],
    ['/console/keys', { page: 'keys' }],
    ['/console/keys/key_1', { page: 'unknown' }],
    ['/console/webhooks', { page: 'webhooks' }],
    ['/console/webhooks/new', { page: 'newWebhook' }],
    ['/console/webhooks/whe_1', { page: 'webhook', id: 'whe_1' }],
    ['/console/webhooks/whe_1/more', { page: 'unknown' }],
    ['/console/data', { page: 'collections' }],
    ['/console/data/reviews', { page: 'collection', collection: 'reviews' }],
    ['/console/data/reviews/new', { page: 'create', collection: 'reviews' }],
    ['/console/data/reviews/trash', { page: 'trash', collection: 'reviews' }],
    ['/console/data/reviews/transfer', { page: 'transfer', collection: 'reviews' }],
    ['/console/data/reviews/a%2Fb', { page: 'record', collection: 'reviews', id: 'a/b' }],
    ['/console/data/reviews/%E0%A4%A', { page: 'record', collection: 'reviews', id: '%E0%A4%A' }],
    ['/console/nothing', { page: 'unknown' }],
    ['/console/effects/eff_1', { page: 'unknown' }],
    ['/other', { page: 'unknown' }],
  ]
  for (const [path, route] of rows) assert.deepEqual(parseRoute(path), route, path)
})

test('a record leads to its best page and back', () => {
  for (const collection of ['orders', 'emails', 'emailThreads', 'reviews', 'effects', 'webhooks', 'priceLists']) {
    assert.notEqual(parseRoute(recordPath(collection, 'x_1')).page, 'unknown')
    assert.notEqual(parseRoute(collectionPath(collection)).page, 'unknown')
  }
})
