// What a config's own code says to the compiler. Each line that must be red says so itself (`@ts-expect-error` fails where
// nothing is wrong), so checking the types of the project is the test; running it only keeps the file among those that run.
import { test } from 'node:test'
import type { Client } from '../../client/src/index.ts'
import {
  after,
  anyone,
  before,
  collection,
  command,
  defineBackend,
  defineEffect,
  defineMail,
  defineSecret,
  field,
  orders,
  ordersWith,
  products,
  productsWith,
  query,
  type RecordOf,
  Type,
} from '../index.ts'

const tags = collection('tags', { fields: { word: field.text() } })
const comments = collection('comments', {
  fields: {
    text: field.text({ required: true }),
    likes: field.integer({ default: 0 }),
    tags: field.refs('tags'),
    at: field.dateTime(),
    state: field.enum(['open', 'shut'], { default: 'open' }),
  },
})
const mail = defineMail('told', { data: Type.Object({ name: Type.String() }), subject: 'x', text: '{{name}}' })
const effect = defineEffect('crm.sync', {
  payload: Type.Object({ comment: Type.String() }),
  async run({ payload, signal, key, records, secrets }) {
    payload.comment satisfies string
    // @ts-expect-error: misspelt
    payload.coment
    signal satisfies AbortSignal
    key satisfies string
    // @ts-expect-error: outside of a transaction nothing is written
    await records(comments).create({ text: 'x' })
    secrets.get(token) satisfies string
    return 5
  },
  settle({ result }) {
    result satisfies number
  },
})
const token = defineSecret('CRM_TOKEN')

test('hooks know their record, their action and what they may set', () => {
  before({
    name: 'comments.fill',
    on: comments,
    action: 'create',
    async run({ record, before: earlier, action, set, records, effects, mail: outbox }) {
      record satisfies RecordOf<typeof comments>
      earlier satisfies null
      action satisfies 'create'
      // @ts-expect-error: misspelt
      record.txt
      set({ likes: 1 })
      // @ts-expect-error: misspelt
      set({ like: 1 })
      // @ts-expect-error: of another type
      set({ likes: 'many' })
      // @ts-expect-error: the engine's own
      set({ id: 'x' })
      await records(comments).list({ where: { likes: { gte: 1 }, state: 'open', tags: { has: 'tag_1' } }, sort: '-likes' })
      // @ts-expect-error: misspelt
      await records(comments).list({ where: { like: 1 } })
      // @ts-expect-error: no such state
      await records(comments).list({ where: { state: 'closed' } })
      // @ts-expect-error: misspelt
      await records(comments).list({ sort: '-like' })
      await records(comments).create({ text: 'x' })
      // @ts-expect-error: the text is missing
      await records(comments).create({ likes: 1 })
      // @ts-expect-error: misspelt
      await records(comments).update(record, { txt: 'x' })
      await effects.owe(effect, 'key', { comment: record.id })
      // @ts-expect-error: misspelt
      await effects.owe(effect, 'key', { coment: record.id })
      // @ts-expect-error: no effect
      await effects.owe('crm.sync', 'key', { comment: record.id })
      await outbox.send(mail, { to: 'ann@example.com', data: { name: 'Ann' } })
      // @ts-expect-error: misspelt
      await outbox.send(mail, { to: 'ann@example.com', data: { nam: 'Ann' } })
      // @ts-expect-error: no template
      await outbox.send(comments, { to: 'ann@example.com', data: {} })
    },
  })
  // @ts-expect-error: no such action
  before({ name: 'comments.fill', on: comments, action: 'craete', run() {} })
  after({
    name: 'comments.tell',
    on: comments,
    action: ['update', 'delete'],
    run: ({ before: earlier, action }) => {
      earlier satisfies RecordOf<typeof comments>
      action satisfies 'update' | 'delete'
      return { id: 'x' }
    },
    settle: ({ result, record }) => void [result.id, record.text],
  })
})

