// A project with operations of its own beside the harness's collections, as an owner declares one: what its types say of it
// is what a client of it may be asked for.
import {
  actorId,
  any,
  anyone,
  before,
  collection,
  command,
  defineBackend,
  field,
  nobody,
  productsWith,
  query,
  signedIn,
  staff,
  Type,
  where,
} from '../../src/index.ts'
import { notes, reviews } from './api-harness.ts'

export const events = collection('events', {
  prefix: 'event',
  fields: {
    title: field.text({ required: true, search: true }),
    startsAt: field.dateTime({ required: true }),
    state: field.enum(['planned', 'held', 'called_off'], { default: 'planned' }),
    fee: field.money(),
    seats: field.integer({ default: 0, min: 0 }),
    host: field.ref('users', { read: staff }),
    secret: field.text({ read: nobody, write: nobody }),
  },
  lists: { comments: { from: 'comments', by: 'event' } },
  access: { read: anyone, create: staff, update: staff },
})

export const comments = collection('comments', {
  prefix: 'com',
  fields: {
    event: field.ref('events', { required: true }),
    author: field.ref('users', { required: true, default: { set: 'actor' }, write: staff }),
    words: field.text({ required: true }),
    rank: field.integer(),
    score: field.decimal({ scale: 1, min: 0, max: 10 }),
    hidden: field.boolean({ default: false }),
    /** Kept out of the feed. */
    story: field.longText({ feed: false }),
  },
  softDelete: true,
  access: {
    read: anyone,
    create: signedIn,
    update: any(staff, where('author').eq(actorId)),
    delete: any(staff, where('author').eq(actorId)),
  },
})

const bookSeats = command({
  name: 'events.bookSeats',
  route: 'POST /api/events/:id/seats',
  summary: 'Book seats',
  input: Type.Object({ id: Type.String(), count: Type.Integer({ minimum: 1 }) }, { additionalProperties: false }),
  output: Type.Object({ seats: Type.Integer() }),
  errors: ['not_found'],
  access: signedIn,
  async run({ tx, input }) {
    const event = (await tx.lock(events, input.id, 'exclusive'))!
    const { seats } = await tx.update(events, event, { add: { seats: input.count } })
    return { output: { seats } }
  },
})
const countEvents = query({
  name: 'club.countEvents',
  route: 'GET /api/club/count',
  summary: 'Count events',
  input: Type.Object({ state: Type.Optional(Type.String()) }, { additionalProperties: false }),
  output: Type.Object({ count: Type.Integer() }),
  access: anyone,
  async run({ read, input }) {
    const { state } = input
    return { output: { count: await read.count(events, state === undefined ? undefined : { op: 'eq', path: 'state', value: state }) } }
  },
})

const productFields = {
  author: field.text({ search: true }),
  year: field.integer(),
  binding: field.enum(['cloth', 'paper']),
  /** Set by a hook. */
  century: field.integer({ write: nobody }),
}
const date = before({
  name: 'products.date',
  on: productsWith(productFields),
  action: ['create', 'update'],
  run: ({ record, set }) => set({ century: record.year === null ? null : Math.ceil(record.year / 100) }),
})

export const club = defineBackend({
  name: 'Club',
  collections: [notes, reviews, events, comments],
  operations: [bookSeats, countEvents],
  hooks: [date],
  shop: { currency: 'EUR', productFields, tax: { prices: 'included', ratesPpm: { DE: 70_000, '*': 0 } } },
})
