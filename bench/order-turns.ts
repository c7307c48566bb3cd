/**
 * Owns measuring whole orders: shoppers buy over HTTP, from Kingpost and from the same purchase written by hand, each with a
 * payment provider in a process of its own. Beside them stands the storage alone, in groups and without HTTP.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram, type Server, type StartOptions, sleep, startServer } from './children.ts'
import type { Place, Program } from './contender.ts'
import { PAUSE_MS, WARM_UP_SECONDS } from './item-turns.ts'
import { withConnections } from './json-client.ts'
import { openShop, ours, signInStaff } from './kingpost/ours.ts'
import type { Basket, Shop } from './kingpost/purchase.ts'
import { startSandbox } from './kingpost/sandbox.ts'
import { handShop } from './limit/shop-program.ts'
import type { ContenderName } from './options.ts'
import { type Round, type Turn, withCosts } from './rounds.ts'
import type { ShopForShoppers, ShoppersResult, Way } from './shoppers.ts'
import { freshDir } from './workspace.ts'

/** As many as connections in the other rounds: that is how many writes can come to wait together. */
const GROUP = 64
const GRACE_MS = 120_000

export type Headers = Readonly<Record<string, string>>
/** A server that sells over HTTP, and how it gets something to sell. */
export type ShopProgram = Program & {
  readonly name: ContenderName
  open(place: Place): Promise<{ shop: Shop; staff: Headers }>
  /** At the end. @throws when its books do not add up */
  check?(place: Place): Promise<void>
}
export type PreparedShop = {
  readonly server: Server
  readonly turn: Turn
  readonly staff: Headers
  readonly shop: Shop
  /** As a turn, of what each guest buys. */
  measure(basket: Basket | undefined): Promise<Round>
  stop(): Promise<void>
}

export type OrderTurns = { readonly turns: readonly Turn[]; stop(): Promise<void> }

/** In every round the storage alone, then the shop by hand, then ours. */
export async function prepareOrderTurns(names: readonly ContenderName[], seconds: number, way: Way): Promise<OrderTurns> {
  const turns: Turn[] = []
  const shops: PreparedShop[] = []
  if (names.includes('limit')) turns.push({ name: 'storage', measure: () => measureStorage(seconds) })
  for (const program of [handShop, ourShop].filter(({ name }) => names.includes(name))) shops.push(await prepareShop(program, seconds, way))
  return {
    turns: [...turns, ...shops.map(({ turn }) => turn)],
    async stop() {
      for (const { stop } of shops) await stop()
    },
  }
}

export const ourShop: ShopProgram = {
  ...ours,
  async open(place) {
    const staff = await signInStaff(place)
    let shop: Shop | undefined
    await withConnections({ port: place.port, headers: staff }, 1, async (send) => {
      shop = await openShop(send)
    })
    return { shop: shop!, staff }
  },
}

/** Starts Kingpost with an open shop and lets the first shoppers through to warm it up. */
export function prepareOurs(seconds: number, options: StartOptions & Way): Promise<PreparedShop> {
  return prepareShop(ourShop, seconds, options)
}

/** As `prepareOurs`, for either shop. */
export async function prepareShop(
  program: ShopProgram,
  seconds: number,
  { flow, hasKeys, basket, ...options }: StartOptions & Way,
): Promise<PreparedShop> {
  const sandbox = await startSandbox(program.name)
  const server = await startServer(program, freshDir(`${program.name}-order`), {
    ...options,
    port: sandbox.shopPort,
    sandboxUrl: sandbox.url,
  })
  const { port } = server.place
  const { shop, staff } = await program.open(server.place)
  const shopFile = join(freshDir(`${program.name}-shop`), 'shop.json')
  const goShopping = async (forSeconds: number, goods = basket): Promise<ShoppersResult> => {
    writeFileSync(shopFile, JSON.stringify({ shop, staff, flow, hasKeys, basket: goods } satisfies ShopForShoppers))
    return JSON.parse(
      await runProgram(process.execPath, ['bench/shoppers.ts', String(port), String(forSeconds)], {
        withinMs: forSeconds * 1_000 + GRACE_MS,
        env: { BENCH_SHOP: shopFile },
      }),
    )
  }
  await goShopping(WARM_UP_SECONDS)
  const measure = async (goods: Basket | undefined): Promise<Round> => {
    await sleep(PAUSE_MS)
    const shopping = async () => {
      const result = await goShopping(seconds, goods)
      return { ...result, count: result.orders }
    }
    const shopped = await withCosts(server.pid, shopping, sandbox.server.pid)
    return { ...shopped, errors: 0, generatorShare: shopped.cpuShare }
  }
  const turn: Turn = { name: program.name, measure: () => measure(basket) }
  const stop = async () => {
    await program.check?.(server.place)
    await server.stop()
    await sandbox.server.stop()
  }
  return { server, turn, staff, shop, measure, stop }
}

async function measureStorage(seconds: number) {
  const size = ['--seconds', String(seconds), '--groups', String(GROUP)]
  const args = ['bench/limit/order.ts', ...size, '--data-dir', freshDir('limit-order'), '--json']
  const printed = await runProgram(process.execPath, args, { withinMs: seconds * 1_000 + GRACE_MS })
  const [result] = JSON.parse(printed)
  return { ...result, errors: 0 }
}
