// One play: two worlds, a seed, and in every round each operation is asked once, in any order, while hidden things change.
import type { Replacements } from '../../../src/engine/create-engine.ts'
import type { Collection } from '../../../src/schema/collection.ts'
import { address, openWorld, type World } from '../api-harness.ts'
import { createChance } from './chance.ts'
import { fill, type HiddenContext, hiddenShop, hiddenSteps } from './hidden-shop.ts'
import { probe } from './probes.ts'
import { type Asking, type Cart, curious, questionsFor } from './questions.ts'
import { createTwins, type Twins } from './twins.ts'

/** As many as there are operations: what is hidden is asked for as often as all else. */
const probesPerRound = 80

export type Play = {
  readonly seed: number
  readonly rounds: number
  /** A leak that is planted. */
  readonly collections?: (all: readonly Collection[]) => readonly Collection[]
  readonly operations?: Replacements['operations']
}

/** `operation status`, and how often it was answered. */
export type Played = ReadonlyMap<string, number>

type Opened = { readonly twins: Twins; readonly known: Asking['known'] }

/** Two worlds that differ in what is hidden alone. The caller closes both. */
export async function openTwins({ collections, operations }: Pick<Play, 'collections' | 'operations'> = {}): Promise<Opened> {
  const open = async (): Promise<World> =>
    await openWorld({ seed: 5, config: hiddenShop(collections), hasWebhooks: false, ...(operations ? { replace: { operations } } : {}) })
  const twins = createTwins({ left: await open(), right: await open() })
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
export async function play({ seed, rounds, ...leak }: Play): Promise<Played> {
  const opened = await openTwins(leak)
  try {
    return await playOn(opened, { seed, rounds })
  } finally {
    for (const world of Object.values(opened.twins.worlds)) await world.close()
  }
}

async function playOn({ twins, known }: Opened, { seed, rounds }: Play): Promise<Played> {
  const chance = createChance(seed)
  let count = 0
  const next = () => ++count
  const { left } = twins.worlds
  const { model } = left.engine.parts
  const questions = questionsFor(model, left.engine.operations)
  const carts: Cart[] = []
  const asking: Asking = { twins, chance, model, carts, known, next }
  const hidden: HiddenContext = { twins, chance, created: new Map(), next, guess: (id) => guessAt(asking, id) }
  const played = new Map<string, number>()
  const told = (name: string, status: number) => played.set(`${name} ${status}`, (played.get(`${name} ${status}`) ?? 0) + 1)

  for (let round = 0; round < rounds; round++)
    for (const [name, question] of chance.shuffled([
      ...questions,
      ...Array.from({ length: probesPerRound }, () => ['probe', probe] as const),
    ])) {
      for (let times = chance.below(3); times > 0; times--) await hiddenSteps[chance.pick(Object.keys(hiddenSteps))]!(hidden)
      if (chance.is(0.1)) await changeForAll(asking)
      const asked = question(asking)
      const key = chance.is(0.2) ? { 'idempotency-key': `key-${chance.below(20)}` } : {}
      const request = { ...asked.request, headers: { ...asked.request.headers, ...(asked.request.method === 'GET' ? {} : key) } }
      const answer = await twins.ask({ as: asked.as, request })
      told(name, answer.status)
      // Asked again with its key, it is answered again.
      if ('idempotency-key' in request.headers && chance.is(0.3)) await twins.ask({ as: asked.as, request })
      if (name === 'carts.create' && answer.status === 201) rememberCart(twins, carts, asked.as)
      if (chance.is(0.02)) await buy(asking)
    }
  return played
}

/** A whole purchase, which single questions seldom make. */
async function buy({ twins, chance, carts }: Asking): Promise<void> {
  const as = chance.pick(curious)
  await twins.ask({ as, request: { method: 'POST', url: '/api/carts', body: { email: 'somebody@example.com' } } })
  rememberCart(twins, carts, as)
  const { id, token } = carts.at(-1)!
  const headers = { 'cart-token': token }
  const ask = async (method: string, rest: string, body: unknown) =>
    await twins.ask({ as, request: { method, url: `/api/carts/${id}${rest}`, body, headers } })
  await ask('POST', '/lines', { variant: chance.pick(['‹variant›', '‹free›']), quantity: 1 })
  await ask('PATCH', '', { shippingAddress: address, shippingMethod: '‹shipping›' })
  await ask('POST', '/checkout', { payment: { provider: 'sandbox', method: chance.pick(['card_success', 'card_challenge']) } })
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
