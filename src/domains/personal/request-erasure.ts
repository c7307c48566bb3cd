// Asking for an erasure, and taking it back. The account is closed at once: nobody is signed in by it any more, and nobody signs in.
// Its owner has some days to keep it, by the link in a mail.
import { anyone, recently, role, signedIn } from '../../access/rule.ts'
import { toIso } from '../../base/clock.ts'
import { EngineError } from '../../base/engine-error.ts'
import { type Language, languageOf } from '../../base/language.ts'
import { limits } from '../../base/limits.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import type { Work } from '../../operation/work.ts'
import { noteAdmin } from '../accounts/admins.ts'
import { endKeys } from '../accounts/api-keys.ts'
import { type User, users } from '../accounts/collections.ts'
import { accountErasureAsked, accountKept, type accountShut, type accountTakenBack } from '../accounts/events.ts'
import { checkMayChange, getGiver } from '../accounts/may-give.ts'
import { dropProofs, issueProof, redeemToken } from '../accounts/proofs.ts'
import { endedCookie, endSessions } from '../accounts/session.ts'
import { tokenInput } from '../accounts/shapes.ts'
import { type Erasure, erasureStates, erasures } from './collections.ts'
import { erasureOf, oweErasure } from './erase-person.ts'

const erasureOutput = Type.Object(
  {
    id: Type.String(),
    state: Type.Unsafe<Erasure['state']>({ type: 'string', enum: erasureStates }),
    dueAt: Type.String({ format: 'date-time', description: 'When it begins. Until then its owner can keep the account.' }),
  },
  { title: 'ErasureAsked' },
)
const view = ({ id, state, dueAt }: Erasure) => ({ id, state, dueAt: toIso(dueAt) })

/** `DELETE /api/auth/me`: the account and all that names its owner. */
export const eraseMe = command({
  name: 'accounts.eraseMe',
  route: 'DELETE /api/auth/me',
  summary: 'Delete the own account',
  tag: 'Accounts',
  status: 202,
  input: Type.Object({}, { additionalProperties: false }),
  output: erasureOutput,
  errors: ['last_admin', 'last_owner'],
  access: recently(signedIn),
  rate: 'account',
  async run(work) {
    const { actor, request, project } = work
    const language = languageOf(request.headers['accept-language'])
    const asked = await ask(work, { id: actor.id!, waitMs: limits.erasureWaitMs, language })
    if (asked === null) throw new EngineError('unauthenticated')
    return { ...asked, status: 202, headers: { 'set-cookie': endedCookie(project) } }
  },
})

/** `POST /api/users/{id}/erase`: for a customer who wrote or called, by an admin. */
export const eraseUser = command({
  name: 'accounts.eraseUser',
  route: 'POST /api/users/:id/erase',
  summary: 'Erase an account and all that names its owner',
  tag: 'Accounts',
  status: 202,
  input: Type.Object(
    {
      id: Type.String({ maxLength: limits.idCharactersMax }),
      now: Type.Optional(
        Type.Boolean({ description: 'Without the days in which its owner could keep the account, also of one that waits already.' }),
      ),
    },
    { additionalProperties: false },
  ),
  output: erasureOutput,
  errors: ['not_found', 'last_admin', 'last_owner'],
  access: recently(role('admin')),
  async run(work) {
    const { tx, actor, input, request } = work
    const user = await tx.get(users, input.id)
    if (user !== null) checkMayChange((await getGiver(tx, actor.id)).roles, user)
    const language = languageOf(request.headers['accept-language'])
    const waitMs = input.now ? limits.erasureQuietMs : limits.erasureWaitMs
    const asked = await ask(work, { id: input.id, waitMs, language })
    if (asked === null) throw new EngineError('not_found')
    return { ...asked, status: 202 }
  },
})

