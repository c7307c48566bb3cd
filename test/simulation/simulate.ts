// One seed: a small shop, some processes, some buyers, some faults; then quiet, then the audit.
import { createHash } from 'node:crypto'
import { createIdSource } from '../../src/base/ids.ts'
import { createSandboxBook, type SandboxBook } from '../../src/sandbox/book.ts'
import { calmSettings } from '../../src/sandbox/settings.ts'
import { createMemoryStore } from '../../src/sandbox/store.ts'
import type { Commit, CommitLine, StorageAdapter } from '../../src/storage/storage.ts'
import { auditMoney, auditRest, auditStep } from './audit.ts'
import { createCommitAuditor } from './audit-commits.ts'
import { type Acknowledged, type BuyerPlan, pause, shopAround } from './buyer.ts'
import { auditClearing, explainAccount } from './clearing.ts'
import { type Cluster, createCluster, webhookEgress } from './cluster.ts'
import { createFaults, type FaultCounts, type FaultKind } from './faults.ts'
import { planGoods, workOnGoods } from './goods-plan.ts'
import { captureOrders, moveMoney, planMoney } from './money-plan.ts'
import type { Mutant } from './mutants.ts'
import { planOrders, plantDiscounts, workOnOrders } from './order-plan.ts'
import { createTrouble, type Drop, payOut, planProvider, settingsOf, troubleUntil } from './provider-plan.ts'
import { actAtProvider } from './provider-side.ts'
import { planReceivers, plantReceivers } from './receivers.ts'
import { createServerDatabase } from './server/database.ts'
import { createSmtpPeer } from './smtp-peer.ts'
import { runShop } from './staff.ts'
import { publicUrl, type Store } from './store.ts'
import { type Counts, createTally, tallyBook, watchWebhooks } from './tally.ts'
import { createWorld, type Dice } from './world.ts'

export type SeedResult = {
  readonly seed: number
  readonly problems: readonly string[]
  /** False when it was broken off: the store then holds half of something and must be opened anew. */
  readonly isAtRest: boolean
  readonly steps: number
  readonly faults: FaultCounts
  readonly placed: number
  /** What was moved, and how often each knob of the provider was turned. */
  readonly counts: Counts
  /** Of the trace and of the database at its end; null unless asked for. */
  readonly digest: string | null
}

export type SeedOptions = {
  readonly mutant?: Mutant | null
  readonly isDigested?: boolean
  /** All that the provider says in this way is lost, to the end. */
  readonly drop?: Drop | null
  readonly trace?: (line: string) => void
}

/** An hour without answers is an hour of looks. */
const stepsMaxOf = (isLong: boolean) => (isLong ? 600_000 : 60_000)
/** One seed in so many also runs the schedules that find nothing, and every stored record is held against the schema at its end. */
const thoroughEvery = 7
/** Three of ten seeds work on a database server, where transactions overlap. */
const serverSeeds: readonly number[] = [2, 5, 8]
const horizonMs = 20 * 3_600_000
/** After an hour's outage a call that is owed still may wait for two hours more. */
const toldWithinMs = (isAway: boolean) => (isAway ? 7 : 3) * 3_600_000
/** What can end an attempt without its end being written. */
const ownFailures: readonly FaultKind[] = [
  'processCrash',
  'processPause',
  'clockJump',
  'storageRefused',
  'storageAnswerLost',
  'storageConflict',
  'storageConflictAfterWork',
  'storageSlow',
]
const secret = 'sbx_simulated'

