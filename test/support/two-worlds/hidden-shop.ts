// A project with something hidden in every way there is, filled alike in two worlds but for what `guest` and `other` may not
// see: fields with a read rule, private records, drafts, parents and children, memberships, and how often these were written.
import { actorId, all, any, anyone, exists, signedIn, staff, through, where } from '../../../src/access/rule.ts'
import type { BackendConfig } from '../../../src/config/backend-config.ts'
import { users } from '../../../src/domains/accounts/collections.ts'
import { payments } from '../../../src/domains/payments/collections.ts'
import type { Operation } from '../../../src/operation/define.ts'
import { type AnyRecord, type Collection, collection } from '../../../src/schema/collection.ts'
import { field } from '../../../src/schema/field.ts'
import type { Transaction } from '../../../src/storage/transaction.ts'
import { type As, checkOut, fillCart, testConfig, type World } from '../api-harness.ts'
import type { Chance } from './chance.ts'
import type { Side, Twins } from './twins.ts'

const ledByCaller = through('project', 'projects', where('lead').eq(actorId))
const memberOnly = exists('memberships', 'room', where('user').eq(actorId))

const rate = field.decimal({ scale: 2, read: staff })
const projects = collection('projects', {
  prefix: 'proj',
  fields: {
    title: field.text({ required: true, search: true }),
    lead: field.ref('users'),
    sponsor: field.ref('users', { read: staff }),
    budget: field.money({ read: staff }),
    rate,
    spot: field.geo({ read: staff }),
    /** What it is made of is hidden, and so is it. */
    isCostly: field.computed(field.boolean(), {
      from: { rate },
      of: (project) => project.rate !== null && project.rate > 5_000,
      stored: true,
    }),
    twice: field.computed(field.decimal({ scale: 2 }), {
      from: { rate },
      of: (project) => (project.rate === null ? null : 2 * project.rate),
    }),
  },
  lists: { tasks: { from: 'tasks', by: 'project' }, audits: { from: 'audits', by: 'about' } },
  access: { read: anyone, create: staff, update: any(staff, where('lead').eq(actorId)), delete: staff, aggregate: anyone },
})
const tasks = collection('tasks', {
  prefix: 'task',
  fields: {
    project: field.ref('projects', { required: true }),
    code: field.text({ unique: true, read: staff, write: signedIn }),
    /** No rule says who sets it. */
    pin: field.integer({ read: staff, max: 1_000_000_000 }),
    /** A letter box. */
    tip: field.integer({ read: staff, write: signedIn, min: -5, max: 5 }),
    sealed: field.json({ read: staff, write: signedIn, schema: { type: ['object', 'null'], required: ['a'] } }),
    effort: field.integer({ default: 1, min: 0, max: 20 }),
  },
  indexes: [['project', 'effort']],
  access: { read: anyone, create: ledByCaller, update: any(staff, ledByCaller), delete: staff, aggregate: anyone },
})
const audits = collection('audits', {
  prefix: 'aud',
  fields: {
    about: field.ref('projects', { read: staff }),
    result: field.text({ search: true }),
    isOpen: field.boolean({ default: true }),
    /** What the rule decides by, though it is hidden. */
    isEmbargoed: field.boolean({ default: false, read: staff }),
  },
  access: {
    read: any(staff, all(where('isOpen').eq(true), where('isEmbargoed').eq(false))),
    create: staff,
    update: staff,
    delete: staff,
    aggregate: anyone,
    restore: anyone,
  },
  softDelete: true,
})
const rooms = collection('rooms', {
  prefix: 'room',
  fields: { title: field.text({ required: true }), code: field.text({ unique: true, write: staff }), topic: field.text({ search: true }) },
  lists: { members: { from: 'memberships', by: 'room' } },
  access: { read: any(staff, memberOnly), create: staff, update: any(staff, memberOnly), delete: staff },
})
const memberships = collection('memberships', {
  prefix: 'memb',
  fields: { room: field.ref('rooms', { required: true }), user: field.ref('users', { required: true }), since: field.date() },
  access: { read: any(staff, where('user').eq(actorId)), create: staff, update: staff, delete: staff },
})

/** `change` may plant a leak: `scored` without its read rule, say. */
export function hiddenShop(change: (collections: readonly Collection[]) => readonly Collection[] = (own) => own): BackendConfig<Operation> {
  const collections = change([...(testConfig.collections as readonly Collection[]), projects, tasks, audits, rooms, memberships])
  const productFields = { cost: field.money({ read: staff }), supplier: field.text({ read: staff, search: true }) }
  return { ...testConfig, collections, shop: { ...testConfig.shop, currency: 'EUR', productFields } }
}

/** What is written where it may not be seen. Unique values of the two never meet what the askers choose. */
export const secretOf = { left: { word: 'alpha', number: 1 }, right: { word: 'omega', number: 99 } } as const