/** `POST /api/auth/me/keep`: by the link in the mail. Signs nobody in. */
export const keepAccount = command({
  name: 'accounts.keep',
  route: 'POST /api/auth/me/keep',
  summary: 'Keep an account that was to be deleted',
  tag: 'Accounts',
  status: 204,
  input: Type.Object({ token: tokenInput }, { additionalProperties: false }),
  output: Type.Null(),
  errors: ['link_invalid'],
  access: anyone,
  rate: 'account',
  hasSecretInput: true,
  async run(work) {
    const { tx, input } = work
    const proof = await redeemToken(work, 'keepAccount', input.token)
    const user = await tx.lock(users, proof.user, 'exclusive')
    const erasure = await erasureOf(work, proof.user)
    if (user === null || erasure?.state !== 'waiting') throw new EngineError('link_invalid')
    await tx.update(erasures, erasure, { set: { state: 'canceled' } })
    const kept = await tx.update(users, user, { set: { disabled: erasure.wasDisabled } })
    await noteAdmin(work, user, kept)
    return { output: null, status: 204 }
  },
})

/**
 * Whoever moved the account may have had it deleted as well, and the link that keeps it went to their address. An admin who does without the
 * days in which it could be kept is not overruled.
 */
export async function offerToKeep(work: Work, { user, language }: ReturnType<typeof accountTakenBack>['payload']) {
  const erasure = await erasureOf(work, user.id)
  if (erasure?.state !== 'waiting' || erasure.dueAt < erasure.createdAt + limits.erasureWaitMs) return []
  const keepSecret = await issueProof(work, { purpose: 'keepAccount', user, email: user.email })
  return [accountErasureAsked({ user, dueAt: erasure.dueAt, keepSecret, language })]
}

/**
 * What an admin says while it waits holds. One who shuts it: nobody opens an account that was shut by having it deleted and keeping it. One who opens
 * it again: then it is kept, since whoever uses it would be erased on the way. @throws account_erased where it is too late for that
 */
export async function noteShut(work: Work, { user, language }: ReturnType<typeof accountShut>['payload']) {
  const erasure = await erasureOf(work, user.id)
  if (erasure === null || erasure.state === 'canceled') return []
  if (erasure.state !== 'waiting') {
    if (user.disabled) return []
    throw new EngineError('account_erased')
  }
  await work.tx.update(erasures, erasure, { set: user.disabled ? { wasDisabled: true } : { state: 'canceled' } })
  return user.disabled ? [] : [accountKept({ user, language })]
}

type Asked = { readonly id: string; readonly waitMs: number; readonly language: Language }

/** Null where there is no such account. @throws last_admin */
async function ask(work: Work, { id, waitMs, language }: Asked) {
  const { tx, now, newId } = work
  const user = await tx.lock(users, id, 'exclusive')
  if (user === null) return null
  const before = await erasureOf(work, id)
  const dueAt = now + waitMs
  // One that is under way or over is not begun again; one that waits may begin sooner.
  if (before !== null && before.state !== 'canceled') {
    if (before.state !== 'waiting' || before.dueAt <= dueAt) return { output: view(before) }
    const sooner = await tx.update(erasures, before, { set: { dueAt } })
    await oweErasure(work, sooner)
    return { output: view(sooner) }
  }
  const closed = await close(work, user)
  const erasure = await tx.insert(erasures, {
    id: newId(erasures.prefix!),
    user: id,
    state: 'waiting',
    dueAt,
    waitsFor: null,
    wasDisabled: user.disabled,
    isProven: false,
    address: null,
    former: null,
    step: 0,
    after: null,
    report: [],
    doneAt: null,
  })
  await oweErasure(work, erasure)
  const isKeepable = waitMs === limits.erasureWaitMs
  const keepSecret = isKeepable ? await issueProof(work, { purpose: 'keepAccount', user, email: user.email }) : null
  return { output: view(erasure), events: [accountErasureAsked({ user: closed, dueAt, keepSecret, language })] }
}

/** Every way in ends, and with it every live stream. @throws last_admin */
async function close(work: Work, user: User): Promise<User> {
  const { tx } = work
  const closed = await tx.update(users, user, { set: { disabled: true } })
  await noteAdmin(work, user, closed)
  await endSessions(tx, eq('user', user.id))
  await endKeys(tx, eq('user', user.id))
  await dropProofs(tx, user.id)
  return closed
}
