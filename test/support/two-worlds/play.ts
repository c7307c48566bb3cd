// One play: two worlds, a seed, and in every round each operation is asked once, in any order, while hidden things change.
import type { Replacements } from '../../../src/engine/create-engine.ts'
import type { Collection } from '../../../src/schema/collection.ts'
import { address, openWorld, type World } from '../api-harness.ts'
import { createChance } from './chance.ts'
import { askFeed } from './feed-question.ts'
import { fill, type HiddenContext, hiddenShop, hiddenSteps } from './hidden-shop.ts'
import { probe } from './probes.ts'
import { type Asking, type Cart, curious, questionsFor } from './questions.ts'
import { createTwins, type Named, type Twins } from './twins.ts'

export type Play = {
  readonly seed: number
  readonly rounds: number
  /** A leak that is planted. */
  readonly collections?: (all: readonly Collection[]) => readonly Collection[]
  readonly operations?: Replacements['operations']
  /** Operations that are asked, where a leak is known to be; all when left out. */
  readonly only?: readonly string[]
}

/** `operation status`, and how often it was answered. */
export type Played = ReadonlyMap<string, number>

type Opened = { readonly twins: Twins; readonly known: Asking['known'] }

/** Two worlds that differ in what is hidden alone. The caller closes both. */
export async function openTwins({ collections, operations }: Pick<Play, 'collections' | 'operations'> = {}): Promise<Opened> {
  // Seeds of their own: an id that one world made and the other is asked for must never be made there by chance.
  const open = async (seed: number): Promise<World> =>
    await openWorld({ seed, config: hiddenShop(collections), hasWebhooks: false, ...(operations ? { replace: { operations } } : {}) })
  const twins = createTwins({ left: await open(5), right: await open(6) })
  const { left, right } = twins.worlds
  const ids = { left: { ...left.ids, ...(await fill(left, 'left')) }, right: { ...right.ids, ...(await fill(right, 'right')) } }
  const known = new Map<string, string[]>()
  for (const [name, real] of Object.entries(ids.left)) {
    const prefix = real.split('_')[0]!
    known.set(prefix, [...(known.get(prefix) ?? []), twins.name(name, { left: real, right: ids.right[name]! })])
  }
  return { twins, known }
}

/** @throws DifferenceError for the first answers that differ */
export async function play({ seed, rounds, only, ...leak }: Play): Promise<Played> {
  const opened = await openTwins(leak)
  try {
    return await playOn(opened, { seed, rounds, ...(only ? { only } : {}) })
  } finally {
    for (const world of Object.values(opened.twins.worlds)) await world.close()
  }
}

async function playOn({ twins, known }: Opened, { seed, rounds, only }: Play): Promise<Played> {
  const chance = createChance(seed)
  let count = 0
  const next = () => ++count
  const { model } = twins.worlds.left.engine.parts
  const carts: Cart[] = []
  const asking: Asking = { twins, chance, model, carts, known, next }
  const hidden: HiddenContext = { twins, chance, created: new Map(), next, guess: (id) => guessAt(asking, id) }
  const played = new Map<string, number>()

  async function ask(name: string, { as, request: plain }: Named): Promise<number> {
    const key = plain.method !== 'GET' && chance.is(0.2) ? { 'idempotency-key': `key-${chance.below(20)}` } : {}
    const request = { ...plain, headers: { ...plain.headers, ...key } }
    const { status } = await twins.ask({ as, request })
    // Asked again with its key, it is answered again.
    if ('idempotency-key' in key && chance.is(0.3)) await twins.ask({ as, request })
    if (name === 'carts.create' && status === 201) rememberCart(twins, carts, as)
    return status
  }

  const turns = turnsOf(asking, only, ask)
  for (let round = 0; round < rounds; round++)
    for (const [name, turn] of chance.shuffled(turns)) {
      for (let times = chance.below(3); times > 0; times--) await hiddenSteps[chance.pick(Object.keys(hiddenSteps))]!(hidden)
      if (chance.is(0.1)) await changeForAll(asking)
      const key = `${name} ${await turn()}`
      played.set(key, (played.get(key) ?? 0) + 1)
    }
  return played
}

