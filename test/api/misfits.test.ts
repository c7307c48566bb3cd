// Records that hold what a request may not give, as a changed model leaves them: verify names each, with its field.
// slow: mysql
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anyone, collection, field } from '../../src/index.ts'
import { recordInvariants } from '../../src/observe/invariants/records.ts'
import { verifyDatabase } from '../../src/observe/verify.ts'
import { openWorld, testConfig } from '../support/api-harness.ts'

const odds = collection('odds', {
  prefix: 'odd',
  fields: {
    day: field.date(),
    short: field.text({ max: 3 }),
    mail: field.email(),
    link: field.url(),
    shape: field.json({ schema: { type: 'object' } }),
    kind: field.enum(['x']),
    count: field.integer({ min: 0 }),
    price: field.money({ currency: 'USD' }),
    need: field.text({ required: true }),
  },
  access: { read: anyone, create: anyone },
})

test('each value that its field may not be given is named', async () => {
  const world = await openWorld({ config: { ...testConfig, collections: [...testConfig.collections!, odds] as never } })
  try {
    const right = { day: null, short: null, mail: null, link: null, shape: null, kind: null, count: null, price: null, need: 'yes' }
    const wrong: Record<string, unknown> = {
      day: '2026-02-30',
      short: 'long text',
      mail: 'nobody',
      link: 'javascript:alert(1)',
      shape: 5,
      kind: 'y',
      count: -1,
      price: { amount: 5, currency: 'EUR' },
    }
    await world.write(async (tx) => {
      await tx.insert(odds, { id: world.engine.newId('odd'), ...right })
      for (const [name, value] of Object.entries(wrong))
        await tx.insert(odds, { id: world.engine.newId('odd'), ...right, [name]: value } as never)
    })
    const { storage, model, clock } = world.engine.parts
    const { reader: read, commitsAfter } = storage
    const violations = await verifyDatabase({ read, model, commitsAfter, now: clock.now(), groups: [recordInvariants] })
    const named = violations
      .filter(({ rows }) => rows[0]!.startsWith('odds/'))
      .map(({ invariant, found }) => `${invariant} ${found.split(' ')[0]}`)
    assert.deepEqual(
      named,
      Object.keys(wrong).map((name) => `records.fit_schema ${name}`),
    )
  } finally {
    await world.close()
  }
})
