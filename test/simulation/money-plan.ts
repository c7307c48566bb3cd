// How money moves in a run besides the straight way: captured later and by hand, approved before it is taken, disputed, captured
// and given up in the provider's dashboard, refunds and captures that take their time and fail. It has dice of its own, so that
// runs without any of it stay as they are.
import type { Actor } from '../../src/access/actor.ts'
import type { SandboxBook } from '../../src/sandbox/book.ts'
import { capturableOf, refundableOf } from '../../src/sandbox/payment.ts'
import { SandboxRefusal } from '../../src/sandbox/refusal.ts'
import type { SandboxSettings } from '../../src/sandbox/settings.ts'
import { pause } from './buyer.ts'
import type { Cluster } from './cluster.ts'
import type { Store } from './store.ts'
import type { Tally } from './tally.ts'
import { createDice, type Dice, type World } from './world.ts'

export type MoneyPlan = {
  readonly dice: Dice
  /** Checkout authorizes, and staff capture. */
  readonly isCapturedLater: boolean
  /** Some buyers approve before the shop takes the money. */
  readonly isApproved: boolean
  readonly isDisputed: boolean
  /** In the dashboard: captures, and gives up. */
  readonly hasDashboard: boolean
  readonly settings: Partial<SandboxSettings>
}

const enabledShare = 0.3
const minuteMs = 60_000

/** Null: all goes the straight way. */
export function planMoney(seed: number): MoneyPlan | null {
  const dice = createDice(seed + 77_000_001)
  if (!dice.chance(enabledShare)) return null
  const [isCapturedLater, isApproved, isDisputed] = [dice.chance(0.5), dice.chance(0.5), dice.chance(0.5)]
  return {
    dice,
    isCapturedLater,
    isApproved,
    isDisputed,
    hasDashboard: isCapturedLater && dice.chance(0.8),
    settings: {
      authorizationMs: dice.pick([3 * minuteMs, 45 * minuteMs, 24 * 60 * minuteMs]),
      captureMs: dice.pick([0, 800, 800, 5 * minuteMs]),
      captureFailures: dice.pick([0.3, 0.7, 0.7]),
      refundMs: dice.pick([0, 0, 3_000]),
      feePpm: 14_000,
      feeFixedMinor: 25,
    },
  }
}

export type MoneyParts = { readonly world: World; readonly cluster: Cluster; readonly store: Store; readonly book: SandboxBook }

const staff: Actor = {
  ...{ kind: 'user', id: 'usr_staff', email: 'staff@shop.example', roles: ['admin'], session: null, provenAgoMs: 0 },
  ...{ cartTokenHash: null, linkedOrder: null, origin: 'office' },
}
const workMs = 2 * minuteMs

/** Staff who capture what was authorized, or give it up. */
export async function captureOrders({ world, cluster, store }: MoneyParts, { dice }: MoneyPlan): Promise<void> {
  for (let count = 0; world.elapsed() < workMs; count++) {
    await pause(world, dice.between(500, 15_000))
    const rows = store.sql(`select "id","capturable_amount" as "left" from "payments" where "capturable_amount" > 0`).all()
    if (rows.length === 0) continue
    const { id, left } = dice.pick(rows) as { id: string; left: number }
    const part = { amount: { amount: dice.between(1, left), currency: 'EUR' }, ...(dice.chance(0.5) ? { final: dice.chance(0.5) } : {}) }
    const isVoid = dice.chance(0.15)
    const input = isVoid || dice.chance(0.6) ? { id } : { id, ...part }
    await cluster.send({ operation: isVoid ? 'payments.void' : 'payments.capture', input, actor: staff, key: `capture-${count}` })
  }
}

const turnsMax = 12

/** What banks and the provider's dashboard do without the shop. */
export async function moveMoney({ world, book }: MoneyParts, { dice, isDisputed, hasDashboard }: MoneyPlan, tally: Tally): Promise<void> {
  if (!isDisputed && !hasDashboard) return
  for (let turn = 0; turn < turnsMax; turn++) {
    await pause(world, dice.between(500, 12_000))
    const all = book.all()
    const [taken, held] = [all.filter((one) => refundableOf(one) > 0), all.filter((one) => capturableOf(one) > 0)]
    const open = all
      .flatMap(({ disputes }) => disputes)
      .filter(({ status }) => ['warning', 'needs_response', 'under_review'].includes(status))
    if (isDisputed && taken.length > 0 && dice.chance(0.3)) {
      const payment = dice.pick(taken)
      const amount = dice.chance(0.5) ? {} : { amountMinor: dice.between(1, refundableOf(payment)) }
      unlessRefused(() => book.dispute(payment.id, { ...amount, isWarning: dice.chance(0.2) }))
    }
    if (open.length > 0 && dice.chance(0.5))
      unlessRefused(() =>
        book.moveDispute(dice.pick(open).id, dice.pick(['withdraw', 'respond', 'win', 'win', 'lose', 'lose', 'close'] as const)),
      )
    if (hasDashboard && held.length > 0 && dice.chance(0.4)) {
      const { id } = dice.pick(held)
      const isVoid = dice.chance(0.5)
      const isDone = unlessRefused(() => (isVoid ? book.cancel(id) : book.captureInDashboard(id)))
      if (isDone) tally.add(isVoid ? 'void in the dashboard' : 'capture in the dashboard')
    }
  }
}

/** What the provider does not do is no fault of the shop. Answers whether it did. */
export function unlessRefused(act: () => unknown): boolean {
  try {
    act()
    return true
  } catch (error) {
    if (!(error instanceof SandboxRefusal)) throw error
    return false
  }
}
