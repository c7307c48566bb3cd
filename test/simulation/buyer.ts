// A buyer: somebody with a browser and no patience. Clicks twice, opens second tabs, walks away, comes
// back late, and repeats what got no answer, under the same key. What a buyer was told is kept, to be
// held against the database in the end.
import { limits } from '../../src/base/limits.ts'
import { errorCodes } from '../../src/contract/error-codes.ts'
import type { SandboxBook } from '../../src/sandbox/book.ts'
import { type SandboxMethod, sandboxMethods } from '../../src/sandbox/taking.ts'
import type { Cluster, Request, Result } from './cluster.ts'
import { type GoodsPlan, wantedGoods } from './goods-plan.ts'
import type { MoneyPlan } from './money-plan.ts'
import { codesOf, type OrderPlan, type Seen, someUnits } from './order-plan.ts'
import type { Store } from './store.ts'
import type { Tally } from './tally.ts'
import type { World } from './world.ts'

/** What was acknowledged, and so must be there. */
export type Acknowledged = {
  readonly users: Set<string>
  readonly carts: Set<string>
  /** Order by cart: whoever asks, however often, gets the same one. */
  readonly orders: Map<string, string>
  readonly canceled: Set<string>
  readonly placed: Set<string>
}

export type BuyerParts = {
  readonly world: World
  readonly cluster: Cluster
  readonly store: Store
  readonly book: SandboxBook
  readonly acknowledged: Acknowledged
  readonly money: MoneyPlan | null
  readonly orders: OrderPlan | null
  readonly goods: GoodsPlan | null
  readonly tally: Tally
  readonly complain: (problem: string) => void
}

export type BuyerPlan = {
  readonly name: string
  readonly email: string
  readonly hasAccount: boolean
  readonly wanted: readonly { readonly variant: string; readonly quantity: number }[]
  /** Pays by a card that always works, never gives up and does nothing else: so that who gets the last unit can be counted. */
  readonly isSteady: boolean
  /** Hardly looks at what it clicks on, and does several things at once. */
  readonly isHasty: boolean
}

type Total = { readonly amount: number; readonly currency: string }
type Output = {
  readonly totals?: { readonly total: Total }
  readonly id?: string
  readonly token?: string
  readonly status?: string
  readonly order?: { readonly id: string; readonly total: Total }
}

const triesMax = 40
const roundsMax = 10
const wholeCartShare = 0.6
const orderHoldMs = 30 * 60_000

export async function shopAround(parts: BuyerParts, given: BuyerPlan): Promise<void> {
  const { dice } = parts.world
  const plan = wantedGoods(parts.goods, parts.store, given)
  const ask = createAsker(parts, plan)
  const look = async (mostMs: number) => await pause(parts.world, dice.between(0, plan.isHasty ? 50 : mostMs))
  await look(3_000)

  let bearer: string | undefined
  if (plan.hasAccount) bearer = await signUp(parts, ask, plan)
  const credentials = bearer === undefined ? {} : { bearer }
  const filled = await fillCart(parts, ask, plan, { credentials, look })
  if (filled === null) return
  const { cart, own, shown } = filled
  await look(1_000)
  const order = await checkOut(parts, ask, plan, { cart, own, ...(shown && dice.chance(0.5) ? { expectedTotal: shown } : {}) })
  if (order === null) return
  await followOrder(parts, ask, plan, { order, own })
  if (parts.orders) await changeMind(parts, ask, parts.orders, { order, own })
}

type Asker = (request: Request, key?: string) => Promise<Result>
type Own = Pick<Request, 'bearer' | 'cartToken'>
type Filled = { readonly cart: string; readonly own: Own; readonly shown: Total | undefined }

