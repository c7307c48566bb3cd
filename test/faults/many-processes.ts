/**
 * Several real processes over one database server, shoppers in front of them, and kill -9 among them: 3 `api` and
 * 2 `worker,mail` processes, a payment sandbox and a mail server that stand for other companies and are left alone.
 * Every few seconds a random process is killed and started again, once the database server itself. Then all comes to
 * rest, and all books must agree.
 *
 * Among the shoppers are some whose cards are declined again and again, some who sign in on the way to checkout, and
 * somebody gives money back in the provider's dashboard, without the shop; a quarter of the webhooks is lost.
 *
 * `node test/faults/many-processes.ts --database postgres --minutes 60 --clients 64` runs the long one, `--seconds 60` a
 * shorter. `TEST_SEED=123` before it draws as the run that printed seed 123.
 */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Chance, createChance } from '../support/chance.ts'
import { type Cleanable, cleanUp } from '../support/clean-up.ts'
import { type TestDatabase, testDatabases } from '../support/databases.ts'
import type { HttpClient } from '../support/http-client.ts'
import { type CommandProcess, freePort, runCommand, startCommand, temporaryFolder, testConfig } from '../support/server-process.ts'
import type { DatabaseServer } from '../support/servers/database-server.ts'
import { makeArticle, signInAdmin } from '../support/shop.ts'
import { type SmtpPeer, startSmtpPeer } from '../support/smtp-peer.ts'
import { atRest, checkBooks, putRight } from './many-processes/books.ts'
import { runAlone } from './many-processes/run-alone.ts'
import { openSlot, type Slot } from './many-processes/slots.ts'
import { createStreet, type Street } from './many-processes/street.ts'

export type Plan = {
  readonly database: TestDatabase
  readonly seconds: number
  readonly clients: number
  readonly apis: number
  readonly workers: number
  readonly killEveryMs: number
  readonly say: (line: string) => void
}

type Town = {
  readonly plan: Plan
  readonly say: (line: string) => void
  readonly chance: Chance
  readonly t: Cleanable
  readonly server: DatabaseServer
  readonly url: string
  readonly folder: string
  readonly sandbox: CommandProcess
  readonly peer: SmtpPeer
  readonly slots: readonly Slot[]
  /** What must not happen: each is a sentence. */
  readonly troubles: string[]
}

const sandboxSecret = 'words between shop and sandbox'

export async function runManyProcesses(t: Cleanable, plan: Plan): Promise<void> {
  const town = await buildTown(t, plan)
  const [first, ...others] = town.slots
  await open(town, first!)
  // Before the others: each process that finds no admin prints a link, and the last one is the good one.
  const admin = await signInAdmin(first!.running!)
  await Promise.all(others.map((slot) => open(town, slot)))
  const { variant } = await makeArticle(admin, { slug: 'many', onHand: 1_000_000 })
  const token = admin.headers['authorization']!
  await setSandbox(town, troubled)

  const street = createStreet(
    apisOf(town).map(({ port }) => `http://127.0.0.1:${port}`),
    { variant, sandbox: town.sandbox.links['sandbox']!, chance: town.chance },
  )
  const shopping = Promise.all(Array.from({ length: plan.clients }, (_, index) => street.shop(index)))
  const kills = await rage(town)
  street.close()
  await shopping
  await Promise.all(town.slots.map((slot) => (slot.running === null ? open(town, slot) : null)))
  plan.say(`${street.orders.length} orders acknowledged, ${kills} kills; waiting for rest`)
  const staff = first!.running!.guest.with({ authorization: token })
  await setSandbox(town, { webhookLoss: 0, refundFailures: 0 })
  await atRest(staff)
  await putRight({ staff, sandbox: town.sandbox.links['sandbox']!, say: plan.say })
  await finish(town, street, staff)
}

async function buildTown(t: Cleanable, plan: Plan): Promise<Town> {
  const server = await plan.database.startServer()
  cleanUp(t, () => server.kill())
  const url = await server.createDatabase()
  const peer = await startSmtpPeer(t)
  const slots: Slot[] = []
  for (let index = 0; index < plan.apis; index++) slots.push({ role: 'api', port: await freePort(), running: null, isKilled: false })
  for (let index = 0; index < plan.workers; index++)
    slots.push({ role: 'worker,mail', port: await freePort(), running: null, isKilled: false })
  const webhooks = slots.filter(({ role }) => role === 'api').map(({ port }) => `http://127.0.0.1:${port}/api/payments/webhooks/sandbox`)
  const words = ['sandbox', '--json', '--port', '0', '--data-dir', temporaryFolder(t), '--webhook-url', webhooks.join(',')]
  const sandbox = await startCommand(t, words, { KINGPOST_SANDBOX_SECRET: sandboxSecret })
  plan.say(`${server.product} ${server.version}, ${plan.apis} api and ${plan.workers} worker processes, ${plan.clients} clients`)
  return {
    plan,
    say: plan.say,
    chance: createChance(plan.say),
    t,
    server,
    url,
    folder: temporaryFolder(t),
    sandbox,
    peer,
    slots,
    troubles: [],
  }
}

