// What the bench of growth runs: things in categories that anybody may read and make, and projects that their members may read.
import { actorId, anyone, collection, defineBackend, exists, field, where } from '../../src/index.ts'

const mine = where('user').eq(actorId)

const items = collection('items', {
  fields: { category: field.text({ required: true }), title: field.text({ required: true }), body: field.text({ required: true }) },
  indexes: [['category', '-createdAt']],
  access: { read: anyone, create: anyone, delete: anyone },
})
const projects = collection('projects', {
  fields: { title: field.text({ required: true }) },
  access: { read: exists('memberships', 'project', mine) },
})
const memberships = collection('memberships', {
  fields: { project: field.ref('projects', { required: true }), user: field.ref('users', { required: true }) },
  indexes: [['user', 'project']],
  access: { read: mine },
})

export const backend = defineBackend({ name: 'Growth', collections: [items, projects, memberships] })