/** With one request, as a storefront does that keeps the cart itself, or click by click. */
async function fillCart(
  { world, store, acknowledged, orders }: BuyerParts,
  ask: Asker,
  plan: BuyerPlan,
  { credentials, look }: { credentials: Own; look: (mostMs: number) => Promise<void> },
): Promise<Filled | null> {
  const { dice } = world
  const shippingAddress = { name: plan.name, line1: 'Main street 1', city: 'Berlin', postalCode: '10115', country: 'DE' }
  const details = { shippingAddress, ...(dice.chance(0.8) || plan.isSteady ? { shippingMethod: store.shippingMethod } : {}) }
  const isWhole = dice.chance(wholeCartShare)
  const input = { email: plan.email, ...(isWhole ? { ...details, lines: plan.wanted } : {}) }
  const made = await ask({ operation: 'carts.create', input, ...credentials })
  if (made.end !== 'answered') return null
  const { id: cart, token, totals } = made.reply.output as Required<Output>
  acknowledged.carts.add(cart)
  const own = { ...credentials, cartToken: token }
  if (isWhole) return { cart, own, shown: (await typeCodes(ask, orders, { cart, own })) ?? totals.total }
  for (const { variant, quantity } of plan.wanted) {
    await look(800)
    await ask({ operation: 'carts.addLine', input: { id: cart, variant, quantity }, ...own })
  }
  const ready = await ask({ operation: 'carts.update', input: { id: cart, ...details }, ...own })
  const shown = ready.end === 'answered' ? (ready.reply.output as Output).totals?.total : undefined
  return { cart, own, shown: (await typeCodes(ask, orders, { cart, own })) ?? shown }
}

/** The total with what was typed in; none where nothing was, or it was refused. */
async function typeCodes(ask: Asker, orders: OrderPlan | null, { cart, own }: { cart: string; own: Own }): Promise<Total | undefined> {
  const discountCodes = orders ? codesOf(orders) : []
  if (discountCodes.length === 0) return undefined
  const typed = await ask({ operation: 'carts.update', input: { id: cart, discountCodes }, ...own })
  return typed.end === 'answered' ? (typed.reply.output as Output).totals?.total : undefined
}

const turnsMax = 6

/** Wants less of it while nothing was sent, and sends back what has come. */
async function changeMind(
  { world, tally }: BuyerParts,
  ask: Asker,
  { dice }: OrderPlan,
  { order, own }: { order: string; own: Own },
): Promise<void> {
  for (let turn = 0; turn < turnsMax; turn++) {
    await pause(world, dice.between(2_000, 25_000))
    const got = await ask({ operation: 'orders.get', input: { id: order }, ...own })
    if (got.end !== 'answered') continue
    const seen = got.reply.output as unknown as Seen
    if (['canceled', 'expired'].includes(seen.status)) return
    const [open, here] = [someUnits(dice, seen, 'open'), someUnits(dice, seen, 'returnable')]
    const isFewer = open.length > 0 && dice.chance(0.15)
    if (!isFewer && here.length === 0) continue
    const lines = isFewer ? open : here.map((line) => ({ ...line, reason: 'other' }))
    const operation = isFewer ? 'orders.cancel' : 'orders.return'
    const done = await ask({ operation, input: { id: order, lines }, ...own })
    if (done.end === 'answered') tally.add(operation)
  }
}

async function signUp({ acknowledged }: BuyerParts, ask: Asker, { email, name }: BuyerPlan): Promise<string | undefined> {
  const password = `secret of ${name}`
  const made = await ask({ operation: 'accounts.register', input: { email, password, name } })
  if (made.end === 'answered') acknowledged.users.add(email)
  const opened = await ask({ operation: 'accounts.logIn', input: { email, password } })
  return opened.end === 'answered' ? (opened.reply.output as Output).token : undefined
}

