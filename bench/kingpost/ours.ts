/**
 * Owns how Kingpost itself is started and filled for the benchmarks. What depends on its API beyond `/api/items`
 * stands in this folder.
 */
import assert from 'node:assert/strict'
import { runProgram } from '../children.ts'
import type { Contender, Place, Program } from '../contender.ts'
import type { Send } from '../json-client.ts'
import type { Shop } from './purchase.ts'
import { SANDBOX_SECRET } from './sandbox.ts'

const CONFIG = 'bench/kingpost/kingpost.config.ts'
const STAFF = { email: 'staff@example.com', password: 'bench-only-password-7f3a' }
const CUSTOMER = { email: 'customer@example.com', password: 'bench-only-password-19c4' }
const VARIANT_COUNT = 200
const ON_HAND = 10_000_000
const COMMAND_WITHIN_MS = 30_000

export const ours: Contender = {
  name: 'ours',
  needs: ['src/cli/kingpost.js', CONFIG],
  command: (place) => startOf(place, CONFIG),
  async signIn(place) {
    await post(place, '/api/auth/register', CUSTOMER)
    return logIn(place, CUSTOMER)
  },
}

/** The example shop, which fills its empty database: what somebody waits for who tries it. */
export const demo: Contender = { ...ours, command: (place) => startOf(place, 'examples/bookshop/kingpost.config.ts') }

/** Kingpost with a config of its own. */
export function programOf(config: string): Program {
  return { name: 'ours', command: (place) => startOf(place, config) }
}

function startOf(place: Place, config: string) {
  return {
    args: [
      ...['src/cli/kingpost.js', 'start', '--port', String(place.port), ...dataOf(place, config)],
      ...(place.sandboxUrl === undefined ? [] : ['--sandbox-url', place.sandboxUrl]),
    ],
    env: { KINGPOST_RATE_LIMITS: 'off', KINGPOST_SANDBOX_SECRET: SANDBOX_SECRET },
  }
}

/** Puts products with plenty of stock on sale. `send` speaks as staff. */
export async function openShop(send: Send): Promise<Shop> {
  const create = (path: string, body: unknown) => send({ method: 'POST', path, body })
  const product = await create('/api/products', {
    slug: 'bench',
    title: 'A thing to sell',
    status: 'active',
  })
  const { id: shippingMethod } = await create('/api/shippingMethods', {
    title: 'Parcel',
    price: { amount: 490, currency: 'EUR' },
  })
  const variants: string[] = []
  for (let number = 0; number < VARIANT_COUNT; number++) {
    const price = { amount: 1_999, currency: 'EUR' }
    const variant = await create('/api/variants', {
      product: product.id,
      sku: `B-${number}`,
      title: 'One',
      price,
    })
    const levels = await send({
      method: 'GET',
      path: `/api/stockLevels?filter[variant]=${variant.id}`,
    })
    await send({
      method: 'PATCH',
      path: `/api/stockLevels/${levels.items[0].id}`,
      body: { onHand: ON_HAND },
    })
    variants.push(variant.id)
  }
  return { variants, shippingMethod }
}

/** How many orders are whole: paid, and with the receipt's mail row written. `send` speaks as staff. */
export async function countWholeOrders(send: Send): Promise<number> {
  // A list counts no further than 10,000.
  const counted = async (path: string): Promise<number> => (await send({ method: 'GET', path })).items[0]?.count ?? 0
  const paid = await counted('/api/orders/aggregate?filter[paymentStatus]=paid')
  return Math.min(paid, await counted('/api/emails/aggregate?filter[template]=order_receipt'))
}

/** Makes the first admin as an operator would, on the command line, and signs in. */
export async function signInStaff(place: Place, config = CONFIG): Promise<Headers> {
  const command = ['src/cli/kingpost.js', 'admin', 'create', STAFF.email, '--password-stdin']
  await runProgram(process.execPath, [...command, ...dataOf(place, config)], {
    withinMs: COMMAND_WITHIN_MS,
    input: `${STAFF.password}\n`,
  })
  return logIn(place, STAFF)
}

function dataOf({ dataDir, database }: Place, config: string): string[] {
  return ['--config', config, '--data-dir', dataDir, ...(database === undefined ? [] : ['--database', database])]
}

/** What the process says of its round trips to the database: nothing where there is none to go to. `headers` speak as staff. */
export async function readTraffic({ port }: Place, headers: Headers): Promise<{ roundTrips: number; statements: number } | undefined> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`, { headers })).text()
  const counterOf = (name: string) => new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]
  const [roundTrips, statements] = ['kingpost_database_round_trips_total', 'kingpost_database_statements_total'].map(counterOf)
  return roundTrips === undefined ? undefined : { roundTrips: Number(roundTrips), statements: Number(statements) }
}

type Headers = Readonly<Record<string, string>>

async function logIn(place: Place, { email, password }: typeof CUSTOMER): Promise<Headers> {
  const { token } = await post(place, '/api/auth/login', { email, password })
  return { authorization: `Bearer ${token}` }
}

async function post({ port }: Place, path: string, body: unknown): Promise<{ token?: string }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  assert.ok(response.ok, `POST ${path} answered ${response.status}: ${text}`)
  return JSON.parse(text)
}