test('events are known by their names, with what they tell', () => {
  before({
    name: 'orders.follow',
    on: 'order.placed',
    run({ order }) {
      order.number satisfies string
      // @ts-expect-error: hidden
      order.tokenHash
      // @ts-expect-error: misspelt
      order.nubmer
    },
  })
  // @ts-expect-error: misspelt
  after({ name: 'orders.follow', on: 'order.plcaed', run() {} })
  before({
    name: 'orders.look',
    on: 'order.created',
    async run({ records }) {
      ;(await records(orders).first({ where: { status: 'placed' } }))?.number satisfies string | undefined
      // @ts-expect-error: read alone
      await records(orders).create({})
      await records(products).update('prod_1', { status: 'archived' })
    },
  })
  after({ name: 'users.follow', on: 'user.registered', run: ({ user }) => void (user.email satisfies string) })
})

const bookFields = {
  author: field.text({ required: true }),
  year: field.integer(),
  binding: field.enum(['cloth', 'paper'], { default: 'paper' }),
}
const books = productsWith(bookFields)

test('fields that the shop adds to products are known to hooks and operations', () => {
  before({
    name: 'books.fill',
    on: books,
    action: ['create', 'update'],
    async run({ record, before: earlier, set, records }) {
      record.author satisfies string
      record.title satisfies string
      record.year satisfies number | null
      earlier?.binding satisfies 'cloth' | 'paper' | undefined
      // @ts-expect-error: misspelt
      record.autor
      set({ year: 1850, binding: 'cloth' })
      // @ts-expect-error: misspelt
      set({ yaer: 1850 })
      // @ts-expect-error: no such value
      set({ binding: 'leather' })
      // @ts-expect-error: it is required
      set({ author: null })
      await records(books).list({ where: { year: { lt: 1850 }, status: 'active' }, sort: '-year' })
      // @ts-expect-error: a number is compared with a number
      await records(books).list({ where: { year: { lt: '1850' } } })
      // @ts-expect-error: misspelt
      await records(books).first({ sort: '-yaer' })
      await records(books).create({ slug: 'emma', title: 'Emma', author: 'Jane Austen' })
      // @ts-expect-error: the author is missing
      await records(books).create({ slug: 'emma', title: 'Emma' })
      await records(books).update(record.id, { year: 1815 })
      // @ts-expect-error: of another type
      await records(books).update(record.id, { year: '1815' })
    },
  })
  after({
    name: 'books.tell',
    on: books,
    action: 'create',
    async run({ record, records }) {
      ;(await records(books).get(record.id))?.author satisfies string | undefined
      // @ts-expect-error: not without its fields
      ;(await records(products).get(record.id))?.author
    },
  })
  defineBackend({ name: 'Books', shop: { currency: 'EUR', productFields: bookFields } })
  // @ts-expect-error: no field
  defineBackend({ name: 'Books', shop: { currency: 'EUR', productFields: { author: 'text' } } })
  // @ts-expect-error: misspelt option
  defineBackend({ name: 'Books', shop: { currency: 'EUR', productFields: { author: field.text({ requird: true }) } } })
})