type Turn = readonly [name: string, () => Promise<number>]

/** Every operation once, and as many questions at what is hidden; or some operations often. */
function turnsOf(asking: Asking, only: Play['only'], ask: (name: string, named: Named) => Promise<number>): Turn[] {
  const { twins, chance, model } = asking
  const all = [...questionsFor(model, twins.worlds.left.engine.operations)].map(
    ([name, question]): Turn => [name, async () => await ask(name, question(asking))],
  )
  const watch: Turn = ['changes.watch', async () => await askFeed(asking, chance.pick(curious))]
  const aimed: Turn = ['probe', async () => await ask('probe', probe(asking))]
  const shop: Turn = ['buy', async () => await buy(asking)]
  const times = (turn: Turn, count: number) => Array.from({ length: count }, () => turn)
  if (only === undefined) return [...all, ...times(aimed, 80), ...times(watch, 2), ...times(shop, 2)]
  return [...all, watch]
    .filter(([name]) => only.includes(name))
    .flatMap((turn) => times(turn, 6))
    .concat(times(aimed, 6))
}

/** A whole purchase, which single questions seldom make. */
async function buy({ twins, chance, carts }: Asking): Promise<number> {
  const as = chance.pick(curious)
  await twins.ask({ as, request: { method: 'POST', url: '/api/carts', body: { email: 'somebody@example.com' } } })
  rememberCart(twins, carts, as)
  const { id, token } = carts.at(-1)!
  const headers = { 'cart-token': token }
  const ask = async (method: string, rest: string, body: unknown) =>
    (await twins.ask({ as, request: { method, url: `/api/carts/${id}${rest}`, body, headers } })).status
  await ask('POST', '/lines', { variant: chance.pick(['‹variant›', '‹free›']), quantity: 1 })
  await ask('PATCH', '', { shippingAddress: address, shippingMethod: '‹shipping›' })
  return await ask('POST', '/checkout', { payment: { provider: 'sandbox', method: chance.pick(['card_success', 'card_challenge']) } })
}

function rememberCart(twins: Twins, carts: Cart[], as: Cart['as']): void {
  const [id, token] = [twins.shown('cart').at(-1), twins.shown('secret').at(-1)]
  if (id !== undefined && token !== undefined && !carts.some((cart) => cart.id === id)) carts.push({ id, token, as })
}

/** The newest few: what was made in one world and is deleted there again stays a good question. */
function guessAt({ twins, known, next }: Asking, id: string): void {
  const prefix = id.split('_')[0]!
  const guesses = (known.get(prefix) ?? []).filter((name) => name.startsWith('‹guess'))
  const others = (known.get(prefix) ?? []).filter((name) => !name.startsWith('‹guess'))
  known.set(prefix, [...others, ...guesses.slice(-2), twins.name(`guess ${prefix} ${next()}`, { left: id, right: id })])
}

/** Something that everybody may see, and that is the same in both. */
async function changeForAll({ twins, chance, next }: Asking): Promise<void> {
  const number = next()
  const [url, body] = chance.pick([
    ['/api/categories/‹fiction›', { title: `Fiction ${number}` }],
    ['/api/variants/‹free›', { title: `Sample ${number}` }],
    ['/api/products/‹product›', { description: `Description ${number}` }],
    ['/api/products/‹product›', { status: 'archived' }],
    ['/api/products/‹product›', { status: 'active' }],
    ['/api/products/‹product›', { status: 'active' }],
    ['/api/projects/‹foreignProject›', { title: `Foreign ${number}` }],
    ['/api/audits/‹openAudit›', { isOpen: number % 3 > 0 }],
    ['/api/notes/‹publicNote›', { isPublic: number % 3 > 0, views: number }],
    ['/api/stockLevels/‹variantLevel›', { onHand: 100 + number }],
  ] as const)
  for (const side of ['left', 'right'] as const) {
    const answer = await twins.worlds[side].call('staff', twins.render(side, { method: 'PATCH', url, body }))
    if (answer.status !== 200) throw new Error(`${url}: ${answer.text}`)
  }
  if (chance.is(0.5)) for (const world of Object.values(twins.worlds)) await world.clock.advance(1_000)
}
