// Photos with papers: for the console's form of files.
import { anyone, collection, defineBackend, field, staff } from '../../src/index.ts'

const photos = collection('photos', {
  fields: {
    title: field.text({ required: true }),
    picture: field.file({ accept: ['image/*'], maxBytes: 1000 }),
    papers: field.files(),
  },
  softDelete: true,
  access: { read: anyone, create: staff, update: staff, delete: staff },
})

export const backend = defineBackend({ name: 'Photos', collections: [photos] })