test('fields that the shop adds to carts and orders are known', () => {
  const orderFields = { costCenter: field.text(), wrapping: field.enum(['paper', 'box'], { default: 'paper' }) }
  const cartFields = { giftFrom: field.text(), wrapping: field.enum(['paper', 'box'], { default: 'paper' }) }
  before({
    name: 'comments.look',
    on: comments,
    action: 'create',
    async run({ records }) {
      const order = await records(ordersWith(orderFields)).get('ord_1')
      order?.costCenter satisfies string | null | undefined
      order?.number satisfies string | undefined
      // @ts-expect-error: nobody is told the secret of an order
      order?.tokenHash
      // @ts-expect-error: misspelt
      order?.costCentre
    },
  })
  const shop = defineBackend({ name: 'Books', shop: { currency: 'EUR', cartFields, orderFields } })
  const client = (): Client<typeof shop> => null as never
  void (async () => {
    const cart = await client().carts.create({ giftFrom: 'Ada', wrapping: 'box', note: 'x' })
    cart.giftFrom satisfies string | null
    // @ts-expect-error: no such value
    await client().carts.update(cart.id, { wrapping: 'foil' })
    // @ts-expect-error: misspelt
    await client().carts.create({ giftForm: 'Ada' })
    ;(await client().orders.get('ord_1')).costCenter satisfies string | null
    const all = client().collection('orders')
    ;(await all.list({ filter: { costCenter: 'K1' }, sort: '-costCenter' })).items[0]?.wrapping satisfies 'paper' | 'box' | undefined
    // @ts-expect-error: misspelt
    await all.list({ filter: { costCentre: 'K1' } })
  })
  // @ts-expect-error: no field
  defineBackend({ name: 'Books', shop: { currency: 'EUR', cartFields: { giftFrom: 'text' } } })
  // @ts-expect-error: misspelt option
  defineBackend({ name: 'Books', shop: { currency: 'EUR', orderFields: { costCenter: field.text({ requird: true }) } } })
})

test('operations are given the same, and a config takes what was made for it', () => {
  const rate = command({
    name: 'comments.rate',
    route: 'POST /api/comments/:id/rate',
    summary: 'Rate',
    input: Type.Object({ id: Type.String() }, { additionalProperties: false }),
    output: Type.Object({ likes: Type.Integer() }),
    access: anyone,
    async run({ input, records, effects, orders }) {
      const comment = (await records(comments).lock(input.id))!
      await effects.owe(effect, input.id, { comment: input.id })
      ;(await orders.cancel('ord_1')).status satisfies string
      return { output: await records(comments).update(comment, { likes: comment.likes + 1 }) }
    },
  })
  defineBackend({ name: 'Club', collections: [comments, tags], operations: [rate], effects: [effect], mails: [mail], secrets: [token] })
  // @ts-expect-error: a mail is no effect
  defineBackend({ name: 'Club', collections: [comments, tags], effects: [mail] })
  // @ts-expect-error: no hook
  defineBackend({ name: 'Club', collections: [comments, tags], hooks: [comments] })
})

test('operations answer what their schemas say', () => {
  const common = { name: 'comments.look', summary: 'Look', input: Type.Object({}), access: anyone } as const
  const told = {
    ...common,
    route: 'GET /api/looks',
    output: Type.Object({ isOwed: Type.Boolean(), of: Type.Optional(Type.Array(Type.String())) }),
  }
  query({ ...told, run: async () => ({ output: { isOwed: true } }) })
  // @ts-expect-error: misspelt
  query({ ...told, run: async () => ({ output: { isOwd: true } }) })
  // @ts-expect-error: of another type
  command({ ...told, run: async () => ({ output: { isOwed: 'yes' } }) })
  // @ts-expect-error: misspelt
  command({ ...told, run: async () => ({ output: { isOwd: true } }) })
  // What is not named by the schema is left out of the answer.
  command({ ...told, run: async () => ({ output: { isOwed: true, more: 1, of: undefined } }) })
  query({ ...told, run: async () => ({ output: { isOwed: true, of: ['a'] as readonly string[] } }) })
  command({ ...told, run: async () => ({ status: 204, output: null }) })
  command({ ...told, prepare: async () => 5, run: async ({ prepared }) => ({ output: { isOwed: (prepared satisfies number) > 1 } }) })
  command({ ...told, run: async () => ({ output: { isOwed: true } }), reload: async (_, output) => ({ isOwed: !output.isOwed }) })
  // Of a schema without a type nothing is known.
  command({ ...told, output: { type: 'object' }, run: async () => ({ output: { any: 'thing' } }) })
})
