/**
 * Owns measuring whole orders: the limit writes them to storage in groups, Kingpost takes them from shoppers over HTTP.
 * The ratio between the two is small by nature; its floor knows that.
 */
import { runProgram, type Server, type StartOptions, sleep, startServer } from './children.ts'
import { PAUSE_MS, WARM_UP_SECONDS } from './item-turns.ts'
import { withConnections } from './json-client.ts'
import { openShop, ours, type Shop, signInStaff } from './kingpost/ours.ts'
import type { ContenderName } from './options.ts'
import { type Turn, withCosts } from './rounds.ts'
import type { ShoppersResult } from './shoppers.ts'
import { freshDir } from './workspace.ts'

/** As many as connections in the other rounds: that is how many writes can come to wait together. */
const GROUP = 64
const GRACE_MS = 120_000

export type OrderTurns = { readonly turns: readonly Turn[]; stop(): Promise<void> }

export async function prepareOrderTurns(names: readonly ContenderName[], seconds: number): Promise<OrderTurns> {
  const turns: Turn[] = []
  if (names.includes('limit')) turns.push({ name: 'limit', measure: () => measureLimit(seconds) })
  if (!names.includes('ours')) return { turns, stop: async () => {} }
  const { server, turn } = await prepareOurs(seconds)
  turns.push(turn)
  return { turns, stop: () => server.stop() }
}

/** Starts Kingpost with an open shop and lets the first shoppers through to warm it up. */
export async function prepareOurs(
  seconds: number,
  options: StartOptions = {},
): Promise<{ server: Server; turn: Turn; staff: Readonly<Record<string, string>> }> {
  const server = await startServer(ours, freshDir('ours-order'), options)
  const { port } = server.place
  const staff = await signInStaff(server.place)
  let shop: Shop | undefined
  await withConnections({ port, headers: staff }, 1, async (send) => {
    shop = await openShop(send)
  })
  const goShopping = async (forSeconds: number): Promise<ShoppersResult> =>
    JSON.parse(
      await runProgram(process.execPath, ['bench/shoppers.ts', String(port), String(forSeconds)], {
        withinMs: forSeconds * 1_000 + GRACE_MS,
        env: { BENCH_SHOP: JSON.stringify({ shop, staff }) },
      }),
    )
  await goShopping(WARM_UP_SECONDS)
  const turn: Turn = {
    name: 'ours',
    async measure() {
      await sleep(PAUSE_MS)
      const shopped = await withCosts(server.pid, async () => {
        const result = await goShopping(seconds)
        return { ...result, count: result.orders }
      })
      return { ...shopped, errors: 0, generatorShare: shopped.cpuShare }
    },
  }
  return { server, turn, staff }
}

async function measureLimit(seconds: number) {
  const size = ['--seconds', String(seconds), '--groups', String(GROUP)]
  const args = ['bench/limit/order.ts', ...size, '--data-dir', freshDir('limit-order'), '--json']
  const printed = await runProgram(process.execPath, args, { withinMs: seconds * 1_000 + GRACE_MS })
  const [result] = JSON.parse(printed)
  return { ...result, errors: 0 }
}
