// A shop with much in it, made by the engine itself: every order went through cart, checkout, payment and
// receipt, so all invariants hold; notes are written in bulk, as an import would write them.
import { guestActor } from '../../src/access/actor.ts'
import { systemClock } from '../../src/base/clock.ts'
import { serve } from '../../src/cli/serve.ts'
import { type ProcessSettings, readSettings } from '../../src/cli/settings.ts'
import { oneOf } from '../../src/contract/filter.ts'
import { effects } from '../../src/effects/effect.ts'
import type { Engine } from '../../src/engine/create-engine.ts'
import { inTransaction } from '../../src/storage/in-transaction.ts'
import { createHttpClient } from './http-client.ts'
import { testConfig } from './server-process.ts'
import { address, makeArticle, signInAdmin } from './shop.ts'

export type LargeShop = { readonly dataFolder: string; readonly orders: number; readonly records: number }

const shoppersAtOnce = 64
const notesPerCommit = 500

/** Fills an empty SQLite folder. `tell` is given a line now and then. */
export async function makeLargeShop({ dataFolder, orders, records }: LargeShop, tell: (line: string) => void = () => {}): Promise<void> {
  const words = ['start', '--config', testConfig, '--data-dir', dataFolder, '--port', '0']
  const running = await serve(readSettings(words, { KINGPOST_RATE_LIMITS: 'off' }) as ProcessSettings)
  const url = `http://127.0.0.1:${new URL(running.url).port}`
  const guest = createHttpClient(url)
  try {
    const admin = await signInAdmin({ links: { firstAdmin: running.setUpLink! }, guest })
    const { variant } = await makeArticle(admin, { slug: 'large', onHand: 10_000_000 })
    await writeNotes(running.engine, records, tell)
    let next = 0
    const startedAt = systemClock.monotonic()
    const shopper = async () => {
      while (next < orders) {
        const number = next++
        await buy(running.engine, variant, number)
        if (number > 0 && number % 5_000 === 0)
          tell(`${number} orders, ${Math.round(number / ((systemClock.monotonic() - startedAt) / 1_000))} per second`)
      }
    }
    await Promise.all(Array.from({ length: shoppersAtOnce }, shopper))
    await atRest(running.engine)
  } finally {
    await running.close()
  }
}

async function writeNotes({ parts, newId }: Engine, count: number, tell: (line: string) => void): Promise<void> {
  const cause = { operation: 'notes.import', actor: 'system', requestId: '' }
  for (let from = 0; from < count; from += notesPerCommit) {
    await inTransaction(parts, cause, async (tx) => {
      for (let number = from; number < Math.min(count, from + notesPerCommit); number++)
        await tx.insert({ name: 'notes' }, {
          id: newId('note'),
          text: `Note ${number} über 'dies' und "das"`,
          owner: null,
          number,
        } as never)
    })
    if (from > 0 && from % 100_000 === 0) tell(`${from} notes`)
  }
}

async function buy(engine: Engine, variant: string, number: number): Promise<void> {
  const visitor = guestActor('198.51.100.7')
  const cart = (await run(engine, 'carts.create', visitor, { email: `buyer${number}@mail.example` })) as { id: string; token: string }
  const credentials = { authorization: undefined, cookie: undefined, cartToken: cart.token, network: '198.51.100.7' }
  const holder = await engine.authenticate(credentials)
  await run(engine, 'carts.addLine', holder, { id: cart.id, variant, quantity: 1 + (number % 3) })
  await run(engine, 'carts.update', holder, { id: cart.id, shippingAddress: address })
  await run(engine, 'orders.checkOut', holder, { id: cart.id, payment: { provider: 'sandbox', method: 'card_success' } })
}

async function run(engine: Engine, name: string, actor: Awaited<ReturnType<Engine['authenticate']>>, input: unknown): Promise<unknown> {
  const operation = engine.operations.find((one) => one.name === name)!
  const request = { id: engine.newId('req'), ifMatch: null, ifNoneMatch: null, rawBody: null, headers: {} }
  return (await engine.run(operation, { input, actor, idempotencyKey: null, request })).output
}

/** Until everything that is owed is carried out: payments captured, receipts written. */
async function atRest({ parts }: Engine): Promise<void> {
  const read = parts.storage.reader
  for (;;) {
    const owed = await read.count(effects, oneOf('state', ['ready', 'running']))
    const open = await read.count({ name: 'orders' }, { op: 'eq', path: 'status', value: 'pending_payment' })
    if (owed + open === 0) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