/** Must be called in a macrotask (world.ts, inMacrotask). */
export function simulate(store: Store, seed: number, options: SeedOptions = {}): SeedResult {
  const { mutant = null, isDigested = false, drop = null } = options
  const hash = isDigested ? createHash('sha256') : null
  const trace = options.trace ?? (hash ? (line: string) => void hash.update(`${line}\n`) : null)
  const world = createWorld(seed, trace)
  const { dice } = world
  const problems: string[] = []
  const report = (problem: string) => {
    if (problems.length < 20 && !problems.includes(problem)) problems.push(problem)
    world.note(`!          ${problem}`)
  }
  const faults = createFaults(dice)
  const isServed = serverSeeds.includes(seed % 10)
  const isThorough = seed % thoroughEvery === 0
  const shop = planShop(dice, isServed)
  const money = shop.isRace ? null : planMoney(seed)
  const isCapturedLater = money?.isCapturedLater === true
  const provider = shop.isRace ? null : planProvider(seed, { isCapturedLater, drop })
  const stepsMax = stepsMaxOf(provider?.outageAt != null || drop === 'answers')
  const orders = shop.isRace ? null : planOrders(seed)
  const tally = createTally()
  const trouble = createTrouble(provider, drop, { world, faults, tally })
  store.captureWhen(!isCapturedLater ? 'placement' : orders?.isCapturedBySending ? 'shipment' : 'manual')
  const ownerOfCommit = new WeakMap<object, Commit[]>()
  const auditCommit = createCommitAuditor(store, report)
  const calm = world.clockOf(null)
  store.reset(calm, shop.onHand, (commit) => {
    ownerOfCommit.get(commit.changes)?.push(commit)
    auditCommit(commit)
  })

  plantDiscounts(store, orders)
  const goods = orders ? planGoods(seed) : null
  store.listPrices(goods?.hasLists === true)

  const receivers = planReceivers(seed)
  if (receivers) plantReceivers(store, receivers)

  let cluster: Cluster
  const dropped = drop === null ? {} : settingsOf(drop)
  const watched = watchWebhooks(
    createMemoryStore(),
    webhookEgress((request) => cluster.send(request)),
    { tally, now: world.now, settings: () => book.settings() },
  )
  const book: SandboxBook = createSandboxBook(
    {
      ...watched,
      clock: calm,
      random: dice,
      newId: createIdSource(calm, dice),
      webhookUrl: `${publicUrl}/api/payments/webhooks/sandbox`,
      secret,
    },
    {
      ...calmSettings,
      cardMs: dice.pick([0, 50, 500]),
      webhookLoss: faults.has('webhookLost') ? dice.pick([0.3, 1]) : 0,
      webhookBare: dice.pick([0, 0.5, 1]),
      webhookCopies: faults.has('webhookRepeated') ? dice.between(2, 4) : 1,
      webhookMs: faults.has('webhookLate') ? dice.between(0, 20_000) : 0,
      webhookJitterMs: faults.has('webhookLate') ? 20_000 : 5,
      ...money?.settings,
      ...provider?.settings,
      ...dropped,
    },
  )
  let due: number | null = null
  const peer = createSmtpPeer()
  const afterTransaction = () => {
    due = null
    auditStep(store, report)
  }
  const committed = (lines: readonly CommitLine[]) => {
    for (const line of lines) auditCommit(line)
    afterTransaction()
  }
  const server = isServed ? createServerDatabase({ world, faults, store, mutant, complain: report, committed }) : null
  cluster = createCluster(
    {
      world,
      faults,
      store,
      server,
      book,
      trouble,
      tally,
      peer,
      receivers,
      secret,
      mutant,
      isThorough,
      afterTransaction,
      ownerOfCommit,
      complain: report,
    },
    shop.processes,
  )
  cluster.start()

  const acknowledged: Acknowledged = { users: new Set(), carts: new Set(), orders: new Map(), canceled: new Set(), placed: new Set() }
  let shopping = 0
  for (const plan of planBuyers(dice, store, shop)) {
    shopping += 1
    shopAround({ world, cluster, store, book, acknowledged, money, orders, goods, tally, complain: report }, plan).then(
      () => {
        shopping -= 1
      },
      (error: unknown) => report(`${plan.name} broke: ${error instanceof Error ? error.stack : String(error)}`),
    )
  }
  let repeats = 0
  const onRepeat = () => {
    repeats += 1
  }
  if (shop.hasStaff) void runShop({ world, cluster, store, onRepeat })
  if (!shop.isRace) void actAtProvider({ world, cluster, faults, book, tally }, secret)
  if (money) void moveMoney({ world, cluster, store, book }, money, tally)
  if (provider) void payOut({ world, book }, provider, tally)
  if (money?.isCapturedLater) void captureOrders({ world, cluster, store, book }, money)
  if (orders) void workOnOrders({ world, cluster, store, tally }, orders)
  if (goods) void workOnGoods({ world, cluster, store, tally }, goods)
  if (faults.has('webhookForged')) void forgeWebhooks(cluster, report, world)

  world.at(Math.max(shop.troubleMs, troubleUntil(provider)), null, 'the trouble ends', () => {
    faults.stop()
    cluster.heal()
    book.set({ ...calmSettings, ...(money ? { authorizationMs: money.settings.authorizationMs! } : {}), ...dropped })
  })
  const nextDue = () => {
    due ??= nextDueIn(store)
    // What is looked at once a day for ever is no news: the auditor says whether it should be.
    if (due > world.now() + (drop === 'answers' ? 2 : 1) * horizonMs) return Number.POSITIVE_INFINITY
    return due - cluster.maxSkewMs()
  }
  // Who never gets an answer asks for ever. By then webhooks alone have told all, and what is left to be asked is asked.
  if (drop === 'answers')
    world.at(toldWithinMs(provider?.outageAt != null), null, 'answers arrive again', () => {
      auditMoney({ store, book, money, orders, report, isAsked: false })
      auditClearing({ store, book, report })
      trouble.answer()
    })
  const end = world.run(() => problems.length > 0, nextDue, stepsMax)
  if (end === 'exhausted') report(`it does not come to rest within ${stepsMax} steps`)
  if (end === 'rest' && shopping > 0) report(`${shopping} buyers wait for an answer for ever`)
  if (end === 'rest') {
    server?.audit()
    const placedExpected = shop.isRace ? Math.min(shop.onHand[0]!, shop.buyers) : null
    const isCalm = repeats === 0 && ownFailures.every((kind) => faults.counts[kind] === undefined)
    const commitsAfter: StorageAdapter['commitsAfter'] = server
      ? async (position, limit) => server.commitsAfter(position, limit)
      : store.adapter.commitsAfter
    auditRest({
      world,
      store,
      commitsAfter,
      book,
      peer,
      receivers,
      acknowledged,
      money,
      orders,
      report,
      placedExpected,
      isCalm,
      isThorough,
      drop,
    })
    const settle = () => {
      if (world.run(() => problems.length > 0, nextDue, stepsMax) !== 'rest') report('it does not come to rest while its account is read')
    }
    if (problems.length === 0) explainAccount({ cluster, store, book, tally, report, settle })
  }
  tallyBook(tally, book.all())
  const countOf = (table: string) => store.sql(`select count(*) as "count" from "${table}"`).get()!['count'] as number
  tally.add('orders', countOf('orders'))
  tally.add('payments', countOf('payments'))
  tally.add('discounts used', countOf('discountUses'))
  if (hash) {
    hash.update(JSON.stringify(server?.commitsAfter(0, Number.POSITIVE_INFINITY) ?? []))
    for (const table of ['orders', 'payments', 'effects', 'emails', 'webhookDeliveries', 'stockLevels', '_commits'])
      hash.update(JSON.stringify(store.sql(`select * from "${table}"`).all()))
  }
  const placed = store.sql(`select count(*) as "count" from "orders" where "placedAt" is not null`).get()!['count'] as number
  return {
    seed,
    problems,
    isAtRest: end === 'rest',
    steps: world.steps(),
    faults: faults.counts,
    placed,
    counts: tally.counts,
    digest: hash?.digest('hex') ?? null,
  }
}

