// `kingpost import users FILE`: accounts of another system from JSON lines, one on each. Nobody is written to. A line that does
// not fit is left out and told; the file can be run again.
import { createReadStream, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { isEngineError } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import { checkAccount, type ImportedAccount, importAccount } from '../domains/accounts/import-account.ts'
import type { Engine } from '../engine/create-engine.ts'
import { workIn } from '../operation/work.ts'
import type { ImportReport } from '../records/import-records.ts'
import { inTransaction } from '../storage/in-transaction.ts'
import { createStatusLine, number } from './progress.ts'

/** Of one commit. */
const rowsAtOnce = 100
type Rejection = ImportReport['rejections'][number]

/** @throws Error when the file cannot be read */
export async function importUsers(engine: Engine, path: string, roles: readonly string[]): Promise<ImportReport> {
  const { size } = statSync(path)
  const rejections: Rejection[] = []
  const done = { rows: 0, created: 0, unchanged: 0, rejected: 0, bytes: 0 }
  const line = createStatusLine(() => {
    const share = size === 0 ? 100 : Math.floor((100 * done.bytes) / size)
    return `Imported into users: ${number(done.rows)} rows, ${number(done.rejected)} of them left out, ${share} % of the file`
  })
  let waiting: ImportedAccount[] = []
  const store = async () => {
    const accounts = waiting
    waiting = []
    const created = await storeAccounts(engine, accounts)
    done.created += created
    done.unchanged += accounts.length - created
    line.tick()
  }
  let lineNumber = 0
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    lineNumber++
    done.bytes += Buffer.byteLength(text) + 1
    if (text.trim() === '') continue
    done.rows++
    const read = accountIn(text, roles)
    if ('errors' in read) {
      done.rejected++
      if (rejections.length < limits.importRejectionsMax) rejections.push({ line: lineNumber, errors: read.errors })
    } else waiting.push(read)
    if (waiting.length >= rowsAtOnce) await store()
  }
  if (waiting.length > 0) await store()
  line.done()
  const { rows, created, unchanged, rejected } = done
  return { rows, created, changed: 0, unchanged, rejected, rejections, ignored: [] }
}

function accountIn(text: string, roles: readonly string[]): ImportedAccount | Pick<Rejection, 'errors'> {
  try {
    return checkAccount(JSON.parse(text), roles)
  } catch (error) {
    if (isEngineError(error)) return { errors: [...(error.errors ?? [{ path: '', code: error.code, message: error.detail }])] }
    return { errors: [{ path: '', code: 'malformed_json', message: 'is no JSON' }] }
  }
}

async function storeAccounts({ parts }: Engine, accounts: readonly ImportedAccount[]): Promise<number> {
  const cause = { operation: 'accounts.import', actor: 'command line', requestId: '' }
  return await inTransaction(parts, cause, async (tx, now) => {
    const work = workIn(parts, tx, now)
    let created = 0
    for (const account of accounts) if (await importAccount(work, account)) created++
    return created
  })
}
