/**
 * `npm run outside`: programs of others against the examples. Two lines of them run side by side, and each tells what it found when it has
 * ended. Exit 1 when one found something.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const lines = [['schemathesis'], ['generated-clients', 'resumable-uploads', 'stripe-mock', 'invoices']]

async function isClean(name: string): Promise<boolean> {
  const child = spawn(process.execPath, [join(import.meta.dirname, `${name}.ts`)], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part: string) => (said += part))
  const [code] = await once(child, 'close')
  console.log(said.trimEnd())
  if (code !== 0) console.log(`test/outside/${name}.ts ended with ${code}.`)
  return code === 0
}

const found = await Promise.all(
  lines.map(async (line) => {
    let isLineClean = true
    for (const name of line) isLineClean = (await isClean(name)) && isLineClean
    return isLineClean
  }),
)
process.exitCode = found.every((one) => one) ? 0 : 1