type ShopPlan = {
  readonly processes: number
  readonly buyers: number
  readonly onHand: readonly number[]
  /** Everybody wants one of the same thing and pays: as many as there are units must get one. */
  readonly isRace: boolean
  readonly hasStaff: boolean
  readonly troubleMs: number
  /** Everybody is in a hurry, so that much happens at once. */
  readonly isRush: boolean
}

function planShop(dice: Dice, isServed: boolean): ShopPlan {
  const isRace = dice.chance(0.2)
  return {
    processes: Number(dice.weighted({ 1: 1, 2: 4, 3: 1 })),
    // Two are enough for most of what goes wrong between them, and cost least; on a server more of them overlap.
    buyers: isServed ? dice.between(3, 5) : Number(dice.weighted({ 2: 4, 3: 2, 4: 1 })),
    onHand: [dice.between(1, 3), dice.between(1, 4), 50],
    isRace,
    hasStaff: !isRace && dice.chance(0.4),
    troubleMs: dice.pick([15_000, 40_000, 90_000, 35 * 60_000]),
    isRush: isServed && dice.chance(0.5),
  }
}

function planBuyers(dice: Dice, store: Store, shop: ShopPlan): BuyerPlan[] {
  return Array.from({ length: shop.buyers }, (_, index) => {
    const one = { variant: store.variants[0]!, quantity: 1 }
    const some = () => ({ variant: dice.pick(store.variants), quantity: dice.between(1, 2) })
    return {
      name: `buyer ${index + 1}`.replace(' ', ''),
      // Two people can type in one address.
      email: `b${dice.chance(0.1) ? 1 : index + 1}@customers.example`,
      hasAccount: dice.chance(0.3),
      wanted: shop.isRace ? [one] : dice.chance(0.5) ? [one] : [some(), some()],
      isSteady: shop.isRace,
      isHasty: shop.isRush,
    }
  })
}

/** Somebody who knows our address and not our secret. */
async function forgeWebhooks(cluster: Cluster, report: (problem: string) => void, world: ReturnType<typeof createWorld>): Promise<void> {
  for (let count = 0; count < 3; count++) {
    await pause(world, world.dice.between(500, 10_000))
    const body = JSON.stringify({ id: `forged:${count}`, type: 'payment.updated', payment: 'spay_forged', reference: 'pay_forged' })
    const time = Math.floor(world.now() / 1000)
    const headers = { 'sandbox-signature': `t=${time},v1=${'0'.repeat(64)}` }
    const result = await cluster.send({ operation: 'payments.receiveWebhook', input: { provider: 'sandbox' }, rawBody: body, headers })
    if (result.end === 'answered') report('a forged webhook was taken')
  }
}

/** When something in the database is next to be done by somebody who looks. */
function nextDueIn(store: Store): number {
  const row = store
    .sql(
      `select min("at") as "at" from (
        select min("dueAt") as "at" from "effects" where "state"='ready'
        union all select min("dueAt") from "effects" where "state"='running'
        union all select max((select min("expiresAt") from "orders" where "status"='pending_payment'), (select "nextAt" from "schedules" where "name"='orders.expire'))
        union all select max((select min("checkAt") from "payments"), (select "nextAt" from "schedules" where "name"='payments.reconcile'))
        union all select max((select min("lookAt") from "webhookInbox"), (select "nextAt" from "schedules" where "name"='payments.matchWebhooks')))`,
    )
    .get()
  return (row!['at'] as number | null) ?? Number.POSITIVE_INFINITY
}
