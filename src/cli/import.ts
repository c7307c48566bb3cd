// `kingpost import COLLECTION FILE`: the collection's own import (of accounts: import-users.ts), run in this process beside those that serve the database, with
// everybody's rights. Invariant: what it owes (mails, webhooks, effects of hooks) is stored with the rows, and carried out by the servers.
import { createReadStream, existsSync, statSync } from 'node:fs'
import { systemActor } from '../access/actor.ts'
import { systemClock } from '../base/clock.ts'
import { isEngineError } from '../base/engine-error.ts'
import { nearest } from '../base/nearest.ts'
import { systemRandom } from '../base/random.ts'
import { createArgon2Hasher } from '../domains/accounts/argon2-hasher.ts'
import { users } from '../domains/accounts/collections.ts'
import { captureTransport } from '../domains/emails/transport.ts'
import type { Backend } from '../engine/backend.ts'
import { createEngine, type Engine } from '../engine/create-engine.ts'
import { rolesOf } from '../engine/operations.ts'
import type { Operation } from '../operation/define.ts'
import type { ImportReport } from '../records/import-records.ts'
import { followDatabaseClock } from '../storage/database-clock.ts'
import type { WholeStorage } from '../storage/storage.ts'
import { openBeside, placeOf } from './database.ts'
import { importUsers } from './import-users.ts'
import { loadBackend } from './load-config.ts'
import { openBlobs } from './open-blobs.ts'
import { createProcessLog } from './process-log.ts'
import { createStatusLine, number } from './progress.ts'
import { type ProcessSettings, UsageError } from './settings.ts'

/** 0 when every row was taken, 1 when some were left out. @throws Error with sentences for people */
export async function importFile(settings: ProcessSettings): Promise<number> {
  const [collection, path, ...more] = settings.rest
  if (collection === undefined || path === undefined || more.length > 0)
    throw new UsageError('Type: kingpost import COLLECTION FILE [--by FIELD]')
  if (!existsSync(path) || statSync(path).isDirectory()) throw new UsageError(`There is no file ${path}.`)
  const backend = await loadBackend(settings)
  const { storage, close } = await openBeside(placeOf(settings), backend.model)
  try {
    const report = await withEngine({ settings, backend, storage }, (engine) =>
      collection === users.name ? importUsers(engine, path, rolesOf(backend)) : send(engine, settings, { collection, path }),
    )
    tell(settings, report)
    return report.rejected > 0 ? 1 : 0
  } finally {
    await close()
  }
}

/** @throws UsageError */
function importOf({ operations }: Engine, collection: string): Operation {
  const found = operations.find(({ name }) => name === `${collection}.import`)
  if (found) return found
  const names = operations.flatMap(({ name }) => (name.endsWith('.import') ? name.slice(0, -'.import'.length) : []))
  throw new UsageError(`There is no collection ${collection} to import into${nearest(collection, names) || '.'}`)
}

type Place = { readonly settings: ProcessSettings; readonly backend: Backend; readonly storage: WholeStorage }

/** One that is never started: it carries nothing out, and takes no server's leases over. */
async function withEngine<T>({ settings, backend, storage }: Place, work: (engine: Engine) => Promise<T>): Promise<T> {
  const shared = storage.capabilities.isShared ? await followDatabaseClock(storage, systemClock) : null
  const engine = await createEngine({
    backend,
    storage,
    clock: shared ?? systemClock,
    random: systemRandom,
    log: createProcessLog(settings),
    services: { passwords: createArgon2Hasher(systemRandom) },
    providers: [],
    mail: captureTransport,
    blobs: openBlobs(settings),
  })
  try {
    return await work(engine)
  } finally {
    await engine.stop()
    shared?.stop()
  }
}

type Given = { readonly collection: string; readonly path: string }

async function send(engine: Engine, { by }: ProcessSettings, { collection, path }: Given): Promise<ImportReport> {
  const operation = importOf(engine, collection)
  const { size } = statSync(path)
  const done = { bytes: 0, rows: 0, rejected: 0 }
  const line = createStatusLine(() => {
    const rate = Math.round(done.rows / Math.max(0.001, line.seconds()))
    const share = size === 0 ? 100 : Math.floor((100 * done.bytes) / size)
    return `Imported into ${collection}: ${number(done.rows)} rows, ${number(done.rejected)} of them left out, ${share} % of the file, ${number(rate)} rows/s`
  })
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for await (const part of createReadStream(path)) {
      yield part as Uint8Array
      done.bytes += (part as Uint8Array).length
    }
  }
  const type = /\.(?:jsonl|ndjson|json)$/i.test(path) ? 'application/jsonl' : 'text/csv'
  try {
    const { output } = await engine.run(operation, {
      input: by === null ? {} : { by },
      actor: systemActor,
      idempotencyKey: null,
      request: {
        id: '',
        ifMatch: null,
        ifNoneMatch: null,
        rawBody: null,
        headers: {},
        openFile: async () => ({ name: path, type, length: size, bytes: bytes() }),
        onProgress({ rows, rejected }) {
          Object.assign(done, { rows, rejected })
          line.tick()
        },
      },
    })
    return output as ImportReport
  } catch (error) {
    throw told(error, path)
  } finally {
    line.done()
  }
}

/** A file that cannot be read on is told in its sentence; what broke here keeps its stack. */
function told(error: unknown, path: string): unknown {
  if (!isEngineError(error)) return error
  return new Error(`${path}: ${error.detail}`, { cause: error })
}

function tell({ isJson }: ProcessSettings, report: ImportReport): void {
  if (isJson) return void process.stdout.write(`${JSON.stringify(report)}\n`)
  const { rows, created, changed, unchanged, rejected, rejections, ignored } = report
  const lines = rejections.map(({ line, errors }) => {
    const reasons = errors.map(({ path, message }) => `${path.slice(1).replaceAll('/', '.')} ${message}`.trim())
    return `line ${line}: ${reasons.join('; ')}`
  })
  const rest = rejected - rejections.length
  if (rest > 0) lines.push(`and ${number(rest)} more`)
  if (ignored.length > 0) lines.push(`Passed over, for nobody can set them: ${ignored.join(', ')}.`)
  const read = rows === 1 ? '1 row' : `${number(rows)} rows`
  lines.push(
    `${read} read: ${number(created)} created, ${number(changed)} changed, ${number(unchanged)} as they were, ${number(rejected)} left out.`,
  )
  process.stdout.write(`${lines.join('\n')}\n`)
}
