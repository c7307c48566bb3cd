// Mistakes in a config that the compiler finds. Each line that must be red says so itself (`@ts-expect-error` fails where nothing
// is wrong), so checking the types of the project is the test; running it only keeps the file among those that run. What is
// declared here is wrong, and is listed nowhere.
import { test } from 'node:test'
import {
  actorId,
  after,
  all,
  any,
  anyone,
  becomes,
  before,
  changed,
  collection,
  command,
  defineBackend,
  defineEffect,
  defineMail,
  defineSchedule,
  exists,
  field,
  not,
  query,
  type Rule,
  role,
  signedIn,
  staff,
  Type,
  through,
  was,
  where,
} from '../index.ts'

const notes = collection('notes', { fields: { text: field.text(), isShared: field.boolean() } })
const run = () => {}
const payload = Type.Object({})

test('names are of a noun and a verb', () => {
  defineEffect('crm.sync', { payload, run })
  // @ts-expect-error: no verb
  defineEffect('thanks', { payload, run })
  before({ name: `${notes.name}.look`, on: notes, run })
  // @ts-expect-error: no verb
  before({ name: 'look', on: notes, run })
  // @ts-expect-error: no verb
  after({ name: 'look', on: notes, run })
  // @ts-expect-error: no verb
  defineSchedule('tidy', { every: '1h', run })
  const spec = { route: 'POST /api/looks', summary: 'Look', input: payload, output: payload, access: anyone } as const
  const answer = async () => ({ output: {} })
  command({ ...spec, name: 'notes.look', run: answer })
  // @ts-expect-error: no verb
  command({ ...spec, name: 'look', run: answer })
})

test('options are known', () => {
  // @ts-expect-error: misspelt
  before({ name: 'notes.look', on: notes, acton: 'create', run })
  // @ts-expect-error: it settles nothing
  before({ name: 'notes.look', on: notes, run, settle: run })
  // @ts-expect-error: misspelt
  after({ name: 'notes.look', on: 'order.placed', acton: 'create', run })
  // @ts-expect-error: misspelt
  defineEffect('crm.sync', { payload, run, atempts: 3 })
  // @ts-expect-error: misspelt
  defineSchedule('notes.tidy', { every: '1h', timezone: 'UTC', run })
  // @ts-expect-error: misspelt
  defineMail('thanks', { data: payload, subject: 'x', text: 'y', htm: 'z' })
})

test('times are known', () => {
  defineSchedule('notes.tidy', { every: '90s', run })
  // @ts-expect-error: a word
  defineSchedule('notes.tidy', { every: '1hour', run })
  // @ts-expect-error: no number
  defineSchedule('notes.tidy', { every: 'hourly', run })
  defineSchedule('notes.tidy', { cron: '*/5 8-18 * * mon-fri', timeZone: 'Europe/Berlin', run })
  // @ts-expect-error: four parts
  defineSchedule('notes.tidy', { cron: '0 7 * *', run })
  // @ts-expect-error: both
  defineSchedule('notes.tidy', { cron: '0 7 * * *', every: '1h', run })
})

test('templates fill in what their data has', () => {
  const data = Type.Object({ name: Type.String(), count: Type.Integer(), lines: Type.Array(Type.Object({ title: Type.String() })) })
  const subject = '{{count}} from {{ shop }}'
  defineMail('thanks', {
    data,
    subject,
    text: '{{#lines}}{{title}}{{#a}}{{b}}{{/a}}{{/lines}}{{^lines}}none{{/lines}}{{! a note }}{{{name}}}{{&name}}',
  })
  defineMail('thanks', { data, subject, text: '{{name}}, {{lines.length}}', html: '<p>{{count}}</p>' })
  // @ts-expect-error: misspelt
  defineMail('thanks', { data, subject: '{{cuont}}', text: 'x' })
  // @ts-expect-error: misspelt
  defineMail('thanks', { data, subject, text: '{{name}} {{count}}\n{{ nmae }}' })
  // @ts-expect-error: misspelt
  defineMail('thanks', { data, subject, text: '{{#line}}{{title}}{{/line}}' })
  // @ts-expect-error: within a section that has ended
  defineMail('thanks', { data, subject, text: '{{#lines}}{{title}}{{/lines}}{{title}}' })
  // @ts-expect-error: misspelt
  defineMail('thanks', { data, subject, text: 'x', html: '<b>{{{nmae}}}</b>' })
  // What comes from elsewhere is looked at by the start.
  defineMail('thanks', { data, subject, text: String(subject) })
  defineMail('thanks', { data: Type.Object({}) as never, subject, text: '{{any}}' })
  defineMail('thanks', { data, subject, text: `{{name}} ${subject as string} {{count}}` })
})

