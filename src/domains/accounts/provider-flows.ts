// A way to a provider and back, kept in the database so that any process can end it. Invariants: it is ended once (a guarded delete),
// before its time is over, in the browser that began it and at the provider that it was begun for. Nothing here opens anything for
// who reads the database: the nonce and the verifier are made of the browser's secret, whose hash alone is stored.
import { createHmac } from 'node:crypto'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { hashSecret, isEqualSecret } from '../../base/secret.ts'
import type { Project } from '../../config/project.ts'
import { eq } from '../../contract/filter.ts'
import type { RequestFacts } from '../../operation/define.ts'
import type { Work } from '../../operation/work.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { findUnique } from '../../storage/find-all.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { cookieIn, cookieOf } from './cookies.ts'
import type { BeginRequest } from './identity-provider.ts'

/** `code`: it has come back, and waits for the program that began it. */
type FlowPurpose = 'signIn' | 'link' | 'code'

export const providerFlows = collection('providerFlows', {
  prefix: 'pfl',
  system: true,
  internal: true,
  feed: false,
  fields: {
    /** Of the `state` that goes along, or of the code for a program. */
    secretHash: field.text({ required: true, unique: true }),
    purpose: field.text({ required: true }),
    provider: field.text({ required: true, max: limits.codeCharactersMax }),
    /** Of the cookie of the browser that began it. */
    browserHash: field.text({ required: true }),
    /** A path of the project's site, or an address that the config lists. */
    next: field.text({ required: true, max: limits.nextCharactersMax }),
    /** The hash of the secret of a program that gets a code. */
    challenge: field.text(),
    /** The account that is linked, or that the code is of. */
    user: field.text({ max: 100 }),
    /** That asked for the link. */
    session: field.text({ max: 100 }),
    /** Which Apple tells beside the way back, and the first time alone. */
    name: field.text(),
    expiresAt: field.dateTime({ required: true }),
  },
  indexes: [['user'], ['expiresAt']],
  personal: { by: { user: { holds: 'user', onErase: 'delete' } } },
})
export type ProviderFlow = NonNullable<(typeof providerFlows)['record']>

const browserForm = /^browser_[\w-]{43}$/

/** Over TLS no sister domain can set one of this name (RFC 6265bis, section 4.1.3.2). */
function cookieName({ publicUrl }: Project): string {
  return publicUrl.startsWith('https:') ? '__Host-kp_provider' : 'kp_provider'
}

/** The browser's secret, and the cookie that keeps it until the way back. Several ways at once share one. */
export function browserOf({ newSecret }: Pick<Work, 'newSecret'>, request: RequestFacts, project: Project) {
  const browser = browserIn(request, project) ?? newSecret('browser')
  const cookie = cookieOf(project, { name: cookieName(project), value: browser, maxAgeSeconds: limits.providerFlowMs / 1_000 })
  return { browser, cookie }
}

export function browserIn({ headers }: RequestFacts, project: Project): string | null {
  const browser = cookieIn(headers['cookie'], cookieName(project))
  return browser !== null && browserForm.test(browser) ? browser : null
}

/** What goes to the provider and back. */
export function requestOf(
  { publicUrl }: Project,
  provider: string,
  { browser, state }: { readonly browser: string; readonly state: string },
): BeginRequest {
  const derived = (what: string) => createHmac('sha256', browser).update(`${what}:${state}`).digest('base64url')
  return { redirectUri: `${publicUrl}/api/auth/oauth/${provider}/callback`, state, nonce: derived('nonce'), verifier: derived('verifier') }
}

type NewFlow = Pick<ProviderFlow, 'purpose' | 'provider' | 'next'> & Partial<Pick<ProviderFlow, 'challenge' | 'user' | 'session'>>

/** Answers its `state`. */
export async function openFlow({ tx, now, newId, newSecret }: Work, browser: string, flow: NewFlow & { readonly purpose: FlowPurpose }) {
  const state = newSecret('state')
  const { challenge = null, user = null, session = null } = flow
  const expiresAt = now + limits.providerFlowMs
  const kept = { ...flow, challenge, user, session, name: null, browserHash: hashSecret(browser), expiresAt }
  await tx.insert(providerFlows, { id: newId('pfl'), secretHash: hashSecret(state), ...kept }, 'conflict')
  return state
}

/** Null where there is none, or none any more. */
export async function findFlow({ tx, now }: Pick<Work, 'tx' | 'now'>, provider: string, state: string): Promise<ProviderFlow | null> {
  const flow = await findUnique(tx, providerFlows, eq('secretHash', hashSecret(state)))
  return flow === null || flow.purpose === 'code' || flow.provider !== provider || flow.expiresAt <= now ? null : flow
}

type Back = { readonly provider: string; readonly state: string; readonly browser: string | null }

/** Uses it up, where this browser began it. */
export async function takeFlow(work: Pick<Work, 'tx' | 'now'>, { provider, state, browser }: Back): Promise<ProviderFlow | null> {
  const flow = await findFlow(work, provider, state)
  if (flow === null || browser === null || !isEqualSecret(flow.browserHash, hashSecret(browser))) return null
  return (await work.tx.deleteWhere(providerFlows, eq('id', flow.id))) > 0 ? flow : null
}

/** A code that the program turns into a session: for `user`, and whoever has the secret of `challenge`. */
export async function issueCode({ tx, now, newId, newSecret }: Work, flow: ProviderFlow, user: string): Promise<string> {
  const code = newSecret('exchange')
  const { provider, browserHash, next, challenge } = flow
  const kept = { purpose: 'code', provider, browserHash, next, challenge, user, session: null, name: null }
  const expiresAt = now + limits.exchangeCodeMs
  await tx.insert(providerFlows, { id: newId('pfl'), secretHash: hashSecret(code), ...kept, expiresAt }, 'conflict')
  return code
}

/** Uses it up. Answers whose it is. @throws code_invalid */
export async function redeemExchange({ tx, now }: Pick<Work, 'tx' | 'now'>, code: string, challenge: string): Promise<string> {
  const found = await findUnique(tx, providerFlows, eq('secretHash', hashSecret(code)))
  const isGood = found?.purpose === 'code' && found.expiresAt > now && isEqualSecret(found.challenge ?? '', challenge)
  const refused = new EngineError('code_invalid', { detail: 'This code is used, too old, or was made for another program.' })
  if (!isGood || (await tx.deleteWhere(providerFlows, eq('id', found.id))) === 0) throw refused
  return found.user!
}

/** What was begun for this account leads nowhere. */
export async function dropFlows(tx: Transaction, user: string): Promise<void> {
  await tx.deleteWhere(providerFlows, eq('user', user))
}
