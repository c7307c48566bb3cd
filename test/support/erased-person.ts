// A shop and a project in which one person has left their name wherever it can be left, beside another of nearly the same name.
// What is looked for afterwards is looked for as bytes, in every spelling that a program writes a text in.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { anyone, signedIn, staff } from '../../src/access/rule.ts'
import { hashSecret } from '../../src/base/secret.ts'
import { sessions, users } from '../../src/domains/accounts/collections.ts'
import { after as afterHook } from '../../src/extend/hook.ts'
import { collection } from '../../src/schema/collection.ts'
import { field } from '../../src/schema/field.ts'
import { lineOf, logSection } from '../../src/storage/archive/contents.ts'
import { testConfig, type World } from './api-harness.ts'

export const ada = {
  email: 'ada.byron+shop@byron.example',
  name: 'Ada Byron-Knüpfer',
  line1: 'Sechs Linden 6 "Hof"',
  phone: '+49 30 1234567',
  other: 'gift-for-ada@elsewhere.example',
}
export const adam = { email: 'ada.byron@byron.example', name: 'Ada Byron', line1: 'Sechs Linden 61' }

const open = { read: anyone, create: signedIn, update: signedIn, delete: signedIn } as const
const self = { default: { set: 'actor' } } as const

/** Goes with its owner. */
export const diaries = collection('diaries', {
  fields: {
    owner: field.ref('users', { required: true, ...self, onErase: 'delete' }),
    text: field.longText({ search: true }),
    paper: field.file(),
  },
  softDelete: true,
  access: open,
})
/** Stays, without whose it was. */
const tickets = collection('tickets', {
  fields: {
    customer: field.ref('users', self),
    phone: field.text({ personal: true }),
    scan: field.file({ personal: true }),
    state: field.text(),
  },
  access: open,
})
/** Says nothing, and its reference cannot be empty. */
const likes = collection('likes', { fields: { user: field.ref('users', { required: true, ...self }), of: field.text() }, access: open })
/** Somebody's address without an account, and several people. */
const guests = collection('guests', {
  fields: { email: field.email({ required: true, unique: true }), people: field.refs('users'), name: field.text({ personal: true }) },
  access: { ...open, create: staff },
})
/** Keeps a diary from going. */
const quotes = collection('quotes', { fields: { diary: field.ref('diaries', { required: true }) }, access: open })

export const erasureConfig = {
  ...testConfig,
  collections: [...testConfig.collections!, diaries, tickets, likes, guests, quotes] as never,
  hooks: [afterHook({ name: 'tickets.watch', on: tickets, run: async () => {} })],
}

export type Persons = Readonly<Record<'ada' | 'adam' | 'admin', string>>

export async function addPeople(world: World): Promise<Persons> {
  const made: Record<string, string> = {}
  await world.write(async (tx, now) => {
    for (const [key, { email, name, roles }] of Object.entries({
      ada: { ...ada, roles: [] },
      adam: { ...adam, roles: [] },
      admin: { email: 'root@shop.example', name: 'Root', roles: ['admin'] },
    })) {
      const id = world.engine.newId('usr')
      made[key] = id
      await tx.insert(users, { id, email, name, roles, emailVerified: true, disabled: false, customerGroup: null })
      const session = { id: world.engine.newId('ses'), user: id, tokenHash: hashSecret(`kps_${key}`), origin: '203.0.113.77' }
      const use = { userAgent: `${name} browser`, ways: ['password'], provenAt: now, usedAt: now } as const
      await tx.insert(sessions, { ...session, ...use, expiresAt: now + 400 * 86_400_000 })
    }
  })
  return made as Persons
}

export function asker(world: World) {
  return async (who: keyof Persons, method: string, url: string, body?: unknown, headers: Record<string, string> = {}) =>
    await world.request({
      method,
      url,
      headers: { authorization: `Bearer kps_${who}`, ...headers },
      ...(body === undefined ? {} : { body }),
    })
}
type Ask = ReturnType<typeof asker>

