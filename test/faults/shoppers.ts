/**
 * A shop in a storm: shoppers at real processes, which are killed with kill -9 every few seconds and started again, and the provider's
 * process once; between provider and shop a relay that hands webhooks on doubled, shuffled and late. Then all comes to rest, the provider's
 * account is read, and all books must agree: no order that was paid is lost, nobody pays twice, and the clearing account of the ledger
 * holds what the provider's account holds, to the cent.
 *
 * `npm run shoppers -- --database sqlite --provider stripe --shoppers 64 --seconds 60 --kill-every 5 --webhooks doubled,shuffled,late`
 * On SQLite there is one process of the shop, on a server two. `TEST_SEED=123` before it draws as the run that printed seed 123.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Chance, createChance } from '../support/chance.ts'
import { type Cleanable, cleanUp } from '../support/clean-up.ts'
import { type TestDatabase, testDatabases } from '../support/databases.ts'
import { createHttpClient } from '../support/http-client.ts'
import { type CommandProcess, freePort, runCommand, startCommand, temporaryFolder } from '../support/server-process.ts'
import { makeArticle, signInAdmin } from '../support/shop.ts'
import { type SmtpPeer, startSmtpPeer } from '../support/smtp-peer.ts'
import { runAlone } from './many-processes/run-alone.ts'
import { openSlot, type Slot } from './many-processes/slots.ts'
import { type Crowd, createCrowd } from './shoppers/crowd.ts'
import { drain, type Judged, judge, reconcile } from './shoppers/judge.ts'
import { type Relay, startRelay, type WebhookWord, webhookWords } from './shoppers/relay.ts'

export const providers = ['sandbox', 'stripe', 'paypal', 'mollie'] as const
export type ProviderName = (typeof providers)[number]

export type Storm = {
  readonly database: TestDatabase
  readonly provider: ProviderName
  readonly shoppers: number
  readonly seconds: number
  readonly killEveryMs: number
  readonly webhooks: readonly WebhookWord[]
  readonly say: (line: string) => void
}

type Town = {
  readonly storm: Storm
  readonly say: (line: string) => void
  readonly chance: Chance
  readonly t: Cleanable
  /** The words that name the database. */
  readonly database: readonly string[]
  readonly folder: string
  readonly slots: readonly Slot[]
  readonly relay: Relay
  readonly peer: SmtpPeer
  readonly provider: { readonly port: number; readonly folder: string; running: CommandProcess | null }
  readonly troubles: string[]
}

const sandboxSecret = 'words between shop and sandbox'
const config = join(import.meta.dirname, 'shoppers/shoppers.config.ts')
const onHand = 1_000_000
const tellEveryMs = 5_000

/** Decisions take a moment, and not the fifteen seconds of a real bank. */
const quick = { cardMs: 100, delayedMs: 1_500, refundMs: 200, webhookJitterMs: 200 }

export async function weather(t: Cleanable, storm: Storm): Promise<void> {
  const { say, provider } = storm
  const town = await buildTown(t, storm)
  const { relay, slots } = town
  await openProvider(town)
  await open(town, slots[0]!)
  // Its links are those of the relay, which knows of processes that are not up yet.
  const guest = createHttpClient(`http://127.0.0.1:${slots[0]!.port}`)
  const admin = await signInAdmin({ links: slots[0]!.running!.links, guest })
  await Promise.all(slots.slice(1).map((slot) => open(town, slot)))
  const { variant, stockLevel } = await makeArticle(admin, { slug: 'storm', onHand })
  const site = siteOf(town)
  await setSandbox(site, quick)
  const crowd = createCrowd({
    urls: slots.map(({ port }) => `http://127.0.0.1:${port}`),
    ...{ provider, variant, site, chance: town.chance },
    staffToken: admin.headers['authorization']!.slice('Bearer '.length),
  })
  const shopping = Promise.all(Array.from({ length: storm.shoppers }, (_, index) => crowd.shop(index)))
  const kills = await rage(town, crowd)
  crowd.close()
  await shopping
  relay.calm()
  await Promise.all(slots.map((slot) => (slot.running === null ? open(town, slot) : null)))
  const { came, handedOn, taken, outOfOrder, late } = relay.counts
  say(`${crowd.orders.length} orders acknowledged, ${kills} kills; ${came} webhooks came, ${handedOn} were handed on, ${taken} taken,`)
  say(`${outOfOrder} after a later one, ${late} late; waiting for rest`)
  await finish(town, {
    ...{ crowd, provider, site, stockLevel, onHand, say, peer: town.peer },
    staff: admin,
  })
}

async function buildTown(t: Cleanable, storm: Storm): Promise<Town> {
  const { say, database } = storm
  const chance = createChance(say)
  const folder = temporaryFolder(t)
  const slots: Slot[] = []
  for (let count = 0; count < (database.isServer ? 2 : 1); count++)
    slots.push({ role: `shop ${count + 1}`, port: await freePort(), running: null, isKilled: false })
  const words = database.isServer ? ['--database', await databaseAt(t, storm)] : []
  const relay = await startRelay(t, { ports: slots.map(({ port }) => port), chance: chance.fork('relay'), words: storm.webhooks })
  const provider = { port: await freePort(), folder: temporaryFolder(t), running: null }
  const peer = await startSmtpPeer(t)
  say(
    `${database.name}, ${storm.provider}, ${slots.length} shop ${slots.length === 1 ? 'process' : 'processes'}, ${storm.shoppers} shoppers, ` +
      `${storm.seconds} s, a kill every ${storm.killEveryMs / 1_000} s, webhooks ${storm.webhooks.join(', ') || 'as they come'}`,
  )
  return { storm, say, chance, t, database: words, folder, slots, relay, peer, provider, troubles: [] }
}

