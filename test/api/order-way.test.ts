// The way of a cart, as ARCHITECTURE.md draws it, is the way that one takes: followed by the engine's own count of the
// functions that ran between the checkout and the receipt.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { test } from 'node:test'
import { eq } from '../../src/contract/filter.ts'
import { emails } from '../../src/domains/emails/collections.ts'
import { checkOut, fillCart, openWorld, work } from '../support/api-harness.ts'

const filesMax = 25
/** Who asks is looked up for every request; what only declares data is not counted, nor is how a message is carried, as no provider's adapter is. */
const isBeside = /\/(?:collections|events|(?:[a-z]+-)?templates|(?:[a-z]+-)?transport)\.ts$|^domains\/accounts\//

/** The files of the drawing, each once. */
function drawnFiles(): string[] {
  const text = readFileSync(new URL('../../ARCHITECTURE.md', import.meta.url), 'utf8')
  const [, drawing] = /^## The way of a cart\n[\s\S]*?^```\n([\s\S]*?)^```/m.exec(text)!
  return [...new Set([...drawing!.matchAll(/^ +([a-z/-]+\.ts) /gm)].map(({ 1: file }) => file!))].sort()
}

/** Files of domains and mails of which a function with a name ran since the last time. */
async function filesThatRan(session: Session): Promise<string[]> {
  const { result } = await session.post('Profiler.takePreciseCoverage')
  return result
    .filter(({ functions }) => functions.some(({ functionName, ranges }) => functionName !== '' && ranges[0]!.count > 0))
    .flatMap(({ url }) => /\/src\/((?:domains|engine\/mails)\/.+)$/.exec(url)?.[1] ?? [])
    .filter((file) => !isBeside.test(file))
}

test('a cart passes the files that are drawn, from checkout to receipt, and they are few', async () => {
  const world = await openWorld()
  const session = new Session()
  session.connect()
  try {
    await world.engine.start()
    const cart = await fillCart(world, 'guest')
    await session.post('Profiler.enable')
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
    const { body } = await checkOut(world, 'guest', cart)
    await work(world)
    const ran = await filesThatRan(session)
    const [receipt, ...others] = await world.engine.parts.storage.reader.find(emails, { where: eq('record', body.order.id), limit: 9 })
    assert.deepEqual([receipt?.template, receipt?.status, others.length], ['order_receipt', 'captured', 0])

    const drawn = drawnFiles()
    assert.deepEqual(
      ran.sort(),
      drawn.filter((file) => /^(?:domains|engine\/mails)\//.test(file)),
    )
    assert.ok(drawn.length <= filesMax, `${drawn.length} files are drawn`)
  } finally {
    session.disconnect()
    await world.close()
  }
})
