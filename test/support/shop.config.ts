// The backend that tests start: a shop, and notes to write without one. A note whose number is
// negative is private: only its owner and staff see it.
import { actorId, any, anyone, collection, defineBackend, field, staff, where } from '../../src/index.ts'

const own = any(staff, where('owner').eq(actorId))

const notes = collection('notes', {
  fields: {
    text: field.text({ required: true, search: true }),
    owner: field.ref('users', { required: false, default: { set: 'actor' }, write: staff }),
    number: field.integer({ default: 0 }),
  },
  indexes: [['number']],
  access: { read: any(own, where('number').gte(0)), create: anyone, update: own, delete: own },
})

export const backend = defineBackend({
  name: 'Test shop',
  collections: [notes],
  shop: { currency: 'EUR', tax: { prices: 'included', ratesPpm: { '*': 190_000 } } },
  // An accent that no text on white could have, and a logo without a storefront.
  accounts: { accent: '#ffd400', background: '#f3efe4', logo: '../../console/favicon.svg' },
  mail: { from: { name: 'Test shop', address: 'shop@shop.example' }, replyTo: 'help@shop.example' },
})
