// The project that the matrix attacks. In it something is hidden in every way there is, from guests, from customers and from staff
// alike: a field of each kind, records, deleted records, files of each of these, a whole collection, and lists by hidden references.
// One role alone sees it, `auditor`, which `owner` has beside `staff`. Two worlds are filled alike but for what is hidden.
import { actorId, all, any, anyone, exists, role, signedIn, staff, was, where } from '../../../src/access/rule.ts'
import { hashSecret } from '../../../src/base/secret.ts'
import type { BackendConfig } from '../../../src/config/backend-config.ts'
import { sessions, users } from '../../../src/domains/accounts/collections.ts'
import type { Operation } from '../../../src/operation/define.ts'
import { collection } from '../../../src/schema/collection.ts'
import { field } from '../../../src/schema/field.ts'
import { type As, openWorld, testConfig, type World } from '../../support/api-harness.ts'
import { createTwins, type Side, type Twins } from '../../support/two-worlds/twins.ts'

const auditor = role('auditor')
const hidden = { read: auditor, write: auditor }
const own = where('owner').eq(actorId)

const folders = collection('folders', {
  prefix: 'fold',
  fields: {
    title: field.text({ required: true, search: true }),
    code: field.text({ unique: true }),
    isOpen: field.boolean({ default: true }),
    keeper: field.ref('users', hidden),
  },
  lists: { papers: { from: 'papers', by: 'folder' }, marks: { from: 'papers', by: 'secretOne' }, seats: { from: 'seats', by: 'folder' } },
  access: {
    read: any(where('isOpen').eq(true), exists('seats', 'folder', where('user').eq(actorId)), auditor),
    create: staff,
    update: staff,
    delete: staff,
  },
})
/** Whose seat it is decides what is seen, and only they and the auditor know of it. */
const seats = collection('seats', {
  prefix: 'seat',
  fields: { folder: field.ref('folders', { required: true }), user: field.ref('users', { required: true }) },
  access: { read: any(where('user').eq(actorId), auditor), create: auditor, update: auditor, delete: auditor },
})
const pages = field.integer({ default: 1, min: 0, max: 1_000 })
const secretRate = field.decimal({ scale: 2, ...hidden })
const papers = collection('papers', {
  prefix: 'papr',
  fields: {
    title: field.text({ required: true, search: true }),
    slug: field.text({ unique: true }),
    body: field.longText({ search: true }),
    owner: field.ref('users', { required: true, default: { set: 'actor' }, write: staff }),
    folder: field.ref('folders'),
    kin: field.refs('papers'),
    isOpen: field.boolean({ default: true }),
    isLocked: field.boolean({ default: false }),
    pages,
    price: field.money({ min: 0 }),
    weight: field.decimal({ scale: 2 }),
    day: field.date(),
    at: field.dateTime(),
    mail: field.email(),
    link: field.url(),
    kind: field.enum(['letter', 'report']),
    words: field.texts(),
    meta: field.json(),
    spot: field.geo(),
    scan: field.file(),
    scans: field.files(),
    twice: field.computed(field.integer(), { from: { pages }, of: (paper) => 2 * (paper.pages ?? 0) }),
    secretText: field.text({ search: true, ...hidden }),
    secretLong: field.longText({ search: true, ...hidden }),
    secretUnique: field.text({ unique: true, ...hidden }),
    secretWords: field.texts(hidden),
    secretCount: field.integer(hidden),
    secretRate,
    secretFee: field.money(hidden),
    secretFlag: field.boolean(hidden),
    secretDay: field.date(hidden),
    secretTime: field.dateTime(hidden),
    secretMail: field.email(hidden),
    secretLink: field.url(hidden),
    secretKind: field.enum(['alpha', 'omega'], hidden),
    secretMeta: field.json(hidden),
    secretSpot: field.geo(hidden),
    secretOne: field.ref('folders', hidden),
    secretMany: field.refs('folders', hidden),
    secretFile: field.file(hidden),
    secretFiles: field.files(hidden),
    /** As hidden as what it is made of. */
    secretDouble: field.computed(field.decimal({ scale: 2 }), {
      from: { secretRate },
      of: (paper) => (paper.secretRate === null ? null : 2 * paper.secretRate),
    }),
    secretSum: field.computed(field.decimal({ scale: 2 }), {
      from: { secretRate },
      of: (paper) => (paper.secretRate === null ? null : 3 * paper.secretRate),
      stored: true,
    }),
  },
  indexes: [['owner', '-createdAt']],
  softDelete: true,
  access: {
    read: any(own, where('isOpen').eq(true), auditor),
    create: signedIn,
    update: any(auditor, all(any(staff, own), was('isLocked').eq(false))),
    delete: any(staff, own),
    aggregate: anyone,
    restore: any(own, auditor),
  },
})
/** A letter box: everybody puts in, the auditor reads. */
const vaults = collection('vaults', {
  prefix: 'vlt',
  fields: { title: field.text({ required: true }), at: field.ref('papers') },
  access: { read: auditor, create: signedIn, update: auditor, delete: auditor },
})

