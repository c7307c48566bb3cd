// What the bench of live clients runs: messages that everybody may read, letters that one account may, and posts of a team.
import { actorId, anyone, collection, defineBackend, exists, field, through, where } from '../../src/index.ts'

const text = { text: field.text({ required: true }) }
const mine = where('user').eq(actorId)

const messages = collection('messages', {
  fields: { ...text, room: field.text({ required: true }) },
  access: { read: anyone, create: anyone },
})
const letters = collection('letters', {
  fields: { ...text, to: field.text({ required: true }) },
  access: { read: where('to').eq(actorId), create: anyone },
})
const teams = collection('teams', { fields: { title: field.text({ required: true }) }, access: { read: anyone } })
const members = collection('members', {
  fields: { team: field.ref('teams', { required: true }), user: field.ref('users', { required: true }) },
  access: { read: mine },
})
const posts = collection('posts', {
  fields: { ...text, team: field.ref('teams', { required: true }) },
  access: { read: through('team', 'teams', exists('members', 'team', mine)), create: anyone },
})

export const backend = defineBackend({ name: 'Live', collections: [messages, letters, teams, members, posts] })