function apisOf({ slots }: Town): Slot[] {
  return slots.filter(({ role }) => role === 'api')
}

/** Starts the slot's process; again and again while the database is away. */
async function open(town: Town, slot: Slot): Promise<void> {
  const { url, folder, sandbox, peer } = town
  await openSlot(town, slot, {
    dataFolder: folder,
    args: ['--database', url, '--role', slot.role, '--port', String(slot.port), '--sandbox-url', sandbox.links['sandbox']!],
    env: { KINGPOST_SMTP_URL: peer.url, KINGPOST_SANDBOX_SECRET: sandboxSecret },
  })
}

/** Decisions take a moment, and not the fifteen seconds of a real bank. Some refunds fail, and many webhooks are lost. */
const troubled = {
  cardMs: 100,
  delayedMs: 1_000,
  refundMs: 300,
  refundFailures: 0.05,
  webhookJitterMs: 200,
  webhookBare: 0.3,
  webhookCopies: 2,
  webhookLoss: 0.5,
}

async function setSandbox({ sandbox }: Town, settings: Readonly<Record<string, number>>): Promise<void> {
  const answer = await fetch(`${sandbox.links['sandbox']}/sandbox/settings`, {
    method: 'PUT',
    body: JSON.stringify(settings),
  })
  assert.equal(answer.status, 200, await answer.text())
}

/** Kills until the time is over. Answers how many died. */
async function rage(town: Town): Promise<number> {
  const { plan, slots, server } = town
  const chance = town.chance.fork('kills')
  const endsAt = performance.now() + plan.seconds * 1_000
  const restartAt = performance.now() + (plan.seconds * 1_000) / 2
  let kills = 0
  let isRestarted = false
  const opening = new Set<Promise<void>>()
  while (performance.now() < endsAt) {
    await sleep(plan.killEveryMs)
    if (!isRestarted && performance.now() > restartAt) {
      isRestarted = true
      plan.say('the database server is killed and started again')
      await server.kill()
      await server.start()
    }
    const up = slots.filter(({ running }) => running !== null)
    if (up.length === 0) continue
    const slot = chance.pick(up)
    slot.isKilled = true
    slot.running!.kill('SIGKILL')
    await slot.running!.ended
    kills++
    const killedAt = performance.now()
    const again = open(town, slot)
      .then(() => plan.say(`${slot.role} was killed and is back after ${((performance.now() - killedAt) / 1_000).toFixed(1)} s`))
      .finally(() => opening.delete(again))
    opening.add(again)
  }
  await Promise.all(opening)
  return kills
}

async function finish(town: Town, street: Street, staff: HttpClient): Promise<void> {
  const { plan, peer, slots, troubles, url } = town
  const report = await checkBooks({ staff, street, sandbox: town.sandbox.links['sandbox']!, peer })
  plan.say(report.join('\n'))
  const checked = await runCommand(['verify', '--config', testConfig, '--database', url])
  assert.equal(checked.code, 0, `${checked.stdout}${checked.stderr}`)
  for (const slot of slots) {
    slot.isKilled = true
    const { code, stderr } = await slot.running!.stop()
    if (code !== 0) troubles.push(`${slot.role} ended with ${code}: ${stderr.slice(-2_000)}`)
  }
  assert.deepEqual([...troubles, ...street.troubles], [])
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      database: { type: 'string', default: 'postgres' },
      seconds: { type: 'string', default: '60' },
      minutes: { type: 'string' },
      clients: { type: 'string', default: '64' },
      apis: { type: 'string', default: '3' },
      workers: { type: 'string', default: '2' },
      'kill-every': { type: 'string', default: '5' },
    },
  })
  process.env['DATABASES'] = values.database
  await runAlone((t, say) =>
    runManyProcesses(t, {
      database: testDatabases()[0]!,
      seconds: values.minutes === undefined ? Number(values.seconds) : Number(values.minutes) * 60,
      clients: Number(values.clients),
      apis: Number(values.apis),
      workers: Number(values.workers),
      killEveryMs: Number(values['kill-every']) * 1_000,
      say,
    }),
  )
}
