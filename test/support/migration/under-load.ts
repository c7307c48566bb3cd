// A migration as an operator makes it, by the command line, beside a server that goes on answering; the migrator is
// killed on its way. What it answers is for a test to judge, or for people to read.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Cleanable } from '../clean-up.ts'
import { cleanUp } from '../clean-up.ts'
import type { TestDatabase } from '../databases.ts'
import { createHttpClient } from '../http-client.ts'
import { startServer, temporaryFolder } from '../server-process.ts'
import { after, before, fillBefore, idOf, personAfter } from './models.ts'
import { recordsOf } from './run.ts'

export type Report = {
  readonly seconds: Readonly<Record<string, number>>
  readonly kills: number
  readonly requests: number
  readonly failures: readonly string[]
  /** Of the requests during the migration, in milliseconds. */
  readonly latency: { readonly half: number; readonly most: number; readonly slowest: number }
  /** Records that are not what they should be. */
  readonly wrong: readonly unknown[]
}

export type Options = {
  readonly database: TestDatabase
  readonly rows: number
  /** How long each of the first migrators lives. */
  readonly killAfterMs: readonly number[]
  say?(text: string): void
}

const config = (name: string) => join(import.meta.dirname, `${name}.config.ts`)

export async function migrateUnderLoad(t: Cleanable, { database, rows, killAfterMs, say = () => {} }: Options): Promise<Report> {
  const seconds: Record<string, number> = {}
  const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const startedAt = performance.now()
    const value = await work()
    seconds[name] = Math.round((performance.now() - startedAt) / 100) / 10
    say(`${name}: ${seconds[name]} s`)
    return value
  }
  const folder = temporaryFolder(t)
  const url = database.isServer ? await database.url() : `sqlite:${join(folder, 'kingpost.db')}`
  const place = ['--data-dir', folder, ...(database.isServer ? ['--database', url] : [])]
  const storage = await database.open(before, { url })
  cleanUp(t, () => storage.close())
  await timed('filled', () => fillBefore(storage, rows))
  await storage.close()

  const server = await startServer(t, { config: config('before'), dataFolder: folder, database: url })
  const load = startLoad(server.url, rows)
  const apply = (...words: string[]) => migrator(['migrate', 'apply', '--config', config('after'), ...place, ...words], say)
  await timed('beside the running server', async () => {
    for (const killedAfter of killAfterMs) await apply().killedAfter(killedAfter)
    await apply().ended()
  })
  const { written, ...figures } = await load.stop()
  await server.stop()
  await timed('stopped', () => apply('--stopped').ended())
  const next = await startServer(t, { config: config('after'), dataFolder: folder, database: url })
  const [first] = (await createHttpClient(next.url).get('/api/people?limit=1&sort=name')).body.items
  if (typeof first.firstName !== 'string') throw new Error(`The new version answers ${JSON.stringify(first)}`)
  await next.stop()
  await timed('contract', () => apply('--stopped', '--allow-destructive').ended())
  const wrong = await timed('compared', () => wrongOf({ database, url, rows, written }))
  return { ...figures, seconds, kills: killAfterMs.length, wrong }
}

function migrator(words: readonly string[], say: (text: string) => void) {
  const main = join(import.meta.dirname, '../../../src/cli/main.ts')
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => say(text.trimEnd()))
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
    say(text.trimEnd())
  })
  const closed = once(child, 'close')
  return {
    async ended() {
      const [code] = await closed
      if (code !== 0) throw new Error(`kingpost ${words.join(' ')} ended with ${code}: ${errors}`)
    },
    async killedAfter(ms: number) {
      const timer = setTimeout(() => child.kill('SIGKILL'), ms)
      await closed
      clearTimeout(timer)
    },
  }
}

/** Two clients that change and read records all over the table. */
function startLoad(url: string, rows: number) {
  const client = createHttpClient(url)
  const written = new Map<number, string>()
  const times: number[] = []
  const failures: string[] = []
  let isEnding = false
  async function shop(offset: number): Promise<void> {
    for (let turn = 0; !isEnding; turn++) {
      const number = (turn * 7_919 + offset) % rows
      const age = String(turn % 90)
      const startedAt = performance.now()
      const path = `/api/people/${idOf('people', number)}`
      try {
        const change = await client.patch(path, { age, fullName: `New${number} Name${number}` })
        const read = await client.get(path)
        if (change.status !== 200 || read.status !== 200) failures.push(`${change.status} ${read.status} ${change.text.slice(0, 200)}`)
        else written.set(number, age)
      } catch (error) {
        failures.push(String(error))
      }
      times.push((performance.now() - startedAt) / 2)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }
  // Each its own half, so that who wrote last is known.
  const shopping = [shop(0), shop(1)]
  return {
    async stop() {
      isEnding = true
      await Promise.all(shopping)
      const sorted = times.toSorted((a, b) => a - b)
      const at = (part: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]! * 10) / 10
      return { written, requests: times.length * 2, failures, latency: { half: at(0.5), most: at(0.99), slowest: at(1) } }
    },
  }
}

type Comparison = {
  readonly database: TestDatabase
  readonly url: string
  readonly rows: number
  readonly written: ReadonlyMap<number, string>
}

async function wrongOf({ database, url, rows, written }: Comparison): Promise<unknown[]> {
  const records = (await recordsOf(database, url, after, 'people')) as Record<string, unknown>[]
  const wrong: unknown[] = records.length === rows ? [] : [{ records: records.length }]
  for (const [number, record] of records.entries()) {
    const expected: Record<string, unknown> = personAfter(number)
    const age = written.get(number)
    if (age !== undefined) Object.assign(expected, { age: Number(age), firstName: `New${number}`, lastName: `Name${number}` })
    const differs = Object.keys(expected).filter(
      (name) => !['version', 'updatedAt'].includes(name) && JSON.stringify(record[name]) !== JSON.stringify(expected[name]),
    )
    if (differs.length > 0 && wrong.length < 10) wrong.push({ record, differs })
  }
  return wrong
}
