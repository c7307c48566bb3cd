import { actorId, any, anyone, collection, field, signedIn, staff, where } from 'kingpost'

const own = where('author').eq(actorId)

/** What customers say of a book: one review each. */
export const reviews = collection('reviews', {
  fields: {
    book: field.ref('products', { required: true }),
    author: field.ref('users', { required: true, default: { set: 'actor' }, write: staff }),
    stars: field.integer({ required: true, min: 1, max: 5 }),
    text: field.longText({ max: 5_000, search: true }),
  },
  unique: [['book', 'author']],
  indexes: [['book', '-createdAt']],
  access: { read: anyone, create: signedIn, update: any(staff, own), delete: any(staff, own) },
})
