/**
 * `node test/outside/resumable-uploads.ts`: tuspy, the Python client of tus, against a running server (use_tus.py): in pieces, left off
 * and gone on with, and an empty file; a record then has both. tus-js-client is in test/faults/resumable-uploads.test.ts.
 *
 * It needs `openapi-python-client` on the path, beside whose Python tuspy is: `pip install --no-deps -r test/outside/python-tools.txt`.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { startServer, temporaryFolder } from '../support/server-process.ts'
import { findProgram } from '../support/servers/find-program.ts'

const here = import.meta.dirname
const steps: (() => unknown)[] = []
const scope = { after: (step: () => unknown) => void steps.push(step) }
process.exitCode = 1
try {
  const program = findProgram('openapi-python-client')
  if (program === null) throw new Error('There is no openapi-python-client on the path.')
  const content = randomBytes(3_000_000)
  const path = join(temporaryFolder(scope as never), 'content')
  writeFileSync(path, content)
  const server = await startServer(scope as never, { config: join(here, '../support/files.config.ts') })
  const python = join(dirname(realpathSync(program)), 'python')
  const { stdout } = await promisify(execFile)(python, [join(here, 'use_tus.py'), `${server.url}/api/uploads`, path])
  const ids = stdout
    .trim()
    .split(' ')
    .map((url) => url.split('/').at(-1)!)
  const made = await server.guest.post('/api/albums', { title: 'By tuspy', pictures: ids.map((id) => ({ id })) })
  assert.equal(made.status, 201, made.text)
  const [file, empty] = made.body.pictures
  assert.deepEqual(
    [file.name, file.type, file.size, empty.name, empty.size],
    ['Straße.bin', 'application/x-own', content.length, 'empty.txt', 0],
  )
  assert.ok(content.equals(Buffer.from(await (await fetch(server.url + file.url)).arrayBuffer())), 'The bytes are others.')
  console.log('tuspy: an upload in pieces, left off and gone on with, and an empty one; a record has both.')
  process.exitCode = 0
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
} finally {
  for (const step of steps.reverse()) await step()
}
