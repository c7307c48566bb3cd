// What happens at the provider without the shop: its dashboard gives money back, it loses the record of a payment that is
// not decided, and it signs webhooks that speak of something the shop never had.
import { signHmac } from '../../src/base/secret.ts'
import type { SandboxBook } from '../../src/sandbox/book.ts'
import { pause } from './buyer.ts'
import type { Cluster } from './cluster.ts'
import type { Faults } from './faults.ts'
import { unlessRefused } from './money-plan.ts'
import type { Tally } from './tally.ts'
import type { World } from './world.ts'

export type ProviderSide = {
  readonly world: World
  readonly cluster: Cluster
  readonly faults: Faults
  readonly book: SandboxBook
  readonly tally: Tally
}

const turnsMax = 12

export async function actAtProvider({ world, cluster, faults, book, tally }: ProviderSide, secret: string): Promise<void> {
  const { dice } = world
  const [gives, loses, strays] = [faults.has('dashboardRefund'), faults.has('recordLost'), faults.has('webhookStray')]
  if (strays) void tellOfStrangers(world, cluster, secret)
  if (!gives && !loses) return
  for (let turn = 0; turn < turnsMax && faults.isOn(); turn++) {
    await pause(world, dice.between(200, 8_000))
    const of = (states: readonly string[]) => book.all().filter(({ state }) => states.includes(state))
    const [taken, open] = [of(['succeeded']), of(['requires_action', 'processing'])]
    if (gives && taken.length > 0 && dice.chance(0.4)) {
      const { id, amountMinor } = dice.pick(taken)
      const wanted = dice.chance(0.3) ? undefined : dice.between(1, amountMinor)
      if (unlessRefused(() => book.refundInDashboard(id, wanted))) tally.add('refund in the dashboard')
    }
    if (loses && open.length > 0 && dice.chance(0.2)) book.forget(dice.pick(open).id)
  }
}

async function tellOfStrangers(world: World, cluster: Cluster, secret: string): Promise<void> {
  for (let count = 0; count < 2; count++) {
    await pause(world, world.dice.between(500, 10_000))
    const body = JSON.stringify({
      id: `stray:${count}`,
      type: 'payment.updated',
      payment: `spay_stray${count}`,
      reference: 'pay_of_nobody',
    })
    const time = Math.floor(world.now() / 1000)
    const headers = { 'sandbox-signature': `t=${time},v1=${signHmac(secret, `${time}.${body}`)}` }
    await cluster.send({ operation: 'payments.receiveWebhook', input: { provider: 'sandbox' }, rawBody: body, headers })
  }
}
