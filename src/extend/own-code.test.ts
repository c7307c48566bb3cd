import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brokenBy, runOwnCode } from './own-code.ts'

const piece = { what: 'The before hook notes.look', place: '/shop/hooks.ts:3:5' }
const waits =
  /^The before hook notes\.look \(\/shop\/hooks\.ts:3:5\) waits for something that is not its transaction, such as the network .* an effect\./

test('a call to the network is told as one, however fast it fails', async () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED', syscall: 'connect' })
  const failures = [new TypeError('fetch failed', { cause: refused }), refused, new Error('The CRM is away.', { cause: refused })]
  for (const failure of failures)
    await assert.rejects(
      runOwnCode(piece, async () => {
        throw failure
      }),
      { message: new RegExp(`${waits.source} It failed: .*(ECONNREFUSED|away)`) },
    )
  // A port that Node asks nobody at.
  await assert.rejects(
    runOwnCode(piece, async () => void (await fetch('http://127.0.0.1:1/'))),
    { message: waits },
  )
})

test('every other error is a mistake, and says why', async () => {
  const error = new TypeError('x is not a function')
  await assert.rejects(
    runOwnCode(piece, () => {
      throw error
    }),
    brokenBy(piece, error),
  )
})
