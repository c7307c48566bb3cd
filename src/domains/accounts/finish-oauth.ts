// The way back from a provider. The provider is asked before the transaction, once the way is used up; what it says decides inside.
import { anyone } from '../../access/rule.ts'
import { EngineError, isEngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { ErrorCode } from '../../contract/error-codes.ts'
import type { DomainEvent } from '../../contract/events.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import {
  type Answer,
  type AnswerHeaders,
  type CommandContext,
  command,
  type Operation,
  type PrepareContext,
} from '../../operation/define.ts'
import { findUnique } from '../../storage/find-all.ts'
import { type User, users } from './collections.ts'
import { accountRegistered } from './events.ts'
import { addIdentity, findIdentity, identities } from './identities.ts'
import type { IdentityProvider, Person } from './identity-provider.ts'
import { formerOwner } from './proofs.ts'
import {
  accountPage,
  always,
  codeOfFault,
  programAddress,
  providerInput,
  providerNamed,
  redirect,
  redirectOutput,
  refuse,
  signInPage,
} from './provider-answer.ts'
import { nameOf } from './provider-client.ts'
import { browserIn, findFlow, issueCode, type ProviderFlow, providerFlows, requestOf, takeFlow } from './provider-flows.ts'
import { isOwnPath } from './return-address.ts'
import { proveAddress, signIn } from './sign-in.ts'
import type { OAuthParts } from './start-oauth.ts'

const told = Type.Optional(Type.String({ maxLength: limits.providerAnswerCharactersMax }))

/** `GET /api/auth/oauth/{provider}/callback`: whoever comes back is signed in, and goes on. */
export function finishOAuth({ providers, log }: OAuthParts): Operation {
  return command({
    name: 'accounts.finishOAuth',
    route: 'GET /api/auth/oauth/:provider/callback',
    summary: 'Come back from a provider',
    tag: 'Accounts',
    status: 303,
    // A provider may send along what it likes (RFC 6749 section 4.1.2).
    input: Type.Object({ provider: providerInput, state: told, code: told, iss: told, error: told }, { additionalProperties: true }),
    output: redirectOutput,
    errors: [
      'not_found',
      'sign_in_expired',
      'sign_in_refused',
      'sign_in_failed',
      'provider_unavailable',
      'address_unproven',
      'identity_taken',
      'email_taken',
    ],
    access: anyone,
    rate: 'write',
    hasSecretInput: true,
    always,
    async prepare(context): Promise<Back> {
      const { input, request, project, writeFirst } = context
      const provider = providerNamed(providers, input.provider)
      const browser = browserIn(request, project)
      const state = input.state ?? ''
      const flow = await writeFirst((work) => takeFlow(work, { provider: provider.name, state, browser }))
      if (flow === null) return { flow: { next: '/', purpose: 'signIn' }, code: 'sign_in_expired' }
      if (!isSameCaller(context, flow)) return { flow, code: 'sign_in_expired' }
      if (input.error !== undefined) return { flow, code: input.error === 'access_denied' ? 'sign_in_refused' : 'sign_in_failed' }
      const { code = '', iss } = input
      const answer = { code, state, ...(iss === undefined ? {} : { iss }) }
      try {
        const asked = requestOf(project, provider.name, { browser: browser!, state })
        return { flow, provider, person: await provider.finish({ ...asked, answer }) }
      } catch (error) {
        return { flow, code: codeOfFault(error, provider, log) }
      }
    },
    async run(context) {
      const { request, prepared: back } = context
      if ('code' in back) return refuse(request, back.code, back.flow)
      try {
        return await (back.flow.purpose === 'link' ? link(context, back) : enter(context, back))
      } catch (error) {
        // Each is decided before anything is written.
        if (isEngineError(error) && isOurs(error.code)) return refuse(request, error.code, back.flow)
        throw error
      }
    },
  })
}

type Known = { readonly flow: ProviderFlow; readonly provider: IdentityProvider; readonly person: Person }
type Back = Known | { readonly flow: Pick<ProviderFlow, 'next' | 'purpose'>; readonly code: ErrorCode }

const isOurs = (code: ErrorCode) =>
  (['sign_in_failed', 'sign_in_expired', 'address_unproven', 'identity_taken', 'email_taken'] as readonly ErrorCode[]).includes(code)

/** A link is made by the session that asked for it. */
function isSameCaller({ actor }: Pick<PrepareContext<unknown>, 'actor'>, { purpose, user, session }: ProviderFlow): boolean {
  return purpose !== 'link' || (actor.id === user && actor.session === session)
}

async function link(context: CommandContext<unknown, unknown>, { flow, provider, person }: Known): Promise<Answer<string>> {
  const user = await context.tx.lock(users, flow.user!, 'exclusive')
  if (user === null || user.disabled) throw new EngineError('sign_in_expired')
  const known = await findIdentity(context.tx, provider.name, person.subject)
  if (known !== null && known.user !== user.id) throw new EngineError('identity_taken')
  const events = known === null ? [await addIdentity(context, { user, provider, subject: person.subject })] : []
  return redirect(accountPage({ linked: provider.name }), { events })
}

