// What the bench runs of ours: the same items as the hand-written limit, under a rule, with the change feed
// and audit trail that every Kingpost has, transfers between accounts, and a shop with the sandbox.
import { actorId, any, collection, defineBackend, field, signedIn, where } from '../../src/index.ts'
import { accounts, transferOperations } from './transfers.ts'

const items = collection('items', {
  fields: {
    category: field.text({ required: true }),
    title: field.text({ required: true }),
    body: field.longText({ required: true }),
    price: field.integer({ required: true, min: 0 }),
    stock: field.integer({ required: true, min: 0 }),
    active: field.boolean({ default: true }),
    owner: field.text({ default: { set: 'actor' } }),
  },
  indexes: [['category', '-createdAt']],
  access: { read: any(where('active').eq(true), where('owner').eq(actorId)), create: signedIn },
})

export const backend = defineBackend({
  name: 'Bench',
  collections: [items, accounts],
  operations: transferOperations,
  shop: { currency: 'EUR' },
})