test('rules look at fields that there are', () => {
  const fields = { isShared: field.boolean(), owner: field.ref('users'), price: field.money() }
  const own = where('owner').eq(actorId)
  collection('notes', {
    fields,
    access: { read: any(own, where('isShared').eq(true)), update: all(own, not(where('price.amount').gt(5))) },
  })
  collection('notes', { fields, access: { read: any(through('owner', 'users', where('name').eq('Ada')), where('createdAt').lt(5)) } })
  collection('notes', { fields, access: { read: exists('members', 'note', where('user').eq(actorId)), create: signedIn } })
  // @ts-expect-error: misspelt
  collection('notes', { fields, access: { read: where('isSharde').eq(true) } })
  // @ts-expect-error: misspelt, within others
  collection('notes', { fields, access: { read: signedIn, update: any(staff, all(own, not(where('prise.amount').gt(5)))) } })
  collection('notes', {
    fields,
    access: { update: all(was('isShared').eq(false), becomes('price').lt(5), not(changed('owner', 'price'))) },
  })
  // @ts-expect-error: misspelt
  collection('notes', { fields, access: { update: all(own, was('isSharde').eq(true)) } })
  // @ts-expect-error: misspelt
  collection('notes', { fields, access: { update: all(own, not(changed('price', 'ownr'))) } })
  // @ts-expect-error: misspelt
  collection('notes', { fields, access: { read: through('ower', 'users', anyone) } })
  // @ts-expect-error: misspelt
  collection('notes', { fields, access: { raed: anyone } })
  const states = { state: field.enum(['draft', 'shown']), text: field.text() }
  collection('notes', { fields: states, access: { read: where('state').ne('draft'), update: all(was('state').eq('draft'), signedIn) } })
  // @ts-expect-error: no such word
  collection('notes', { fields: states, access: { read: where('state').eq('shwon') } })
  // @ts-expect-error: no such word
  collection('notes', { fields: states, access: { update: all(signedIn, any(staff, becomes('state').eq('c'))) } })
  // @ts-expect-error: of one that is made nothing was
  collection('notes', { fields: states, access: { create: any(staff, was('state').eq('draft')) } })
  // @ts-expect-error: and nothing changes
  collection('notes', { fields: states, access: { delete: not(changed('text')) } })
  // @ts-expect-error: what is deleted is gone
  collection('notes', { fields: states, access: { read: anyone, restore: staff } })
  // @ts-expect-error: what is deleted is gone
  collection('notes', { fields: states, access: { read: anyone, restore: staff }, softDelete: false })
  collection('notes', { fields: states, access: { read: anyone, restore: where('text').eq('x') }, softDelete: { keepDays: 3 } })
  const word: string = 'shown'
  collection('notes', { fields: states, access: { read: where('state').eq(word) } })
  const known: Rule = where('any').eq(1)
  collection('notes', { fields, access: { read: known } })
})

test('fields know their options and defaults, indexes their fields', () => {
  const fields = { text: field.text({ default: 'x' }), price: field.money(), state: field.enum(['open', 'shut'], { default: 'open' }) }
  collection('notes', { fields, indexes: [['-createdAt'], ['price.amount', '-text']], unique: [['text', 'state']] })
  // @ts-expect-error: misspelt
  collection('notes', { fields, indexes: [['text'], ['-txt']] })
  // @ts-expect-error: misspelt
  collection('notes', { fields, unique: [['prise.amount']] })
  // @ts-expect-error: misspelt
  collection('notes', { fields, acess: { read: anyone } })
  // @ts-expect-error: misspelt
  field.text({ requird: true })
  // @ts-expect-error: no such word
  field.enum(['open', 'shut'], { default: 'opne' })
  // @ts-expect-error: no number
  field.integer({ default: '5' })
  // @ts-expect-error: of the caller alone
  field.text({ read: any(staff, where('text').eq('x')) })
  field.text({ read: any(staff, role('editor')) })
})

test('operations have a method, an address and an input that go together', () => {
  const spec = { name: 'notes.look', summary: 'Look', input: Type.Object({ id: Type.String() }), output: payload, access: staff } as const
  const answer = async () => ({ output: {} })
  query({ ...spec, route: 'GET /api/notes/:id/look', run: answer })
  command({ ...spec, route: 'PUT /api/notes/:id/look', run: answer })
  // @ts-expect-error: a query reads
  query({ ...spec, route: 'POST /api/notes/:id/look', run: answer })
  // @ts-expect-error: elsewhere
  command({ ...spec, route: 'POST /notes/:id/look', run: answer })
  // @ts-expect-error: the input has no note
  command({ ...spec, route: 'POST /api/notes/:note/look/:id', run: answer })
  // @ts-expect-error: of the caller alone
  command({ ...spec, route: 'POST /api/looks', access: where('owner').eq(actorId), run: answer })
  // @ts-expect-error: misspelt
  command({ ...spec, route: 'POST /api/looks', errors: ['not_fond'], run: answer })
})

test('references lead somewhere', () => {
  const teams = collection('teams', { fields: { name: field.text(), lead: field.ref('users'), parent: field.ref('teams') } })
  const games = collection('games', { fields: { teams: field.refs('teams') }, lists: { scores: { from: 'scores', by: 'game' } } })
  const scores = collection('scores', { fields: { game: field.ref('games'), team: field.ref('team') } })
  const orders = collection('notes', { fields: { order: field.ref('orders') } })
  defineBackend({ name: 'Club', collections: [teams] })
  // @ts-expect-error: there is no `team`
  defineBackend({ name: 'Club', collections: [teams, games, scores] })
  // @ts-expect-error: there is no list of `scores`
  defineBackend({ name: 'Club', collections: [teams, games] })
  // @ts-expect-error: without a shop there are no orders
  defineBackend({ name: 'Club', collections: [orders] })
  defineBackend({ name: 'Club', collections: [orders], shop: { currency: 'EUR' } })
})
