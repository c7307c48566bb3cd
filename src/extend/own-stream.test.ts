import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { createFakeClock } from '../../test/support/fake-clock.ts'
import { anyone } from '../access/rule.ts'
import { Type } from '../contract/type.ts'
import type { Query } from '../operation/define.ts'
import { ownOperation, query } from './own-operation.ts'

const broken = () => {
  throw new Error('No more.')
}

for (const [what, stream, says] of [
  ['returns no end', () => 5, 'its `stream` must return the function that ends it'],
  ['throws when it begins', broken, 'No more.'],
  ['throws when it ends', () => broken, 'No more.'],
] as const)
  test(`a stream of a project that ${what} is closed and told by its name, and ends nothing else`, async () => {
    const declared = query({
      name: 'notes.watch',
      route: 'GET /api/watch',
      summary: 'Watch',
      input: Type.Object({}),
      output: Type.Object({}),
      access: anyone,
      run: async () => ({ output: {}, stream: stream as never }),
    })
    const { clock } = createFakeClock()
    const operation = ownOperation(declared, { clock, secrets: new Map() } as never) as Query
    const answer = await operation.run({ read: {} } as never)
    const failures: string[] = []
    const sink = { fail: (error: unknown) => void failures.push(String(error)) }
    answer.stream!(sink as never)()
    await turn()
    assert.deepEqual(failures, [`OwnCodeError: The operation notes.watch failed: ${says}`])
  })