/** Once, twice with one key, or twice with two: it is one order all the same. */
async function checkOut(
  parts: BuyerParts,
  ask: Asker,
  plan: BuyerPlan,
  { cart, own, expectedTotal }: { cart: string; own: Own; expectedTotal?: Total },
): Promise<string | null> {
  const { world, acknowledged, complain } = parts
  const { dice } = world
  const payment = () => ({ provider: 'sandbox', method: plan.isSteady ? 'card_success' : methodOf(parts) })
  const first = {
    operation: 'orders.checkOut',
    input: { id: cart, payment: payment(), ...(expectedTotal ? { expectedTotal } : {}), ...(parts.goods && { digitalConsent: true }) },
    ...own,
  }
  const key = `${plan.name}-checkout`
  const clicks = [ask(first, key)]
  switch (plan.isSteady ? 'once' : dice.weighted({ once: 5, twice: 2, otherKey: 2, otherMethod: 1 })) {
    case 'twice':
      clicks.push(pause(world, dice.between(0, 300)).then(() => ask(first, key)))
      break
    case 'otherKey':
      clicks.push(pause(world, dice.between(0, 300)).then(() => ask(first, `${key}-2`)))
      break
    case 'otherMethod':
      clicks.push(
        pause(world, dice.between(0, 300)).then(() => ask({ ...first, input: { ...first.input, payment: payment() } }, `${key}-2`)),
      )
      break
  }
  let order: string | null = null
  for (const result of await Promise.all(clicks)) {
    if (result.end !== 'answered') continue
    const { id, total } = (result.reply.output as Output).order!
    if (expectedTotal && total.amount !== expectedTotal.amount) complain(`${expectedTotal.amount} was expected and ${total.amount} ordered`)
    const known = acknowledged.orders.get(cart)
    if (known !== undefined && known !== id) complain(`cart ${cart} was answered as order ${known} and as ${id}`)
    acknowledged.orders.set(cart, id)
    order = id
  }
  return order
}

async function followOrder(parts: BuyerParts, ask: Asker, plan: BuyerPlan, { order, own }: { order: string; own: Own }): Promise<void> {
  const { world, book, acknowledged } = parts
  const { dice } = world
  const cancelsAt = !plan.isSteady && dice.chance(plan.isHasty ? 0.5 : 0.2) ? dice.between(0, 4) : null
  const cancel = async () => {
    const canceled = await ask({ operation: 'orders.cancel', input: { id: order }, ...own })
    if (canceled.end === 'answered') acknowledged.canceled.add(order)
  }
  let canceling: Promise<unknown> | null = null
  for (let round = 0; round < roundsMax; round++) {
    if (round === cancelsAt) {
      // In two tabs: whatever comes first, the other one must see it.
      canceling = plan.isHasty ? Promise.all([cancel(), payAgain(parts, ask, { order, own })]) : cancel()
      if (!plan.isHasty) await canceling
    }
    await pause(world, dice.between(100, plan.isHasty ? 800 : 4_000))
    const seen = await ask({ operation: 'orders.get', input: { id: order }, ...own })
    const status = seen.end === 'answered' ? (seen.reply.output as Output).status : null
    if (status === 'placed') acknowledged.placed.add(order)
    if (status !== 'pending_payment' && status !== null) {
      if (cancelsAt === null || round >= cancelsAt) break
      continue
    }
    if (plan.isSteady) continue
    const latest = latestAttempt(parts, order)
    if (latest === null) continue
    const provided = book.findByReference(latest)
    if (provided?.state === 'requires_action') await answerChallenge(parts, ask, { order, own, payment: provided.id })
    else if (provided?.state === 'failed' && dice.chance(0.05)) await tryCards(ask, { order, own })
    else if (provided?.state === 'failed' && dice.chance(0.8)) await payAgain(parts, ask, { order, own })
  }
  await canceling
}

