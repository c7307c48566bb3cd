// What the benches of imports and of files run: stamps that are imported by their code, and films as large as they come.
import { anyone, collection, defineBackend, field, staff } from '../../src/index.ts'

const stamps = collection('stamps', {
  fields: {
    code: field.text({ required: true, unique: true }),
    title: field.text(),
    pieces: field.integer({ default: 1, min: 0, max: 100 }),
    price: field.money(),
    rare: field.boolean({ default: false }),
  },
  access: { read: anyone, create: staff, update: staff },
})
const films = collection('films', {
  fields: { title: field.text(), film: field.file({ maxBytes: 4_294_967_296 }) },
  access: { read: anyone, create: staff },
})

export const backend = defineBackend({ name: 'Data', collections: [stamps, films] })
