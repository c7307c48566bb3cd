import { text } from 'node:stream/consumers'
import { systemClock } from '../base/clock.ts'
import { isEmail } from '../base/email-address.ts'
import { isEngineError } from '../base/engine-error.ts'
import { createIdSource } from '../base/ids.ts'
import { systemRandom } from '../base/random.ts'
import { newSecret } from '../base/secret.ts'
import type { Project } from '../config/project.ts'
import { createArgon2Hasher } from '../domains/accounts/argon2-hasher.ts'
import { makeAdmin } from '../domains/accounts/make-admin.ts'
import { checkPassword } from '../domains/accounts/password-rules.ts'
import { noteShut } from '../domains/personal/request-erasure.ts'
import { workIn } from '../operation/work.ts'
import { inTransaction } from '../storage/in-transaction.ts'
import { type Part, takePart } from './database.ts'
import { compileConfig, loadConfig } from './load-config.ts'
import { openStorage } from './open-storage.ts'
import { type ProcessSettings, UsageError } from './settings.ts'

/** `kingpost admin create EMAIL`: prints a made-up password, or takes one from standard input. */
export async function createAdmin(settings: ProcessSettings): Promise<number> {
  const [action, email] = settings.rest
  if (action !== 'create' || email === undefined) throw new UsageError('Type: kingpost admin create EMAIL')
  if (!isEmail(email)) throw new UsageError(`"${email}" is no e-mail address.`)
  const given = settings.isPasswordOnStdin ? (await text(process.stdin)).replace(/\r?\n$/, '') : null
  const loaded = await loadConfig(settings.configPath)
  const backend = compileConfig(loaded, { publicUrl: settings.publicUrl ?? 'http://localhost', isDevelopment: true })
  const password = given ?? madeUp(backend.project)
  checkWords(password, email, backend.project)
  const storage = await openStorage(settings, backend.model)
  let part: Part | null = null
  let tookOver = false
  try {
    part = await takePart(storage)
    const hash = await createArgon2Hasher(systemRandom).hash(password)
    const parts = { storage, model: backend.model, clock: systemClock, random: systemRandom }
    const cause = { operation: 'accounts.createAdmin', actor: 'command line', requestId: '' }
    const newId = createIdSource(systemClock, systemRandom)
    const work = { newId, newSecret: (prefix: string) => newSecret(systemRandom, prefix), project: backend.project }
    const made = await inTransaction(parts, cause, async (tx, now) => {
      const within = workIn(work, tx, now)
      const admin = await makeAdmin(within, { email, name: null, hash })
      // Whoever runs the installation needs no mail about it.
      await noteShut(within, { user: admin.user, language: 'en' })
      return admin
    })
    tookOver = made.tookOver
  } finally {
    await part?.leave()
    await storage.close()
  }
  const before = tookOver ? ' It had an account: the old password is void, and all its sessions and API keys have ended.' : ''
  const shown = given === null ? ` Its password, shown once: ${password}` : ''
  process.stdout.write(`${email} is an admin.${before}${shown}\n`)
  return 0
}

function madeUp({ accounts }: Project): string {
  const parts = [0, 1].map(() => newSecret(systemRandom, 'pw').slice('pw_'.length))
  return parts.join('').slice(0, Math.max(20, accounts.passwords.min))
}

/** @throws Error with one sentence for people */
function checkWords(password: string, email: string, project: Project): void {
  try {
    checkPassword(password, project, { email, name: null })
  } catch (error) {
    throw isEngineError(error) ? new Error(`The password ${error.detail}.`) : error
  }
}
