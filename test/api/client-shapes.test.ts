// The client's types say null where a record may hold null, and nowhere else. The compiler checks it; the test only
// keeps the file among those that run.
// slow: mysql
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type * as client from '../../client/src/shapes.ts'
import type { users } from '../../src/domains/accounts/collections.ts'
import type { categories } from '../../src/domains/catalog/categories.ts'
import type { shippingMethods } from '../../src/domains/catalog/collections.ts'
import type { products } from '../../src/domains/catalog/products.ts'
import type { variants } from '../../src/domains/catalog/variants.ts'
import type { orders } from '../../src/domains/orders/collections.ts'
import type { payments } from '../../src/domains/payments/collections.ts'
import type { stockLevels } from '../../src/domains/stock/collections.ts'

/** Names of fields whose null one of both does not know. */
type Unlike<TShape, TCollection extends { readonly record?: unknown }> = UnlikeRecord<TShape, NonNullable<TCollection['record']>>
type UnlikeRecord<TShape, TRecord> = {
  [TName in keyof TShape & keyof TRecord]-?: HasNull<TShape[TName]> extends HasNull<TRecord[TName]> ? never : TName
}[keyof TShape & keyof TRecord]
type HasNull<T> = null extends T ? 'null' : 'value'

const alike: readonly never[] = [
  ...([] as Unlike<client.Product, typeof products>[]),
  ...([] as Unlike<client.Category, typeof categories>[]),
  ...([] as Unlike<client.Variant, typeof variants>[]),
  ...([] as Unlike<client.ShippingMethod, typeof shippingMethods>[]),
  ...([] as Unlike<client.StockLevel, typeof stockLevels>[]),
  ...([] as Unlike<client.Order, typeof orders>[]),
  ...([] as Unlike<client.Payment, typeof payments>[]),
  ...([] as Unlike<client.User, typeof users>[]),
]

test('types of the client and of the records agree on null', () => {
  assert.deepEqual(alike, [])
})
