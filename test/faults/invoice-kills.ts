/**
 * Kill -9 while invoices are issued, again and again on the same data: their numbers are 1 to n all the same, each once, and every order
 * that was asked for has its invoice.
 *
 * `node --disable-warning=ExperimentalWarning test/faults/invoice-kills.ts --database sqlite --kills 200`, or `postgres`, `mariadb`.
 * `TEST_SEED=123` before it draws as the run that printed seed 123.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createChance } from '../support/chance.ts'
import type { Cleanable } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import { type Body, expectStatus, type HttpClient } from '../support/http-client.ts'
import { type ServerProcess, startServer, temporaryFolder, verify } from '../support/server-process.ts'
import { effectsAtRest, makeArticle, makeCart, signInAdmin } from '../support/shop.ts'

const config = join(import.meta.dirname, 'invoice-kills/invoice-kills.config.ts')
/** Who buys and asks at once. */
const askers = 8

export type Killed = { readonly kills: number; readonly invoices: number; readonly orders: number }

export async function killWhileIssuing(
  t: Cleanable,
  { kills, say }: { readonly kills: number; readonly say: (line: string) => void },
): Promise<Killed> {
  const chance = createChance(say)
  const dataFolder = temporaryFolder(t)
  let server = await startServer(t, { dataFolder, config })
  const admin = await signInAdmin(server)
  const token = admin.headers['authorization']!
  const { variant } = await makeArticle(admin, { slug: 'invoiced', onHand: 1_000_000 })
  const asked: string[] = []
  for (let kill = 1; kill <= kills; kill++) {
    const before = asked.length
    const running = { isOver: false }
    const asking = Promise.all(Array.from({ length: askers }, () => ask(server, { token, variant, asked, running })))
    await eventually('the first invoice of this round', async () => (asked.length > before ? true : null))
    await sleep(chance.below(120))
    server.kill('SIGKILL')
    await server.ended
    running.isOver = true
    await asking
    server = await startServer(t, { dataFolder, config })
    if (kill % 50 === 0 || kill === kills) say(`${kill} kills: ${(await look(server, { token, asked })).length} invoices`)
  }
  const numbers = await look(server, { token, asked })
  await server.stop()
  const checked = await verify(dataFolder, config)
  assert.equal(checked.code, 0, `${checked.stdout}${checked.stderr}`)
  return { kills, invoices: numbers.length, orders: asked.length }
}

type Asking = { readonly token: string; readonly variant: string; readonly asked: string[]; readonly running: { isOver: boolean } }

/** Buys for nothing, so that orders are placed at once, and has each invoiced by itself and by staff. */
async function ask({ guest }: ServerProcess, { token, variant, asked, running }: Asking): Promise<void> {
  while (!running.isOver) {
    try {
      const cart = await makeCart(guest, [{ variant }])
      const answer = await cart.holder.post(`/api/carts/${cart.id}/checkout`, { payment: { provider: 'sandbox', method: 'card_success' } })
      const order = answer.body?.order?.id as string | undefined
      if (order === undefined) continue
      const staff = guest.with({ authorization: token })
      const issued = await eventually('the order is placed', async () => {
        const made = await staff.post(`/api/orders/${order}/invoices`)
        return made.status === 409 ? null : made
      })
      if (issued.status < 300) asked.push(order)
    } catch {
      // It is being killed.
      if (!running.isOver) await sleep(5)
    }
  }
}

/** @returns the numbers, which are 1 to n. */
async function look(server: ServerProcess, { token, asked }: Pick<Asking, 'token' | 'asked'>): Promise<number[]> {
  const staff: HttpClient = server.guest.with({ authorization: token })
  await effectsAtRest(staff, 60_000)
  const all: Body[] = await staff.all('/api/invoices')
  const numbers = all.map(({ sequence }) => sequence as number).toSorted((a, b) => a - b)
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => index + 1),
    'the numbers of invoices are 1 to n',
  )
  const invoiced = new Map<string, number>()
  for (const { order } of all) invoiced.set(order, (invoiced.get(order) ?? 0) + 1)
  for (const order of asked) assert.equal(invoiced.get(order), 1, `order ${order} was answered with its invoice`)
  expectStatus(await staff.get('/api/invoices?limit=1'), 200)
  return numbers
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { database: { type: 'string', default: 'sqlite' }, kills: { type: 'string', default: '200' } } })
  process.env['DATABASES'] = values.database
  const steps: (() => unknown)[] = []
  const t = { after: (step: () => unknown) => void steps.push(step) } as never as Cleanable
  process.exitCode = 1
  try {
    const done = await killWhileIssuing(t, { kills: Number(values.kills), say: console.log })
    console.log(
      `${values.database}: ${done.kills} kills, ${done.invoices} invoices numbered 1 to ${done.invoices}, ${done.orders} answered, and all invariants hold.`,
    )
    process.exitCode = 0
  } catch (error) {
    console.error(error)
  } finally {
    for (const step of steps.reverse()) await step()
  }
}