/** What the customer does on the provider's page, or instead of it. */
async function answerChallenge(parts: BuyerParts, ask: Asker, at: { order: string; own: Own; payment: string }): Promise<void> {
  const { world, book } = parts
  const { dice } = world
  const decide = (isApproved: boolean) =>
    new Promise<void>((resolve) => {
      world.at(dice.between(10, 200), null, `challenge ${isApproved ? 'approved' : 'refused'}`, () => {
        book.challenge(at.payment, isApproved)
        resolve()
      })
    })
  switch (dice.weighted({ approve: 5, refuse: 1, leave: 1, later: 1.5, otherTab: 1.5 })) {
    case 'approve':
      return await decide(true)
    case 'refuse':
      return await decide(false)
    case 'leave':
      return
    case 'later':
      // Around the moment at which the order expires.
      await pause(world, orderHoldMs + dice.between(-40_000, 40_000))
      return await decide(true)
    case 'otherTab':
      await payAgain(parts, ask, at)
      await pause(world, dice.between(0, 2_000))
      return await decide(dice.chance(0.7))
  }
}

/** Somebody with a list of card numbers, until the shop takes no more of them. */
async function tryCards(ask: Asker, { order, own }: { order: string; own: Own }): Promise<void> {
  for (let tries = 0; tries < 25; tries++) {
    const tried = await ask({ operation: 'orders.pay', input: { id: order, provider: 'sandbox', method: 'card_declined' }, ...own })
    if (tried.end === 'refused' && tried.code !== 'payment_in_progress') return
  }
}

async function payAgain(parts: BuyerParts, ask: Asker, { order, own }: { order: string; own: Own }): Promise<void> {
  await ask({ operation: 'orders.pay', input: { id: order, provider: 'sandbox', method: methodOf(parts) }, ...own })
}

function methodOf({ world, money }: BuyerParts): SandboxMethod {
  if (money?.isApproved && money.dice.chance(0.4)) return 'approval'
  const [success, declined, challenge, delayed, delayedFailure] = sandboxMethods
  return world.dice.weighted({ [success]: 4, [declined]: 1.5, [challenge]: 4, [delayed]: 2, [delayedFailure]: 1 } as Record<
    SandboxMethod,
    number
  >)
}

/** What the customer sees in the address bar. */
function latestAttempt({ store }: BuyerParts, order: string): string | null {
  const row = store.sql('select "id" from "payments" where "order"=? order by "sequence" desc limit 1').get(order)
  return row === undefined ? null : (row['id'] as string)
}

/** Asks until there is an answer that counts; a repeat has the same key, and must get the same answer once there was one. */
function createAsker({ world, cluster, complain }: BuyerParts, { name, isSteady }: BuyerPlan): Asker {
  const attemptsMax = isSteady ? Number.POSITIVE_INFINITY : triesMax
  const answers = new Map<string, string>()
  let count = 0
  return async (request, given) => {
    count += 1
    // As long as a random one: a guest has nothing else to show.
    const key = given ?? `${name}-${count}`.padEnd(limits.guestKeyCharactersMin, '.')
    const isRead = request.operation.endsWith('.get')
    for (let attempt = 1; ; attempt++) {
      const result = await cluster.send(isRead ? request : { ...request, key })
      const isRefused =
        result.end === 'refused' && ['never', 'whenChanged'].includes(errorCodes[result.code as keyof typeof errorCodes].retry)
      const isFinal = result.end === 'answered' || isRefused
      if (isFinal && !isRead) {
        const text = JSON.stringify(result.end === 'answered' ? [result.reply.status, result.reply.output] : [result.code])
        const before = answers.get(key)
        if (before !== undefined && before !== text) complain(`${request.operation} with one key was answered ${before} and ${text}`)
        if (result.end === 'answered') answers.set(key, text)
      }
      const isBusy = result.end === 'refused' && result.code === 'payment_in_progress'
      if (isFinal || isBusy || attempt >= attemptsMax) return result
      await pause(world, world.dice.between(50, 500 * Math.min(attempt, 8)))
    }
  }
}

export function pause(world: World, delayMs: number): Promise<void> {
  return new Promise((resolve) => void world.at(delayMs, null, 'wait', resolve))
}
