// Albums that anybody may make: for tests of what a backup, a restore and a move do with files.
import { anyone, collection, defineBackend, field } from '../../src/index.ts'

const albums = collection('albums', {
  fields: { title: field.text({ required: true }), pictures: field.files() },
  access: { read: anyone, create: anyone, delete: anyone },
})

export const backend = defineBackend({ name: 'Albums', collections: [albums] })