/** The records that both have from the beginning, by the names that requests use. */
export async function fill(world: World, side: Side): Promise<Record<string, string>> {
  const { word, number } = secretOf[side]
  const made: Record<string, string> = {}
  const make = async (name: string, as: As, url: string, body: object) => {
    const answer = await world.call(as, { method: 'POST', url, body })
    if (answer.status !== 201) throw new Error(`${url}: ${answer.text}`)
    made[name] = answer.body.id
  }
  const { owner, other, note, product } = world.ids
  await make('ownProject', 'staff', '/api/projects', { title: 'Own', lead: owner, sponsor: other })
  await make('foreignProject', 'staff', '/api/projects', { title: 'Foreign', lead: other, sponsor: owner })
  await make('ownTask', 'owner', '/api/tasks', { project: made['ownProject'], code: `code-${word}` })
  await make('foreignTask', 'other', '/api/tasks', { project: made['foreignProject'], code: 'first', tip: 1 })
  await make('closedAudit', 'staff', '/api/audits', { about: made['ownProject'], result: word, isOpen: false })
  await make('openAudit', 'staff', '/api/audits', { about: made['ownProject'], result: 'clean' })
  await make('ownRoom', 'staff', '/api/rooms', { title: word, code: `code-${word}`, topic: word })
  await make('sharedRoom', 'staff', '/api/rooms', { title: 'Shared' })
  await make('membership', 'staff', '/api/memberships', { room: made['sharedRoom'], user: other })
  await make('hiddenMembership', 'staff', '/api/memberships', { room: made['ownRoom'], user: owner })
  await make('ownReview', 'other', '/api/reviews', { book: product, stars: 3 })
  await make('otherNote', 'other', '/api/notes', { title: 'Mine', isPublic: true, slug: 'mine' })
  // Of a private note, and one that waits.
  for (const name of ['hiddenFile', 'foreignFile']) {
    const headers = { 'content-type': 'text/plain', 'file-name': `${word}-${name}.txt` }
    const answer = await world.call('owner', { method: 'POST', url: '/api/files', headers, body: `${word} ${number}` })
    made[name] = answer.body.id
  }
  await world.call('owner', { method: 'PATCH', url: `/api/notes/${note}`, body: { papers: [{ id: made['hiddenFile'] }] } })
  const cart = await fillCart(world, 'owner')
  made['ownersCart'] = cart.id
  made['ownersOrder'] = (await checkOut(world, 'owner', await fillCart(world, 'owner'))).body.order.id
  await world.write(async (tx) => {
    const change = async (name: string, id: string, set: Record<string, unknown>) =>
      await tx.update({ name }, (await tx.get<AnyRecord>({ name }, id))!, { set })
    const texts = { title: word, body: word, slug: `slug-${word}`, contact: `${word}@example.com`, scored: word }
    await change('notes', note!, { ...texts, views: number, rank: number, score: number })
    await change('notes', world.ids['publicNote']!, { score: number, scored: word, parent: note })
    await change('notes', made['otherNote']!, { score: number, scored: word })
    await change('products', world.ids['draft']!, { title: word, slug: `slug-${word}`, price: { amount: number, currency: 'EUR' } })
    await change('products', product!, { cost: { amount: number, currency: 'EUR' }, supplier: word })
    await change('variants', world.ids['draftVariant']!, { title: word, sku: `sku-${word}` })
    await change('carts', cart.id, { note: word, email: `${word}@example.com` })
    await change('orders', made['ownersOrder']!, { note: word, email: `${word}@example.com` })
    await change('users', owner!, { name: word, disabled: false })
    for (const name of ['ownTask', 'foreignTask']) await change('tasks', made[name]!, { pin: number, tip: number % 5, sealed: { a: word } })
    for (const name of ['ownProject', 'foreignProject'])
      await change('projects', made[name]!, {
        budget: { amount: number, currency: 'EUR' },
        rate: number * 100,
        spot: { lat: number, lng: number },
      })
  })
  return made
}

/** What a hidden step is given: the same choices for both worlds. */
export type HiddenContext = {
  readonly twins: Twins
  readonly chance: Chance
  /** Hidden records that one world has alone, by collection. */
  readonly created: Map<string, readonly { readonly side: Side; readonly id: string }[]>
  /** An id that the askers try: of a record that there is in one world at most. */
  guess(id: string): void
  /** 1, 2, …: for values that must differ. */
  next(): number
}
/** Something that changes only what the askers may not see: in both worlds differently, or in one of them alone. */
export type HiddenStep = (context: HiddenContext) => Promise<void>

const sides = ['left', 'right'] as const

