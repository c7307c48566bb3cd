/**
 * Putting one more thing in a cart of so many lines: `node bench/add-to-cart.ts [--rounds 9] [--only sqlite,postgres]`. Over HTTP, one request at a
 * time, sizes in turn; answered with the whole cart, whose bytes grow with its lines, and with nothing (`Prefer: return=minimal`). What is told
 * are medians of rounds: milliseconds until the answer, and the CPU of the shop's process.
 */
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { limits } from '../src/base/limits.ts'
import { createDatabaseOf, type DatabaseName } from '../test/support/databases.ts'
import { killChildren, startServer } from './children.ts'
import { chosenDatabases } from './databases-option.ts'
import { HttpConnection } from './http-connection.ts'
import { createSend, type Send, withConnections } from './json-client.ts'
import { ours, signInStaff } from './kingpost/ours.ts'
import { contactOf } from './kingpost/purchase.ts'
import { integerOption } from './options.ts'
import { readCpuUs } from './proc.ts'
import { median } from './stats.ts'
import { renderTable } from './table.ts'
import { freshDir } from './workspace.ts'

const sizes = [1, 10, 50, 100, 200, limits.cartLinesMax - 1]
/** The first rounds are compiled. */
const warming = 2
/** Of one cart in a row, behind one that is not counted: it finds what the cart before it has left to be cleaned up. */
const atOnce = 20
const forms: readonly { readonly name: string; readonly headers: Readonly<Record<string, string>> }[] = [
  { name: 'the cart', headers: {} },
  { name: 'nothing', headers: { prefer: 'return=minimal' } },
]

type Measured = { readonly name: string; readonly size: number; readonly ms: number[]; readonly cpuUs: number[] }

async function measure(name: DatabaseName, rounds: number): Promise<void> {
  const database = name === 'sqlite' ? null : await createDatabaseOf(name).startServer()
  const url = await database?.createDatabase()
  const server = await startServer(ours, freshDir('add-to-cart'), url === undefined ? {} : { database: url })
  const { port } = server.place
  let goods: Goods = { variants: [], shippingMethod: '' }
  await withConnections({ port, headers: await signInStaff(server.place) }, 1, async (send) => {
    goods = await offerBooks(send)
  })
  const connection = await HttpConnection.open(port)
  const carts = await fillCarts(createSend(connection, {}), goods)
  const results = forms.flatMap((form) =>
    carts.all.map(({ id, token, size }) => {
      const send = createSend(connection, { 'cart-token': token, ...form.headers })
      const add = async () => await send({ method: 'POST', path: `/api/carts/${id}/lines`, body: { variant: carts.one } })
      return { add, measured: { name: form.name, size, ms: [], cpuUs: [] } as Measured }
    }),
  )
  for (let round = 0; round < warming + rounds; round++) {
    for (const { add, measured } of results) {
      await add()
      const [cpuUs, begun] = [readCpuUs(server.pid) ?? Number.NaN, performance.now()]
      for (let count = 0; count < atOnce; count++) await add()
      if (round < warming) continue
      measured.ms.push((performance.now() - begun) / atOnce)
      measured.cpuUs.push(((readCpuUs(server.pid) ?? Number.NaN) - cpuUs) / atOnce)
    }
    console.error(`round ${round + 1}/${warming + rounds} ${name}`)
  }
  connection.close()
  await server.stop()
  await database?.stop()
  console.log(
    render(
      name,
      results.map(({ measured }) => measured),
    ),
  )
}

type Carts = {
  /** The variant that is put in: of none of the lines. */
  readonly one: string
  readonly all: readonly { readonly id: string; readonly token: string; readonly size: number }[]
}

type Goods = { readonly variants: readonly string[]; readonly shippingMethod: string }

/** As in a cart of books: each line is of a product of its own. */
async function offerBooks(send: Send): Promise<Goods> {
  const create = async (path: string, body: object): Promise<string> => (await send({ method: 'POST', path: `/api/${path}`, body })).id
  const shippingMethod = await create('shippingMethods', { title: 'Parcel', price: { amount: 490, currency: 'EUR' } })
  const variants: string[] = []
  for (let count = 0; count <= Math.max(...sizes); count++) {
    const product = await create('products', { slug: `book-${count}`, title: `Book ${count}`, status: 'active' })
    const price = { amount: 1_999, currency: 'EUR' }
    variants.push(await create('variants', { product, sku: `BOOK-${count}`, title: 'Paperback', price }))
  }
  return { variants, shippingMethod }
}

/** Of a guest. */
async function fillCarts(send: Send, { variants, shippingMethod }: Goods): Promise<Carts> {
  const [one, ...others] = variants
  const all: { id: string; token: string; size: number }[] = []
  for (const size of sizes) {
    const lines = others.slice(0, size).map((variant) => ({ variant }))
    const { id, token } = await send({ method: 'POST', path: '/api/carts', body: { ...contactOf(size, shippingMethod), lines } })
    all.push({ id, token, size })
  }
  return { one: one!, all }
}

function render(database: string, results: readonly Measured[]): string {
  const rows = results.map(({ name, size, ms, cpuUs }) => {
    const least = results.find((one) => one.name === name)!
    const times = (of: 'ms' | 'cpuUs') => (median(of === 'ms' ? ms : cpuUs) / median(least[of])).toFixed(2)
    return [database, name, String(size), median(ms).toFixed(2), times('ms'), median(cpuUs).toFixed(0), times('cpuUs')]
  })
  return renderTable(['database', 'answer', 'lines', 'ms', 'times', 'CPU us', 'times'], rows)
}

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '9' }, only: { type: 'string', default: 'sqlite,postgres' } },
})
try {
  const rounds = integerOption('rounds', values.rounds, { min: 3, max: 1_000 })
  console.log(`load average before ${loadavg()[0]!.toFixed(1)}, ${rounds} rounds of ${atOnce}`)
  for (const name of chosenDatabases(values.only)) await measure(name, rounds)
} finally {
  killChildren()
}
