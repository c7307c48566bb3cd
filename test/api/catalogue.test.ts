// The catalogue as staff write it and as a shop's pages read it.
// slow: mongodb, mysql
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openWorld, type World } from '../support/api-harness.ts'

let world: World
before(async () => void (world = await openWorld()))
after(async () => await world.close())

const patch = async (url: string, body: unknown) => await world.call('staff', { method: 'PATCH', url, body })

test('a variant has a weight and sides, in whole units', async () => {
  const url = `/api/variants/${world.ids['variant']}`
  const said = await patch(url, { weight: 350, length: 210, width: 148, height: 25 })
  assert.equal(said.status, 200, said.text)
  const { body } = await world.call('guest', { method: 'GET', url })
  assert.deepEqual([body.weight, body.length, body.width, body.height], [350, 210, 148, 25])
  for (const wrong of [{ weight: -1 }, { weight: 0.5 }, { weight: 40_000_001 }, { length: '20' }, { width: 100_001 }, { height: -1 }]) {
    const refused = await patch(url, wrong)
    assert.equal(refused.status, 400, JSON.stringify(wrong))
    assert.equal(refused.body.errors[0].path, `/${Object.keys(wrong)[0]}`)
  }
})
