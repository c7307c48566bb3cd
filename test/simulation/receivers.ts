// The other side of webhooks, in some of the runs: receivers that are slow, fail, lose their answer or say that they are gone,
// with a book of what each was told. They have dice of their own, so that runs without them stay as they are.
import type { Egress, EgressRequest } from '../../src/base/egress.ts'
import { limits } from '../../src/base/limits.ts'
import { wants } from '../../src/domains/webhooks/tell-webhooks.ts'
import type { Faults } from './faults.ts'
import type { Store } from './store.ts'
import { createDice, type Dice, type Owner, type World } from './world.ts'

type Mood = 'calm' | 'slow' | 'refusing' | 'lossy' | 'leaving'
type Endpoint = { readonly id: string; readonly url: string; readonly events: readonly string[]; readonly mood: Mood; isGone: boolean }
/** `isTaken`: with a yes, whether or not it was heard. */
type Heard = { readonly endpoint: Endpoint; readonly messageId: string; readonly body: string; readonly isTaken: boolean }
type Report = (problem: string) => void

export type Receivers = { readonly endpoints: readonly Endpoint[]; readonly heard: Heard[]; readonly dice: Dice }

const share = 0.12
const admin = 'usr_admin'
const wishes: readonly (readonly string[])[] = [[], ['order.*'], ['order.placed', 'points.*'], ['points.updated', 'order.canceled']]

/** Null in most runs. */
export function planReceivers(seed: number): Receivers | null {
  const dice = createDice(seed ^ 0x5eed)
  if (!dice.chance(share)) return null
  const endpoint = (_: unknown, index: number): Endpoint => ({
    id: `whe_receiver${index}`,
    url: `https://receiver${index}.example/`,
    events: dice.pick(wishes),
    mood: dice.pick(['calm', 'slow', 'refusing', 'lossy', 'leaving']),
    isGone: false,
  })
  return { endpoints: Array.from({ length: dice.between(1, 2) }, endpoint), heard: [], dice }
}

/** Into the shop as it was put back: the webhooks, and an admin who gets the notice of one that is switched off. */
export function plantReceivers({ sql }: Store, receivers: Receivers): void {
  sql(
    `insert into "users" ("id","version","createdAt","updatedAt","email","roles","hasRole","emailVerified","disabled") values (?,1,1,1,?,?,1,1,0)`,
  ).run(admin, 'admin@shop.example', '["admin"]')
  const setting = JSON.stringify({ admins: [admin] })
  sql(`insert into "settings" ("id","version","createdAt","updatedAt","name","value") values ('set_admins',1,1,1,'hasAdmin',?)`).run(
    setting,
  )
  for (const { id, url, events } of receivers.endpoints)
    sql(
      `insert into "webhooks" ("id","version","createdAt","updatedAt","url","events","enabled","secret","failures") values (?,1,1,1,?,?,1,'whsec_AAAA',0)`,
    ).run(id, url, JSON.stringify(events))
}

/** The way of one process to the receivers. Once sent, a message arrives whatever becomes of its sender. */
export function receiverEgress(receivers: Receivers, world: World, faults: Faults, process: Owner): Egress {
  const { endpoints, heard, dice } = receivers
  const answerOf = (endpoint: Endpoint): number => {
    if (faults.isOn() && endpoint.mood === 'leaving' && dice.chance(0.15)) endpoint.isGone = true
    if (endpoint.isGone) return 410
    return faults.isOn() && endpoint.mood === 'refusing' && dice.chance(0.5) ? dice.pick([301, 429, 500]) : 204
  }
  return {
    request: ({ url, headers, body }: EgressRequest) =>
      new Promise((resolve, reject) => {
        const endpoint = endpoints.find((one) => one.url === url)!
        world.at(dice.between(1, 50), null, `message from ${process.name} to ${endpoint.id}`, () => {
          const status = answerOf(endpoint)
          heard.push({ endpoint, messageId: headers!['webhook-id']!, body: body!, isTaken: status === 204 })
          const isLost = faults.isOn() && endpoint.mood === 'lossy' && dice.chance(0.4)
          if (isLost) return void world.at(limits.effectCallMs, process, 'receiver is silent', () => reject(new Error('no answer')))
          const afterMs =
            dice.between(1, 50) + (faults.isOn() && endpoint.mood === 'slow' ? dice.between(500, limits.effectCallMs - 100) : 0)
          world.at(afterMs, process, `receiver answers ${status}`, () => resolve({ status, body: '' }))
        })
      }),
  }
}

