/**
 * Owns the accounts and teams that the bench of live clients stands on: written in bulk as an import would, since a
 * password for each of ten thousand accounts takes minutes to hash.
 */
import { writeFileSync } from 'node:fs'
import { systemClock } from '../../src/base/clock.ts'
import { systemRandom } from '../../src/base/random.ts'
import { hashSecret, newSecret } from '../../src/base/secret.ts'
import { serve } from '../../src/cli/serve.ts'
import { type ProcessSettings, readSettings } from '../../src/cli/settings.ts'
import { sessions, users } from '../../src/domains/accounts/collections.ts'
import { inTransaction } from '../../src/storage/in-transaction.ts'

const CONFIG = 'bench/kingpost/live.config.ts'
const ACCOUNTS_PER_COMMIT = 500
const ACCOUNTS_PER_TEAM = 10

/** One a client: who it is, and the team it belongs to. */
export type Account = { readonly id: string; readonly token: string; readonly team: string }

/** Fills an empty folder and writes the accounts to `file`, for the process of the clients. */
export async function makeLiveWorld(dataDir: string, count: number, file: string): Promise<void> {
  const words = ['start', '--config', CONFIG, '--data-dir', dataDir, '--port', '0']
  const running = await serve(readSettings(words, { KINGPOST_RATE_LIMITS: 'off' }) as ProcessSettings)
  const { parts, newId } = running.engine
  const cause = { operation: 'bench.fill', actor: 'system', requestId: '' }
  const expiresAt = systemClock.now() + 24 * 3_600_000
  const accounts: Account[] = []
  while (accounts.length < count)
    await inTransaction(parts, cause, async (tx) => {
      const made: Account[] = []
      let team = ''
      for (let number = accounts.length; number < Math.min(count, accounts.length + ACCOUNTS_PER_COMMIT); number++) {
        if (number % ACCOUNTS_PER_TEAM === 0) {
          team = newId('team')
          await tx.insert({ name: 'teams' } as never, { id: team, title: `Team ${number}` } as never)
        }
        const [id, token] = [newId('usr'), newSecret(systemRandom, 'kps')]
        const email = `client${number}@example.com`
        await tx.insert(users, { id, email, name: null, roles: [], emailVerified: true, disabled: false, customerGroup: null })
        const session = {
          user: id,
          tokenHash: hashSecret(token),
          expiresAt,
          origin: '127.0.0.1',
          userAgent: null,
          ways: null,
          provenAt: null,
          usedAt: null,
        }
        await tx.insert(sessions, { id: newId('ses'), ...session })
        await tx.insert({ name: 'members' } as never, { id: newId('memb'), team, user: id } as never)
        made.push({ id, token, team })
      }
      accounts.push(...made)
    })
  await running.close()
  writeFileSync(file, JSON.stringify(accounts))
}

/** Starts on a folder that `makeLiveWorld` filled. */
export const liveServer = {
  name: 'live',
  command: ({ port, dataDir }: { readonly port: number; readonly dataDir: string }) => ({
    args: ['src/cli/kingpost.js', 'start', '--port', String(port), '--config', CONFIG, '--data-dir', dataDir],
    env: { KINGPOST_RATE_LIMITS: 'off' },
  }),
}
