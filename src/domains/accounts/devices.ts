// Browsers that an account was signed in with before: each holds a secret in a cookie of its own, which outlives sessions. It
// opens nothing. It only tells an owner from a stranger who guesses, so that the one does not wait for the other.

import { limits } from '../../base/limits.ts'
import { hashSecret } from '../../base/secret.ts'
import { and, eq } from '../../contract/filter.ts'
import type { CommandContext, RequestFacts } from '../../operation/define.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { findUnique } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'
import { cookieIn, cookieOf } from './cookies.ts'

const deviceCookie = 'kp_device'
const tokenForm = /^device_[\w-]{43}$/

export const devices = collection('devices', {
  prefix: 'dev',
  system: true,
  internal: true,
  feed: false,
  fields: {
    user: field.text({ required: true, max: 100 }),
    tokenHash: field.text({ required: true }),
    forgottenAt: field.dateTime({ required: true }),
  },
  unique: [['user', 'tokenHash']],
  indexes: [['forgottenAt']],
  personal: { by: { user: { holds: 'user', onErase: 'delete' } } },
})

/** The id of the browser that asks, where the account knows it. */
export async function knownDevice(read: Pick<Reader, 'find'>, user: string | null, request: RequestFacts): Promise<string | null> {
  const token = tokenOf(request)
  if (token === null) return null
  const device = await findUnique(read, devices, and(eq('user', user ?? 'nobody'), eq('tokenHash', hashSecret(token))))
  return device?.id ?? null
}

/** Makes the browser one that the account knows. Answers the cookie, or null where it is no browser. */
export async function rememberDevice(
  { tx, now, newId, newSecret, request, project }: CommandContext<unknown, unknown>,
  user: string,
): Promise<string | null> {
  // Each of them says so (Fetch Metadata); a program keeps its token.
  if (request.headers['sec-fetch-site'] === undefined) return null
  const token = tokenOf(request) ?? newSecret('device')
  const tokenHash = hashSecret(token)
  const forgottenAt = now + limits.deviceMs
  const known = await findUnique(tx, devices, and(eq('user', user), eq('tokenHash', tokenHash)))
  if (known === null) await tx.insert(devices, { id: newId('dev'), user, tokenHash, forgottenAt }, 'conflict')
  else await tx.touchOrFail(devices, known.id, { set: { forgottenAt } })
  return cookieOf(project, { name: deviceCookie, value: token, maxAgeSeconds: limits.deviceMs / 1_000 })
}

function tokenOf({ headers }: RequestFacts): string | null {
  const token = cookieIn(headers['cookie'], deviceCookie)
  return token !== null && tokenForm.test(token) ? token : null
}