async function databaseAt(t: Cleanable, { database }: Storm): Promise<string> {
  const server = await database.startServer()
  cleanUp(t, () => server.kill())
  return await server.createDatabase()
}

async function openProvider({ t, provider, relay }: Town): Promise<void> {
  const words = ['sandbox', '--json', '--port', String(provider.port), '--data-dir', provider.folder]
  const webhooks = ['--webhook-url', `${relay.url}/api/payments/webhooks/sandbox`]
  provider.running = await startCommand(t, [...words, ...webhooks], { KINGPOST_SANDBOX_SECRET: sandboxSecret })
}

/** Where the provider is: its own site, or the sandbox's. */
function siteOf({ provider, storm }: Town): string {
  const url = `http://127.0.0.1:${provider.port}/sandbox`
  return storm.provider === 'sandbox' ? url : `${url}/${storm.provider}`
}

async function setSandbox(site: string, settings: Readonly<Record<string, number>>): Promise<void> {
  const answer = await fetch(`${site}/settings`, { method: 'PUT', body: JSON.stringify(settings) })
  assert.equal(answer.status, 200, await answer.text())
}

async function open(town: Town, slot: Slot): Promise<void> {
  const { folder, database, provider, relay, peer, storm } = town
  await openSlot(town, slot, {
    config,
    dataFolder: folder,
    args: [
      ...database,
      ...['--host', '127.0.0.1', '--port', String(slot.port), '--public-url', relay.url],
      ...['--sandbox-url', `http://127.0.0.1:${provider.port}`],
    ],
    env: { PAYMENTS: storm.provider, KINGPOST_SMTP_URL: peer.url, KINGPOST_SANDBOX_SECRET: sandboxSecret },
  })
}

/** Kills until the time is over, and says how it goes. Answers how many died. */
async function rage(town: Town, crowd: Crowd): Promise<number> {
  const { storm, slots, say } = town
  const chance = town.chance.fork('kills')
  const startedAt = performance.now()
  const endsAt = startedAt + storm.seconds * 1_000
  const opening = new Set<Promise<void>>()
  let [kills, isProviderKilled] = [0, false]
  const telling = setInterval(() => {
    const placed = crowd.orders.filter(({ isPlaced }) => isPlaced).length
    say(`${crowd.orders.length} orders, ${placed} seen placed, ${kills} kills, ${town.relay.counts.came} webhooks`)
  }, tellEveryMs)
  while (performance.now() < endsAt) {
    await sleep(Math.min(storm.killEveryMs, Math.max(0, endsAt - performance.now())))
    if (!isProviderKilled && performance.now() - startedAt > (storm.seconds * 1_000) / 2) {
      isProviderKilled = true
      await killProvider(town)
      kills++
    }
    const up = slots.filter(({ running }) => running !== null)
    if (up.length === 0 || performance.now() >= endsAt) continue
    const slot = chance.pick(up)
    slot.isKilled = true
    slot.running!.kill('SIGKILL')
    await slot.running!.ended
    kills++
    const again = open(town, slot).finally(() => opening.delete(again))
    opening.add(again)
  }
  clearInterval(telling)
  await Promise.all(opening)
  return kills
}

async function killProvider(town: Town): Promise<void> {
  const { provider, say } = town
  const before = provider.running!
  before.kill('SIGKILL')
  await before.ended
  await openProvider(town)
  await setSandbox(siteOf(town), quick)
  say("the provider's process was killed, and is back")
}

async function finish(town: Town, judged: Judged): Promise<void> {
  const { say, slots, troubles, database, folder } = town
  const { crowd } = judged
  await drain(judged)
  await reconcile(judged)
  const lines = await judge(judged)
  const answers = [...crowd.counts].toSorted(([a], [b]) => a - b).map(([status, count]) => `${status || 'no answer'}: ${count}`)
  for (const line of [...lines, `answers ${answers.join(', ')}`, [...crowd.deeds].map(([deed, count]) => `${count} ${deed}`).join(', ')])
    say(line)
  const where = database.length > 0 ? database : ['--data-dir', folder]
  const checked = await runCommand(['verify', '--config', config, ...where], { env: { PAYMENTS: town.storm.provider } })
  assert.equal(checked.code, 0, `${checked.stdout}${checked.stderr}`)
  for (const slot of slots) {
    slot.isKilled = true
    const { code, stderr } = await slot.running!.stop()
    if (code !== 0) troubles.push(`${slot.role} ended with ${code}: ${stderr.slice(-2_000)}`)
  }
  assert.deepEqual([...troubles, ...crowd.troubles], [])
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      database: { type: 'string', default: 'sqlite' },
      provider: { type: 'string', default: 'stripe' },
      shoppers: { type: 'string', default: '64' },
      seconds: { type: 'string', default: '60' },
      'kill-every': { type: 'string', default: '5' },
      webhooks: { type: 'string', default: webhookWords.join(',') },
    },
  })
  process.env['DATABASES'] = values.database
  const known = <T extends string>(word: string, words: readonly T[]): T => {
    const found = words.find((one) => one === word)
    if (found === undefined) throw new Error(`one of ${words.join(', ')} is known, and not ${word}`)
    return found
  }
  await runAlone((t, say) =>
    weather(t, {
      database: testDatabases()[0]!,
      provider: known(values.provider, providers),
      shoppers: Number(values.shoppers),
      seconds: Number(values.seconds),
      killEveryMs: Number(values['kill-every']) * 1_000,
      webhooks: values.webhooks.split(',').flatMap((word) => (word === '' ? [] : [known(word, webhookWords)])),
      say,
    }),
  )
}