/** Made or removed in one world alone. */
function inOne(name: string, as: As, body: (world: World, side: Side, number: number) => object): HiddenStep {
  return async ({ twins, chance, created, next, guess }) => {
    const side = chance.pick(sides)
    const world = twins.worlds[side]
    const all = created.get(name) ?? []
    const mine = all.filter((one) => one.side === side)
    const known = mine.length > 0 && chance.is(0.5) ? chance.pick(mine) : undefined
    const answer = known
      ? await world.call(as, { method: 'DELETE', url: `/api/${name}/${known.id}` })
      : await world.call(as, { method: 'POST', url: `/api/${name}`, body: body(world, side, next()) })
    if (answer.status !== (known ? 204 : 201)) throw new Error(`${name}: ${answer.text}`)
    created.set(name, known ? all.filter((one) => one !== known) : [...all, { side, id: answer.body.id }])
    if (!known) guess(String(answer.body.id))
  }
}

/** Changed in both, to other values, or in one of them once more. */
function changed(as: As, url: (twins: Twins, chance: Chance) => string, body: (side: Side, amount: number) => object): HiddenStep {
  return async ({ twins, chance }) => {
    const at = url(twins, chance)
    const factor = 1 + chance.below(3)
    for (const side of chance.pick([sides, sides, ['left'], ['right']] as const)) {
      const request = { method: 'PATCH', url: at, body: body(side, secretOf[side].number * factor) }
      const answer = await twins.worlds[side].call(as, twins.render(side, request))
      // What the askers have deleted meanwhile is gone in both.
      if (![200, 404].includes(answer.status)) throw new Error(`${at}: ${answer.text}`)
    }
  }
}

function written(write: (tx: Transaction, side: Side, number: number, world: World) => Promise<unknown>): HiddenStep {
  return async ({ twins, next }) => {
    const number = next()
    for (const side of sides) await twins.worlds[side].write(async (tx) => await write(tx, side, number, twins.worlds[side]))
  }
}

const euros = (amount: number) => ({ amount, currency: 'EUR' })

export const hiddenSteps: Readonly<Record<string, HiddenStep>> = {
  'scores of notes': changed(
    'staff',
    (twins, chance) => `/api/notes/${chance.pick(['‹publicNote›', '‹otherNote›', ...twins.shown('note')])}`,
    (side, amount) => ({ score: amount, scored: secretOf[side].word }),
  ),
  'pins of tasks': changed(
    'staff',
    (twins, chance) => `/api/tasks/${chance.pick(['‹foreignTask›', ...twins.shown('task')])}`,
    (side, amount) => ({ pin: amount, tip: amount % 5, sealed: { a: secretOf[side].word, b: amount } }),
  ),
  budgets: changed(
    'staff',
    () => '/api/projects/‹foreignProject›',
    (_side, amount) => ({ budget: euros(amount), rate: `${amount}.00`, spot: { lat: amount % 90, lng: 1 } }),
  ),
  costs: changed(
    'staff',
    () => '/api/products/‹product›',
    (side, amount) => ({ supplier: secretOf[side].word, cost: euros(amount) }),
  ),
  'private notes': changed(
    'owner',
    () => '/api/notes/‹note›',
    (side, amount) => ({ title: secretOf[side].word, views: amount }),
  ),
  drafts: changed(
    'staff',
    () => '/api/products/‹draft›',
    (side, amount) => ({ title: secretOf[side].word, description: `${amount}` }),
  ),
  'stock of drafts': changed(
    'staff',
    () => '/api/stockLevels/‹draftVariantLevel›',
    (_side, amount) => ({ onHand: amount }),
  ),
  'closed rooms': changed(
    'owner',
    () => '/api/rooms/‹ownRoom›',
    (side, amount) => ({ topic: `${secretOf[side].word} ${amount}` }),
  ),
  notes: inOne('notes', 'owner', ({ ids }, side) => ({ title: secretOf[side].word, parent: ids['publicNote'], tags: [ids['fiction']] })),
  products: inOne('products', 'staff', (_world, side, number) => ({ title: secretOf[side].word, slug: `slug-${side}-${number}` })),
  audits: inOne('audits', 'staff', (_world, side) => ({ result: secretOf[side].word, isOpen: false })),
  rooms: inOne('rooms', 'staff', (_world, side) => ({ title: secretOf[side].word })),
  names: written(async (tx, side, number, { ids }) => {
    await tx.update(users, (await tx.get(users, ids['owner']!))!, { set: { name: `${secretOf[side].word} ${number}` } })
  }),
  payments: written(async (tx, side, number) => {
    const checked = { left: 1, right: number }
    for (const payment of await tx.find(payments, { limit: 200 }))
      await tx.update(payments, payment, { set: { checks: payment.checks + checked[side], returnUrl: `http://shop.test/${side}` } })
  }),
}
