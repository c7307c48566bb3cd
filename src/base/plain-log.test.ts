import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { hideSecret } from './hidden.ts'
import { createPlainLog } from './plain-log.ts'

test('an error is told as a sentence, then by the frames of the project, then how many there are besides', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kingpost-log-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'hooks.ts')
  writeFileSync(
    file,
    'export function look() {\n  check()\n}\nfunction check() {\n  throw new TypeError("order.nme is not a function")\n}\n',
  )
  const { look } = (await import(pathToFileURL(file).href)) as { look(): void }
  const said: string[] = []
  const log = createPlainLog('warn', (text) => said.push(text))
  try {
    look()
  } catch (cause) {
    const error = new Error('The before hook orders.look failed: order.nme is not a function', { cause })
    log.write('error', 'A request failed.', { requestId: 'req_1', error })
  }
  const lines = said[0]!.split('\n')
  assert.deepEqual(lines.slice(0, 3), [
    'A request failed. The before hook orders.look failed: order.nme is not a function',
    `    at ${file}:5:9 (check)`,
    `    at ${file}:2:3 (look)`,
  ])
  assert.match(lines[3]!, /^ {4}and \d+ more in Kingpost, packages and Node$/)
  assert.deepEqual(lines.slice(4), ['    requestId req_1'])
})

test('where nothing of the project stands some of the stack is shown; what is thrown may be anything; secrets are cut out', () => {
  hideSecret('a-secret-of-the-shop')
  const said: string[] = []
  const log = createPlainLog('warn', (text) => said.push(text))
  log.write('info', 'Nobody hears this.')
  log.write('warn', 'An effect failed and is tried again.', { effect: 'eff_1', reason: '401 for a-secret-of-the-shop' })
  log.write('error', 'A request failed.', { error: null })
  const named = Object.assign(new Error('The hook waits.'), { name: 'OwnCodeError' })
  log.write('error', 'A request failed.', { error: named })
  assert.deepEqual(said, [
    'An effect failed and is tried again. 401 for [secret]\n    effect eff_1',
    'A request failed. null',
    'A request failed. The hook waits.',
  ])
  log.write('error', 'A request failed.', { error: new RangeError('A bug.') })
  assert.match(said[3]!, /^A request failed\. A bug\.\n( {4}at \S+.*\n){4} {4}and \d+ more$/)
})
