// The defences of fields that a shop adds to carts and orders, as in account-defences.ts.
import type { Defence } from './defences.ts'

const file = 'src/records/own-fields.ts'
const test = 'test/api/own-order-fields.test.ts'

export const ownFieldDefences: readonly Defence[] = [
  {
    name: 'a holder sets no field of a cart that is staff’s',
    file: 'src/records/write-record.ts',
    from: 'if (!isSettable(collection.fields.get(name)!.field, actor))',
    to: "if (collection.name !== 'carts' && !isSettable(collection.fields.get(name)!.field, actor))",
    test,
    asked: ['what a holder may not set'],
  },
  {
    name: 'a holder sees no field of a cart that is staff’s',
    file,
    from: 'const own = views.get(visible) ?? visible.filter(',
    to: 'const own = views.get(visible) ?? [...collection.fields.values()].filter(',
    test,
    asked: ['a holder sets what a cart may have'],
  },
  {
    name: 'what an order’s field does not take is not left out',
    file: 'src/domains/orders/check-out.ts',
    from: 'if (misfits.length === 0) return values',
    to: 'if (misfits.length >= 0) return values',
    test,
    asked: ['what a holder may not set'],
  },
  {
    name: 'what an order refers to is there',
    file,
    from: 'await checkReferences(tx, model, collection, actor, own)',
    to: 'void [checkReferences, tx, model, own]',
    test,
    asked: ['staff set those of an order'],
  },
]