const config: BackendConfig<Operation> = {
  ...testConfig,
  collections: [...(testConfig.collections as readonly unknown[]), folders, seats, papers, vaults] as never,
}

const fields = Object.entries(papers.fields as Readonly<Record<string, { readonly kind: { readonly name: string } }>>)
/** Hidden fields by name, with their kind. */
export const secrets: readonly (readonly [name: string, kind: string])[] = fields
  .filter(([name]) => name.startsWith('secret'))
  .map(([name, { kind }]) => [name, kind.name])
/** As long, as near to other names, and of no field. */
export const unknownOf = (name: string) => name.replace('secret', 'hollow')

/** What is written where it may not be seen. */
const secretOf = {
  left: { word: 'alpha', number: 11, hiddenRecords: 1 },
  right: { word: 'omega', number: 97, hiddenRecords: 4 },
} as const

/** Two worlds, and what their requests may name: `‹hiddenPaper›`. The caller closes both. */
export async function openArena(): Promise<Twins> {
  const twins = createTwins({ left: await openWorld({ seed: 5, config }), right: await openWorld({ seed: 6, config }) })
  const made = { left: await fill(twins.worlds.left, 'left'), right: await fill(twins.worlds.right, 'right') }
  for (const [name, real] of Object.entries(made.left)) twins.name(name, { left: real, right: made.right[name]! })
  for (const prefix of ['papr', 'fold', 'seat', 'vlt', 'file', 'usr']) {
    const real = `${prefix}_01k5xrz2g5f1q8m4w3v7b6n9ta`
    twins.name(`none ${prefix}`, { left: real, right: real })
  }
  return twins
}

