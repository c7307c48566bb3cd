/**
 * Putting one more thing in a cart of so many lines: `node bench/add-to-cart.ts [--rounds 60] [--only sqlite,postgres]`. Asked over HTTP without
 * sockets, one request at a time, the sizes in turn; what is told is the median. The answer is the whole cart: its bytes grow with the lines.
 */
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { limits } from '../src/base/limits.ts'
import { address, openWorld } from '../test/support/api-harness.ts'
import { chosenDatabases } from './databases-option.ts'
import { integerOption } from './options.ts'
import { median } from './stats.ts'
import { renderTable } from './table.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '60' }, only: { type: 'string', default: 'sqlite,postgres' } },
})
const rounds = integerOption('rounds', values.rounds, { min: 5, max: 1_000 })
const sizes = [1, 10, 50, 100, 200, limits.cartLinesMax - 1]

type Measured = { readonly ms: number[]; bytes: number }

async function measure(database: string): Promise<void> {
  process.env['DATABASES'] = database
  const world = await openWorld()
  try {
    const staff = async (path: string, body: object) => {
      const { status, body: made } = await world.call('staff', { method: 'POST', url: `/api/${path}`, body })
      if (status !== 201) throw new Error(JSON.stringify(made))
      return made.id as string
    }
    const price = { amount: 1_000, currency: 'EUR' }
    const variants: string[] = []
    // As a cart of books: each is of a product of its own.
    for (let count = 0; count < Math.max(...sizes) + 1; count++) {
      const product = await staff('products', { slug: `book-${count}`, title: `Book ${count}`, status: 'active' })
      variants.push(await staff('variants', { product, sku: `BOOK-${count}`, title: 'Paperback', price }))
    }
    const one = variants.pop()!
    const carts = []
    for (const size of sizes) {
      const lines = variants.slice(0, size).map((variant) => ({ variant }))
      const body = { lines, email: 'ann@example.com', shippingAddress: address, shippingMethod: world.ids['shipping'] }
      const made = await world.call('guest', { method: 'POST', url: '/api/carts', body })
      carts.push({ url: `/api/carts/${made.body.id}/lines`, headers: { 'cart-token': made.body.token as string } })
    }
    const measured = sizes.map((): Measured => ({ ms: [], bytes: 0 }))
    for (let round = 0; round < rounds; round++)
      for (const [index, { url, headers }] of carts.entries()) {
        const begun = performance.now()
        const { status, body, text } = await world.call('guest', { method: 'POST', url, headers, body: { variant: one } })
        const took = performance.now() - begun
        if (status !== 201) throw new Error(text)
        // The first rounds are compiled.
        if (round >= 5) measured[index]!.ms.push(took)
        measured[index]!.bytes = text.length
        const line = body.lines.find(({ variant }: { variant: string }) => variant === one).id
        await world.call('guest', { method: 'DELETE', url: `${url}/${line}`, headers })
      }
    const least = median(measured[0]!.ms)
    const rows = measured.map(({ ms, bytes }, index) => [
      database,
      String(sizes[index]),
      median(ms).toFixed(2),
      (median(ms) / least).toFixed(2),
      String(bytes),
    ])
    console.log(renderTable(['database', 'lines', 'ms', 'times', 'bytes'], rows))
  } finally {
    await world.close()
  }
}

console.log(`load ${loadavg()[0]!.toFixed(1)}`)
for (const name of chosenDatabases(values.only)) await measure(name)
