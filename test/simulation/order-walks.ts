/**
 * Walks of orders through every operation: `node test/simulation/order-walks.ts --walks 10000`. A world has a number of them, one capture
 * policy, and ends with all that `kingpost verify` looks at.
 */
import { sandbox } from '../../src/config/payment-makers.ts'
import { stockLevels } from '../../src/domains/stock/collections.ts'
import { invariantGroups, verifyDatabase } from '../../src/observe/verify.ts'
import { openWorld, testConfig, work } from '../support/api-harness.ts'
import { type Chance, createChance } from '../support/chance.ts'
import { walkOrder } from './order-walk.ts'

const perWorld = 25

export type Sums = Record<string, { done: number; refused: number }>

/** So many walks in one world. @throws AssertionError with the step at fault */
export async function walkInWorld(chance: Chance, { walks, sums }: { readonly walks: number; readonly sums: Sums }): Promise<void> {
  const capture = chance.pick(['placement', 'shipment', 'manual'] as const)
  const shop = { ...(testConfig.shop as object), currency: 'EUR', payments: [sandbox({ capture })] }
  const world = await openWorld({ config: { ...testConfig, shop }, seed: chance.below(1_000_000) })
  try {
    await world.engine.start()
    await world.write(async (tx) => {
      for (const name of ['variantLevel', 'hardcoverLevel'])
        await tx.adjust(stockLevels, world.ids[name]!, { add: { onHand: 100_000, available: 100_000 } })
    })
    for (let walk = 0; walk < walks; walk++) {
      const { done, refused } = await walkOrder(world, chance.fork(String(walk)))
      for (const [of, counts] of [
        ['done', done],
        ['refused', refused],
      ] as const)
        for (const [name, count] of Object.entries(counts)) {
          sums[name] ??= { done: 0, refused: 0 }
          sums[name][of] += count
        }
    }
    await work(world, 120_000)
    const { storage, model } = world.engine.parts
    const of = { read: storage.reader, model, commitsAfter: storage.commitsAfter, now: world.clock.now(), isAtRest: true }
    const found = await verifyDatabase({ ...of, groups: invariantGroups })
    // The stock of a world is there from its beginning, without a movement; and a database that others had before was emptied.
    const isPlanted = ({ invariant, found: what }: (typeof found)[number]) =>
      invariant === 'stock.on_hand_is_moved' || what.includes(', emptied ')
    const wrong = found.filter((one) => !isPlanted(one))
    if (wrong.length > 0) throw new Error(`verify found ${JSON.stringify(wrong.slice(0, 3))}`)
  } finally {
    await world.close()
  }
}

async function main(): Promise<void> {
  const walks = Number(process.argv[process.argv.indexOf('--walks') + 1] ?? 100)
  const chance = createChance((line) => console.log(line))
  const sums: Sums = {}
  for (let begun = 0; begun < walks; begun += perWorld) {
    const own = chance.fork(String(begun))
    try {
      await walkInWorld(own, { walks: Math.min(perWorld, walks - begun), sums })
    } catch (error) {
      console.error(`In the world of walks ${begun} to ${begun + perWorld - 1}, TEST_SEED=${chance.seed}:`)
      throw error
    }
  }
  console.log(`${walks} walks`)
  for (const [name, { done, refused }] of Object.entries(sums)) console.log(`${name}: ${done} done, ${refused} refused`)
}

if (import.meta.main) await main()
