// What a config says to the compiler. Each line that must be red says so itself (`@ts-expect-error` fails where nothing is
// wrong), so checking the types of the project is the test; running it only keeps the file among those that run.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { backend as bookshop } from '../../examples/bookshop/kingpost.config.ts'
import { actorId, anyone, nobody, signedIn, staff, where } from '../access/rule.ts'
import type {
  BackendTypes,
  ChangesOf,
  NewRecordOf,
  NewWireRecord,
  RecordOf,
  WireChanges,
  WireExpand,
  WireFilter,
  WireRecord,
  WireSort,
} from '../contract/record-types.ts'
import { Type } from '../contract/type.ts'
import { command } from '../operation/define.ts'
import { collection } from '../schema/collection.ts'
import { field } from '../schema/field.ts'
import { defineBackend } from './backend.ts'

/** Compiles where both are the same type. */
const same = <A, B>(_same: (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false) => {}
type Shown<T> = { [K in keyof T]: T[K] }

const teams = collection('teams', {
  fields: { name: field.text({ required: true, unique: true }), budget: field.money({ read: staff }) },
  lists: { events: { from: 'events', by: 'team' } },
  access: { read: anyone },
  softDelete: { keepDays: 5 },
})
const events = collection('events', {
  fields: {
    team: field.ref('teams', { required: true }),
    state: field.enum(['open', 'closed'], { default: 'open' }),
    startsAt: field.dateTime({ required: true }),
    fee: field.money(),
    weight: field.decimal({ scale: 2, default: '0' }),
    spot: field.geo(),
    guests: field.refs('users'),
    author: field.ref('users', { required: true, default: { set: 'actor' } }),
    notes: field.json<{ readonly seats: number }>(),
    secret: field.text({ read: nobody, write: nobody }),
  },
  access: { read: anyone, create: signedIn, update: where('author').eq(actorId) },
})
const join = command({
  name: 'events.join',
  route: 'POST /api/events/:id/guests',
  summary: 'Join an event',
  input: Type.Object({ id: Type.String(), seats: Type.Integer() }, { additionalProperties: false }),
  output: Type.Object({ seats: Type.Integer() }),
  access: signedIn,
  run: async ({ input }) => ({ output: { seats: input.seats } }),
})
const club = defineBackend({ name: 'Club', collections: [teams, events], operations: [join] })

type Club = NonNullable<(typeof club)['types']>
type Events = Club['collections']['events']
type Money = { readonly amount: number; readonly currency: string }

test('records on the server', () => {
  type Record = RecordOf<typeof events>
  same<Record['startsAt'], number>(true)
  same<Record['fee'], Money | null>(true)
  same<Record['weight'], number>(true)
  same<Record['state'], 'open' | 'closed'>(true)
  same<Record['notes'], { readonly seats: number } | null>(true)
  const record: NewRecordOf<typeof events> = { team: 'team_1', startsAt: 5 }
  // @ts-expect-error: the time is missing
  const incomplete: NewRecordOf<typeof events> = { team: 'team_1' }
  const changes: ChangesOf<typeof events> = { state: 'closed', fee: null }
  // @ts-expect-error: a required field is never null
  const emptied: ChangesOf<typeof events> = { startsAt: null }
  // @ts-expect-error: misspelt
  const misspelt: ChangesOf<typeof events> = { stat: 'closed' }
  assert.ok([record, incomplete, changes, emptied, misspelt])
})

test('records as the API tells and takes them', () => {
  same<
    Shown<WireRecord<Events>>,
    {
      readonly id: string
      readonly createdAt: string
      readonly updatedAt: string
      readonly team: string
      readonly state: 'open' | 'closed'
      readonly startsAt: string
      readonly fee: Money | null
      readonly weight: string
      readonly spot: { readonly lat: number; readonly lng: number } | null
      readonly guests: readonly string[]
      readonly author: string
      readonly notes: { readonly seats: number } | null
    }
  >(true)
  // What only some may read may be missing, and so may the time of its change.
  same<WireRecord<Club['collections']['teams']>['budget'], Money | null | undefined>(true)
  same<WireRecord<Club['collections']['teams']>['updatedAt'], string | undefined>(true)
  const record: NewWireRecord<Events> = { team: 'team_1', startsAt: '2026-11-29T10:00:00Z', guests: ['usr_1'] }
  // @ts-expect-error: a time is a text in JSON
  const stored: NewWireRecord<Events> = { team: 'team_1', startsAt: 5 }
  // @ts-expect-error: nobody sets it
  const hidden: NewWireRecord<Events> = { team: 'team_1', startsAt: '2026-11-29T10:00:00Z', secret: 'x' }
  const changes: WireChanges<Events> = { fee: { amount: 500, currency: 'EUR' }, weight: { $increment: '0.50' } }
  // @ts-expect-error: no whole number
  const added: WireChanges<Events> = { state: { $increment: 1 } }
  // @ts-expect-error: a time is set
  const moved: WireChanges<Events> = { startsAt: { $increment: 1 } }
  same<Events['actions'], 'read' | 'create' | 'update'>(true)
  same<Club['collections']['teams']['actions'], 'read' | 'restore'>(true)
  assert.ok([record, stored, hidden, changes, added, moved])
})

type Filter = WireFilter<Club['collections'], Events>

test('filters, sorts and what is expanded', () => {
  const filters: Filter[] = [
    {
      state: 'open',
      startsAt: { gte: '2026-11-29T10:00:00Z' },
      fee: { lte: 500 },
      weight: { gt: '0.5' },
      spot: { near: [52.52, 13.405, 5_000] },
      'spot.lat': { gt: 0 },
      'fee.currency': 'EUR',
      guests: 'usr_1',
    },
    { or: [{ 'team.name': { startsWith: 'A' } }, { not: { fee: { null: true } } }], state: { in: ['open', 'closed'] } },
  ]
  const wrong: Filter[] = [
    // @ts-expect-error: misspelt
    { stat: 'open' },
    // @ts-expect-error: no such value
    { state: 'opne' },
    // @ts-expect-error: a number where a text is
    { state: { in: [1] } },
    // @ts-expect-error: words have no part of a number
    { fee: { contains: '5' } },
    // @ts-expect-error: a place is no number
    { spot: 5 },
    // @ts-expect-error: a decimal is compared as the text it is
    { weight: { gt: 0.5 } },
    // @ts-expect-error: nobody reads it
    { secret: 'x' },
    // @ts-expect-error: JSON is not compared
    { notes: '5' },
    // @ts-expect-error: the team has no title
    { 'team.title': 'A' },
    // @ts-expect-error: nested
    { or: [{ 'team.title': 'A' }] },
  ]
  const ofTeams: WireFilter<Club['collections'], Club['collections']['teams']>[] = [
    { events: { state: 'open', fee: { lte: 500 }, or: [{ 'author.name': 'Ada' }] }, not: { events: { state: 'closed' } } },
    { 'events.state': 'open' },
    // @ts-expect-error: no such value
    { events: { state: 'opne' } },
    // @ts-expect-error: misspelt
    { events: { stat: 'open' } },
  ]
  const sorts: WireSort<Events>[] = ['-startsAt', 'fee', 'id']
  // @ts-expect-error: JSON has no order
  const unsorted: WireSort<Events> = 'notes'
  const expands: WireExpand<Club['collections'], Events>[] = ['team', 'guests', 'team.events', 'team.events.author']
  // @ts-expect-error: no reference
  const flat: WireExpand<Club['collections'], Events> = 'state'
  assert.ok([filters, wrong, ofTeams, sorts, unsorted, expands, flat])
})

test('what a config has: operations by name, the collections of the features that are on, and nothing misspelt', () => {
  same<Club['operations']['events.join']['input'], { id: string; seats: number }>(true)
  same<Club['operations']['events.join']['output'], { seats: number }>(true)
  same<Club['hasShop'], false>(true)
  same<'orders' extends keyof Club['collections'] ? true : false, false>(true)
  type Shop = NonNullable<(typeof bookshop)['types']>
  same<Shop['hasShop'], true>(true)
  same<WireRecord<Shop['collections']['products']>['year'], number>(true)
  same<WireRecord<Shop['collections']['variants']>['available'], number>(true)
  same<'tokenHash' extends keyof WireRecord<Shop['collections']['orders']> ? true : false, false>(true)
  const reviewed: WireFilter<Shop['collections'], Shop['collections']['reviews']> = { 'book.year': { lt: 1850 } }
  const any: BackendTypes = {} as Shop
  // @ts-expect-error: misspelt
  defineBackend({ name: 'Club', collection: [teams] })
  // @ts-expect-error: misspelt within the shop
  defineBackend({ name: 'Club', shop: { currency: 'EUR', taxes: {} } })
  assert.ok([reviewed, any])
})

test('computed fields are given what they are made of, told to whoever may read that, and given by nobody', () => {
  const price = field.decimal({ scale: 2, required: true })
  const cost = field.money({ read: staff })
  const sales = collection('sales', {
    fields: {
      price,
      cost,
      total: field.computed(field.decimal({ scale: 2, required: true }), { from: { price }, of: (sale) => sale.price * 2, stored: true }),
      label: field.computed(field.text({ required: true }), {
        from: { price, cost },
        of: (sale) => `${sale.price.toFixed()} ${sale.cost?.amount}`,
      }),
      // @ts-expect-error: a text is made, and the field is a number
      wrong: field.computed(field.integer(), { from: { price }, of: () => 'x' }),
      // @ts-expect-error: the function is given what it names, and nothing else
      more: field.computed(field.integer(), { from: { price }, of: (sale) => sale.cost }),
    },
    access: { read: anyone, create: anyone, update: anyone },
  })
  const shop = defineBackend({ name: 'Sales', collections: [sales] })
  type Sales = NonNullable<(typeof shop)['types']>['collections']['sales']
  same<RecordOf<typeof sales>['total'], number>(true)
  same<'label' extends keyof RecordOf<typeof sales> ? true : false, false>(true)
  same<WireRecord<Sales>['total'], string>(true)
  // One that is not stored is null where its function fails; this one is told to some alone.
  same<WireRecord<Sales>['label'], string | null | undefined>(true)
  const given: NewRecordOf<typeof sales> = { price: 5 }
  // @ts-expect-error: nobody gives it
  const made: NewRecordOf<typeof sales> = { price: 5, total: 10 }
  // @ts-expect-error: nobody sets it
  const changed: ChangesOf<typeof sales> = { total: 10 }
  // @ts-expect-error: nor by JSON
  const sent: NewWireRecord<Sales> = { price: '5', total: '10' }
  // @ts-expect-error: and nothing is added to it
  const added: WireChanges<Sales> = { total: { $increment: '1' } }
  const sorts: WireSort<Sales>[] = ['total', '-price']
  // @ts-expect-error: it is not stored
  const unsorted: WireSort<Sales> = 'label'
  const filters: WireFilter<{ readonly sales: Sales }, Sales>[] = [{ total: { gte: '5' } }]
  // @ts-expect-error: it is not stored
  const unfiltered: WireFilter<{ readonly sales: Sales }, Sales> = { label: 'x' }
  assert.ok([given, made, changed, sent, added, sorts, unsorted, filters, unfiltered])
})
