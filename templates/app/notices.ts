import { anyone, collection, field, staff } from 'kingpost'

/** What staff tell everybody: written in the console. */
export const notices = collection('notices', {
  fields: { text: field.text({ required: true, max: 500 }) },
  access: { read: anyone, create: staff, update: staff, delete: staff },
})