/** Signs in to the account that this person has, or opens one. */
async function enter(context: CommandContext<unknown, unknown>, back: Known): Promise<Answer<string>> {
  const { flow } = back
  const { user, events } = await accountOf(context, back)
  if (!isOwnPath(flow.next)) return redirect(programAddress(flow.next, { code: await issueCode(context, flow, user.id) }), { events })
  const { output, headers, events: more = [] } = (await signIn(context, user, 'provider')) as Entered
  const waits: Readonly<Record<string, string>> =
    'pending' in output ? { pending: output.pending, factors: output.factors.join() } : { done: 'true' }
  const page = signInPage(flow.next, waits)
  return redirect(page, { ...(headers === undefined ? {} : { headers }), events: [...events, ...more] })
}

type Entered = Answer<{ readonly pending: string; readonly factors: readonly string[] } | { readonly token: string }> & {
  readonly headers?: AnswerHeaders
}

/**
 * By who they are there. Where nobody is known as that yet, by an address that both sides have proven: the provider says that it is
 * theirs, and where our account with it was proven by nobody, what was set by whoever opened it goes (`proveAddress`).
 * @throws sign_in_failed, address_unproven, identity_taken, email_taken
 */
async function accountOf(
  context: CommandContext<unknown, unknown>,
  { flow, provider, person }: Known,
): Promise<{ user: User; events: DomainEvent[] }> {
  const { tx, newId } = context
  const { subject, email, isEmailProven } = person
  const known = await findIdentity(tx, provider.name, subject)
  if (known !== null) {
    const user = await tx.lock(users, known.user, 'shared')
    // Unlinked by somebody who was first.
    if (user === null || user.disabled || (await tx.get(identities, known.id)) === null) throw new EngineError('sign_in_failed')
    return { user, events: [] }
  }
  // The same whether or not there is an account with it.
  if (email === null || !isEmailProven) throw new EngineError('address_unproven')
  const holder = await findUnique(tx, users, eq('email', email))
  if (holder === null) {
    // Its owner of some days ago may yet take it back.
    if ((await formerOwner(context, email)) !== null) throw new EngineError('email_taken')
    const name = person.name ?? nameOf(flow.name)
    const user = await tx.insert(
      users,
      { id: newId('usr'), email, name, roles: [], emailVerified: true, disabled: false, customerGroup: null },
      'conflict',
    )
    await addIdentity(context, { user, provider, subject })
    return { user, events: [accountRegistered({ user })] }
  }
  const locked = await tx.lock(users, holder.id, 'exclusive')
  if (locked === null || locked.disabled || locked.email !== email) throw new EngineError('sign_in_failed')
  const user = await proveAddress(context, locked)
  return { user, events: [await addIdentity(context, { user, provider, subject })] }
}

/**
 * `POST /api/auth/oauth/{provider}/callback`: the way back by a form of the provider's page, as Apple takes it. Browsers send no cookie of
 * ours with it, so it ends nothing: it goes on to the same address by GET, with which they do.
 */
export function receiveOAuth({ providers }: OAuthParts): Operation {
  return command({
    name: 'accounts.receiveOAuth',
    route: 'POST /api/auth/oauth/:provider/callback',
    summary: "Come back from a provider by a form of the provider's page",
    tag: 'Accounts',
    status: 303,
    rawBody: true,
    isFromElsewhere: true,
    input: Type.Object({ provider: providerInput }, { additionalProperties: false }),
    output: redirectOutput,
    errors: ['not_found'],
    access: anyone,
    rate: 'write',
    always,
    async run({ tx, now, input, request }) {
      const provider = providerNamed(providers, input.provider)
      const form = new URLSearchParams(Buffer.from(request.rawBody ?? []).toString())
      const flow = provider.comesByForm ? await findFlow({ tx, now }, provider.name, form.get('state') ?? '') : null
      const name = flow === null ? null : nameIn(form.get('user'))
      if (flow !== null && name !== null) await tx.update(providerFlows, flow, { set: { name } })
      const sent = ['state', 'code', 'iss', 'error'].flatMap((key) =>
        form.get(key) === null ? [] : [[key, form.get(key)!] as [string, string]],
      )
      return redirect(`/api/auth/oauth/${provider.name}/callback?${new URLSearchParams(sent)}`)
    },
  })
}

/** `{"name": {"firstName": "Ada", "lastName": "Lovelace"}}`, the first time that somebody signs in to a project, and never again. */
function nameIn(user: string | null): string | null {
  try {
    const { name } = JSON.parse(user ?? '') as { readonly name?: { readonly firstName?: unknown; readonly lastName?: unknown } }
    return nameOf([name?.firstName, name?.lastName].filter((part) => typeof part === 'string').join(' '))
  } catch {
    return null
  }
}