/** At rest: each message of what was committed arrived or says why not, and of nothing else was anything told. */
export function auditReceivers({ sql }: Store, { endpoints, heard }: Receivers, report: Report): void {
  const rows = sql('select "webhook","event","messageId","status","body" from "webhookDeliveries"').all() as Delivery[]
  const key = (endpoint: string, messageId: string) => `${endpoint} ${messageId}`
  const owed = new Map(rows.map((row) => [key(row.webhook, row.messageId), row]))
  if (owed.size !== rows.length) report('webhooks: one message is owed to one receiver twice')
  const taken = new Set<string>()
  for (const { endpoint, messageId, body, isTaken } of heard) {
    const row = owed.get(key(endpoint.id, messageId))
    if (row === undefined) report(`webhooks: ${endpoint.id} heard ${messageId}, which nobody owes`)
    else if (row.body !== body) report(`webhooks: ${endpoint.id} heard something else as ${messageId}`)
    if (isTaken) taken.add(key(endpoint.id, messageId))
  }
  for (const endpoint of endpoints) {
    const own = rows.filter(({ webhook }) => webhook === endpoint.id)
    const isEnabled = sql('select "enabled" from "webhooks" where "id"=?').get(endpoint.id)!['enabled'] === 1
    for (const { event, messageId, status } of own) {
      const isTaken = taken.has(key(endpoint.id, messageId))
      if (status === 'pending') report(`webhooks: ${event} to ${endpoint.id} rests as pending`)
      if (status === 'delivered' && !isTaken) report(`webhooks: ${event} counts as delivered, and ${endpoint.id} never took it`)
      if (status === 'failed' && isEnabled) report(`webhooks: ${event} failed, and ${endpoint.id} is still switched on`)
    }
    const notices = sql('select count(*) as "count" from "emails" where "record"=?').get(endpoint.id)!['count']
    if (notices !== (isEnabled ? 0 : 1))
      report(`webhooks: ${endpoint.id} is ${isEnabled ? 'on' : 'off'}, and its admin has ${String(notices)} notices`)
    if (!isEnabled && !endpoint.isGone) report(`webhooks: ${endpoint.id} was switched off and never said that it is gone`)
    auditTold({ sql, endpoint, own, isEnabled }, report)
  }
}

type Delivery = {
  readonly webhook: string
  readonly event: string
  readonly messageId: string
  readonly status: string
  readonly body: string
}
type Told = { readonly sql: Store['sql']; readonly endpoint: Endpoint; readonly own: readonly Delivery[]; readonly isEnabled: boolean }

/** Of a draft that was never offered nobody is told, whatever became of it. Staff made it, and it has never held stock. */
const isOpened = `("channel" is null or "isOffered"=1 or exists (select 1 from "reservations" where "order"="orders"."id"))`

/** By event: what of the shop it must have told, and how often. */
const causes = {
  'order.created': `select "id", 1 as "times" from "orders" where ${isOpened}`,
  'order.placed': 'select "id", 1 as "times" from "orders" where "placedAt" is not null',
  'order.paid': 'select "id", 1 as "times" from "orders" where "placedAt" is not null and "total_amount">0',
  'order.canceled': `select "id", 1 as "times" from "orders" where "status"='canceled' and ${isOpened}`,
  'order.expired': `select "id", 1 as "times" from "orders" where "status"='expired'`,
  'points.created': 'select "id", 1 as "times" from "points"',
  'points.updated': 'select "id", 2 as "times" from "points"',
} as const

/** One that is switched off may have missed some; more than happened it was never told. */
function auditTold({ sql, endpoint, own, isEnabled }: Told, report: Report): void {
  for (const [event, cause] of Object.entries(causes)) {
    if (!wants(endpoint.events, event)) continue
    const counts = new Map<string, number>()
    for (const { body } of own.filter((row) => row.event === event)) {
      const { data } = JSON.parse(body) as { data: Readonly<Record<string, { readonly id: string }>> }
      const { id } = (data['record'] ?? data['order'])!
      counts.set(id, (counts.get(id) ?? 0) + 1)
    }
    for (const { id, times } of sql(cause).all() as { id: string; times: number }[]) {
      const count = counts.get(id) ?? 0
      counts.delete(id)
      if (count > times || (isEnabled && count < times))
        report(`webhooks: ${event} of ${id} is told ${endpoint.id} ${count} times, not ${times}`)
    }
    for (const id of counts.keys()) report(`webhooks: ${event} of ${id} is told ${endpoint.id}, and never happened`)
  }
  const strange = own.find(({ event }) => !wants(endpoint.events, event))
  if (strange) report(`webhooks: ${endpoint.id} is told ${strange.event}, which it did not ask for`)
}