async function fill(world: World, side: Side): Promise<Record<string, string>> {
  const { word, number, hiddenRecords } = secretOf[side]
  const { owner, other, staff: clerk } = world.ids
  await world.write(async (tx) => {
    await tx.update(users, (await tx.get(users, owner!))!, { set: { roles: ['auditor', 'staff'] } })
    // Somebody who may not come in any more, and whose session has not ended.
    const gone = { id: world.engine.newId('usr'), email: 'gone@example.com', name: 'gone', roles: ['staff'], emailVerified: true }
    await tx.insert(users, { ...gone, disabled: true, customerGroup: null })
    const session = {
      id: world.engine.newId('ses'),
      user: gone.id,
      tokenHash: hashSecret('kps_gone'),
      expiresAt: world.clock.now() + 86_400_000,
    }
    await tx.insert(sessions, { ...session, origin: '127.0.0.1', userAgent: null, ways: null, provenAt: null, usedAt: null })
  })
  const made: Record<string, string> = { owner: owner!, other: other!, clerk: clerk!, product: world.ids['product']! }
  const make = async (name: string, as: As, url: string, body: object) => {
    const answer = await world.call(as, { method: 'POST', url, body })
    if (answer.status !== 201) throw new Error(`${name}: ${answer.text}`)
    made[name] = answer.body.id
  }
  const send = async (name: string, as: As, text: string) => {
    const headers = {
      'content-type': 'text/plain',
      'file-name': `${name === 'openFile' || name === 'otherFile' ? name : `${word}-${name}`}.txt`,
    }
    const answer = await world.call(as, { method: 'POST', url: '/api/files', headers, body: text })
    if (answer.status !== 201) throw new Error(`${name}: ${answer.text}`)
    made[name] = answer.body.id
  }
  for (const name of ['hiddenFile', 'hiddenListed', 'secretFile', 'secretListed', 'deletedFile', 'foreignFile'])
    await send(name, 'owner', `${word} ${number}`)
  await send('openFile', 'owner', 'open words')
  await send('otherFile', 'other', 'open words')
  await make('openFolder', 'owner', '/api/folders', { title: 'Open', code: 'open', keeper: side === 'left' ? owner : clerk })
  await make('hiddenFolder', 'owner', '/api/folders', { title: word, code: `code-${word}`, isOpen: false })
  await make('sharedFolder', 'owner', '/api/folders', { title: 'Shared', isOpen: false })
  await make('seat', 'owner', '/api/seats', { folder: made['sharedFolder'], user: other })
  await make('hiddenSeat', 'owner', '/api/seats', { folder: made['hiddenFolder'], user: owner })
  const secret = {
    secretText: word,
    secretLong: `${word} ${word}`,
    secretUnique: word,
    secretWords: [word],
    secretCount: number,
    secretRate: `${number}.50`,
    secretFee: { amount: number, currency: side === 'left' ? 'EUR' : 'USD' },
    secretFlag: side === 'left',
    secretDay: `2026-01-${number % 28 || 28}`.replace(/-(\d)$/, '-0$1'),
    secretTime: `2026-01-01T00:00:${number % 60}Z`,
    secretMail: `${word}@example.com`,
    secretLink: `https://${word}.example/`,
    secretKind: word,
    secretMeta: { [word]: number },
    secretSpot: { lat: number / 2, lng: number },
    secretOne: side === 'left' ? made['openFolder'] : null,
    secretMany: side === 'left' ? [] : [made['hiddenFolder']],
  }
  const files = { secretFile: { id: made['secretFile'] }, secretFiles: [{ id: made['secretListed'] }] }
  const open = {
    title: 'Open',
    slug: 'open',
    owner: other,
    pages: 3,
    folder: made['openFolder'],
    scan: { id: made['openFile'] },
    spot: { lat: 1, lng: 1 },
  }
  await make('paper', 'owner', '/api/papers', { ...open, ...secret, ...files })
  await make('foreign', 'owner', '/api/papers', { title: 'Foreign', owner, pages: 5, folder: made['openFolder'], kin: [made['paper']] })
  await make('locked', 'owner', '/api/papers', { title: 'Locked', owner: other, isLocked: true, folder: made['sharedFolder'] })
  const shut = { owner, isOpen: false, body: `${word} ${number}`, pages: number }
  const scans = { scan: { id: made['hiddenFile'] }, scans: [{ id: made['hiddenListed'] }] }
  await make('hidden', 'owner', '/api/papers', {
    ...shut,
    title: `${word} hidden`,
    slug: `slug-${word}`,
    folder: made['openFolder'],
    kin: [made['paper']],
    ...scans,
  })
  await make('deleted', 'owner', '/api/papers', { ...shut, title: `${word} deleted`, scan: { id: made['deletedFile'] } })
  await make('ownDeleted', 'owner', '/api/papers', { title: 'Own deleted', owner: other, secretText: word, secretCount: number })
  await make('vault', 'owner', '/api/vaults', { title: word })
  // In one commit each, so that the worlds have as many positions in their feeds.
  for (const folder of [made['openFolder'], made['hiddenFolder']]) {
    const more = (index: number) => ({ method: 'POST', path: '/api/papers', body: { ...shut, title: `${word} ${index}`, folder } })
    const operations = Array.from({ length: hiddenRecords }, (_, index) => more(index))
    const answer = await world.call('owner', { method: 'POST', url: '/api/batch', body: { operations } })
    if (answer.status !== 200) throw new Error(answer.text)
    if (folder === made['hiddenFolder'])
      await removeAll(
        world,
        answer.body.results.map(({ body }: { body: { id: string } }) => body.id),
      )
  }
  await removeAll(world, [made['deleted']!])
  const gone = await world.call('other', { method: 'DELETE', url: `/api/papers/${made['ownDeleted']}` })
  if (gone.status !== 204) throw new Error(gone.text)
  return made
}

async function removeAll(world: World, ids: readonly string[]): Promise<void> {
  const operations = ids.map((id) => ({ method: 'DELETE', path: `/api/papers/${id}` }))
  const answer = await world.call('owner', { method: 'POST', url: '/api/batch', body: { operations } })
  if (answer.status !== 200) throw new Error(answer.text)
}

/** Something that only the auditor sees, changed in both worlds to other values, and more of it in one. */
let round = 0
export async function stir(twins: Twins): Promise<void> {
  round += 1
  for (const side of ['left', 'right'] as const) {
    const world = twins.worlds[side]
    const { word, number, hiddenRecords } = secretOf[side]
    const list = await world.call('owner', { method: 'GET', url: '/api/papers?filter[isOpen]=false&sort=id' })
    const secret = { secretText: `${word} ${round}`, secretCount: number + round, secretMeta: { [`${word}${round}`]: round } }
    const seen = side === 'left' ? ['‹paper›'] : ['‹paper›', '‹locked›', '‹foreign›']
    const operations = [
      ...seen.map((name) => ({
        method: 'PATCH',
        path: twins.render(side, { method: 'PATCH', url: `/api/papers/${name}` }).url,
        body: secret,
      })),
      ...Array.from({ length: hiddenRecords }, (_, index) => ({
        method: 'PATCH',
        path: `/api/papers/${list.body.items[index % list.body.items.length].id}`,
        body: { title: `${word} ${round} ${index}`, pages: (number + round + index) % 1_000 },
      })),
    ]
    const answer = await world.call('owner', { method: 'POST', url: '/api/batch', body: { operations } })
    if (answer.status !== 200) throw new Error(answer.text)
  }
}
