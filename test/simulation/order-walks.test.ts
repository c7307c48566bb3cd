// A short form of the walks of orders; `npm run walks -- --walks 10000` is the long one.
import { test } from 'node:test'
import { createChance } from '../support/chance.ts'
import { type Sums, walkInWorld } from './order-walks.ts'

test('orders go along the edges of their machine, whatever is asked, and all else is refused with the state they are in', async (t) => {
  const chance = createChance((line) => t.diagnostic(line))
  const sums: Sums = {}
  for (const world of ['one', 'another']) await walkInWorld(chance.fork(world), { walks: 8, sums })
  t.diagnostic(
    Object.entries(sums)
      .map(([name, { done, refused }]) => `${name} ${done}/${refused}`)
      .join(', '),
  )
})