/** Everything that this person can leave behind. Answers what is looked for again by its id. */
export async function leaveTraces(world: World, ask: Ask, who: 'ada' | 'adam') {
  const person = who === 'ada' ? ada : { phone: '+49 30 7654321', other: 'else@adam.example', ...adam }
  const address = { name: person.name, line1: person.line1, city: 'Berlin', postalCode: '10115', country: 'DE', phone: person.phone }
  const ok = async (...given: Parameters<Ask>) => {
    const answer = await ask(...given)
    assert.ok(answer.status < 300, `${given[1]} ${given[2]}: ${answer.status} ${answer.text}`)
    return answer.body
  }
  const order = async (email: string, headers: Record<string, string>) => {
    const lines = [{ variant: world.ids['variant'], quantity: 1 }]
    const note = `for ${person.name}`
    const cart = { lines, email, shippingAddress: address, shippingMethod: world.ids['shipping'], note, giftFrom: person.name }
    if (who === 'ada') await ok(who, 'POST', '/api/addresses', { ...address, label: `At ${person.name}’s`, isDefaultShipping: true })
    const made = await world.request({ method: 'POST', url: '/api/carts', headers, body: cart })
    assert.equal(made.status, 201, made.text)
    const held = { ...headers, 'cart-token': made.body.token }
    const payment = { provider: 'sandbox', method: 'card_success' }
    const placed = await world.request({ method: 'POST', url: `/api/carts/${made.body.id}/checkout`, headers: held, body: { payment } })
    assert.equal(placed.status, 201, placed.text)
    return placed.body.order.id as string
  }
  const signed = { authorization: `Bearer kps_${who}` }
  const orders = [await order(person.email, signed), await order(person.other, signed), await order(person.email, {})]
  await ok(who, 'POST', '/api/carts', { email: person.email, shippingAddress: address })
  await ok(who, 'PATCH', '/api/auth/me', { name: person.name })
  const file = async (text: string) =>
    (
      await ok(who, 'POST', '/api/files', Buffer.from(text), {
        'content-type': 'text/plain',
        'file-name': encodeURIComponent(`${person.name}.txt`),
      })
    ).id
  const diary = await ok(who, 'POST', '/api/diaries', { text: `${person.name} was here`, paper: { id: await file(`of ${person.name}`) } })
  const quoted = await ok(who, 'POST', '/api/diaries', { text: `${person.name} is quoted` })
  await ok(who, 'POST', '/api/quotes', { diary: quoted.id })
  const gone = await ok(who, 'POST', '/api/diaries', {
    text: `${person.name} regrets`,
    paper: { id: await file(`regret of ${person.name}`) },
  })
  await ok(who, 'DELETE', `/api/diaries/${gone.id}`)
  const ticket = await ok(who, 'POST', '/api/tickets', {
    phone: person.phone,
    state: 'open',
    scan: { id: await file(`scan of ${person.name}`) },
  })
  const like = await ok(who, 'POST', '/api/likes', { of: 'everything' })
  await file(`never claimed by ${person.name}`)
  const guest = await ok('admin', 'POST', '/api/guests', { email: person.email, people: [world.ids['owner']], name: person.name })
  await ok(who, 'POST', '/api/auth/keys', { name: `key of ${person.name}`, scopes: ['notes:read'] })
  await ok('admin', 'POST', '/api/emails', { to: person.email, subject: `Dear ${person.name}`, text: `${person.name}, ${person.line1}` })
  return { orders, diary: diary.id, quoted: quoted.id, ticket: ticket.id, like: like.id, guest: guest.id, gone: gone.id }
}

/** A text as JSON, a URL, base64 at each of its three places, and in other letters. */
export function spellings(text: string): ReadonlyMap<string, Buffer> {
  const whole = new Map<string, string>()
  for (const [name, one] of [
    ['as it is', text],
    ['small', text.toLowerCase()],
    ['capitals', text.toUpperCase()],
    ['NFD', text.normalize('NFD')],
  ] as const) {
    whole.set(name, one)
    whole.set(`${name}, JSON`, JSON.stringify(one).slice(1, -1))
    whole.set(`${name}, JSON in JSON`, JSON.stringify(JSON.stringify(one).slice(1, -1)).slice(1, -1))
    whole.set(`${name}, URL`, encodeURIComponent(one))
    whole.set(`${name}, form`, encodeURIComponent(one).replaceAll('%20', '+'))
    whole.set(`${name}, HTML`, one.replaceAll('"', '&quot;').replaceAll('+', '&#x2B;'))
    for (const before of [0, 1, 2]) {
      const base64 = Buffer.concat([Buffer.alloc(before), Buffer.from(one)]).toString('base64')
      // Letters at both ends depend on what stands beside it.
      whole.set(`${name}, base64 at ${before}`, base64.slice(before === 0 ? 0 : before + 1, -4))
    }
  }
  return new Map([...whole].map(([name, one]) => [name, Buffer.from(one)]))
}

/** Where these texts stand in the bytes. */
export function foundIn(place: string, bytes: Buffer, texts: readonly string[]): string[] {
  return texts.flatMap((text) =>
    [...spellings(text)].filter(([, one]) => bytes.includes(one)).map(([name]) => `${place}: ${text} (${name})`),
  )
}

/** Every table, and every line of the change feed. */
export async function searchTables({ engine, newest }: World, texts: readonly string[]): Promise<string[]> {
  const { storage, model } = engine.parts
  await newest()
  const found: string[] = []
  for (const name of model.collections.keys())
    for (const record of await storage.reader.find({ name }, { limit: 100_000 }))
      found.push(...foundIn(`${name}/${(record as { id: string }).id}`, Buffer.from(lineOf(model, name)(record as never)), texts))
  for (const commit of await storage.commitsAfter(0, 100_000))
    found.push(...foundIn(`line ${commit.position} ${commit.operation}`, Buffer.from(lineOf(model, logSection)(commit)), texts))
  return found
}

/** Every file of a folder, and what is compressed in it. */
export function searchFolder(folder: string, texts: readonly string[]): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
    const path = join(folder, name)
    if (!statSync(path).isFile()) return []
    const bytes = readFileSync(path)
    return [...foundIn(name, bytes, texts), ...unpacked(bytes).flatMap((one, index) => foundIn(`${name}, packed ${index}`, one, texts))]
  })
}

const zstdMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])

/** What begins as Zstandard does and can be read, such as rows of the commit log, also where they were deleted. */
function unpacked(bytes: Buffer): Buffer[] {
  const all: Buffer[] = []
  for (let at = bytes.indexOf(zstdMagic); at >= 0; at = bytes.indexOf(zstdMagic, at + 4))
    try {
      all.push(zstdDecompressSync(bytes.subarray(at)))
    } catch {}
  return all
}
