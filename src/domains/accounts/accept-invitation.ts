import { anyone } from '../../access/rule.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { type CommandContext, command } from '../../operation/define.ts'
import { findUnique } from '../../storage/find-all.ts'
import { noteAdmin } from './admins.ts'
import { passwords, type User, users } from './collections.ts'
import { accountRegistered } from './events.ts'
import { endInvitation, getInvitation, type Invitation } from './invitations.ts'
import { checkNewPassword } from './password-rules.ts'
import { formerOwner } from './proofs.ts'
import { removeFactors } from './second-factor.ts'
import { setPassword } from './set-password.ts'
import { nameInput, normalName, passwordInput, sessionOutput, tokenInput, userOutput, userView } from './shapes.ts'
import { forgetWayIn, openAccount } from './sign-in.ts'

/** `POST /api/invitations/open`: what an invitation is for, to whoever has its link. Changes nothing. */
export const openInvitation = command({
  name: 'accounts.openInvitation',
  route: 'POST /api/invitations/open',
  summary: 'Look at an invitation',
  tag: 'Accounts',
  input: Type.Object({ token: tokenInput }, { additionalProperties: false }),
  output: Type.Object({
    email: Type.String(),
    roles: Type.Array(Type.String()),
    hasAccount: Type.Boolean({
      description: 'The address has an account: sign in with it and accept. Else accepting asks for a password.',
    }),
  }),
  errors: ['link_invalid'],
  access: anyone,
  rate: 'account',
  hasSecretInput: true,
  async run({ tx, now, input }) {
    const { email, roles } = await getInvitation(tx, now, input.token)
    const user = await findUnique(tx, users, eq('email', email))
    return { output: { email, roles, hasAccount: user?.emailVerified === true } }
  },
})

/**
 * `POST /api/invitations/accept`: the roles, for whoever has the link. It shows that they read the mail of the address, so a new account has it proven; one
 * that somebody opened who did not show that is taken over. An account that is its owner's already is not opened by a mail: they sign in first.
 */
export const acceptInvitation = command({
  name: 'accounts.acceptInvitation',
  route: 'POST /api/invitations/accept',
  summary: 'Accept an invitation',
  tag: 'Accounts',
  input: Type.Object({ token: tokenInput, name: nameInput, password: Type.Optional(passwordInput) }, { additionalProperties: false }),
  output: Type.Object({ user: userOutput, token: Type.Optional(sessionOutput.properties.token) }),
  errors: ['link_invalid', 'invitation_for_account', 'email_taken'],
  access: anyone,
  rate: 'account',
  hasSecretInput: true,
  async prepare({ input, read, now, project, services }) {
    // A password that is refused must not use up the link, and what is personal depends on whose it is.
    const { email } = await getInvitation(read, now, input.token)
    if (input.password === undefined) return null
    await checkNewPassword({ project, services }, input.password, { email, name: input.name ?? null })
    return await services.passwords.hash(input.password)
  },
  async run(context) {
    const { tx, now, input, actor, prepared } = context
    const invitation = await getInvitation(tx, now, input.token)
    const found = await findUnique(tx, users, eq('email', invitation.email))
    const holder = found && (await tx.lock(users, found.id, 'exclusive'))
    if (holder?.disabled) throw new EngineError('link_invalid')
    await endInvitation(tx, invitation, 'accepted')
    if (holder?.emailVerified) {
      if (actor.id !== holder.id || actor.session === null || actor.impersonator) throw new EngineError('invitation_for_account')
      return { output: { user: userView(await withRoles(context, holder, invitation)) } }
    }
    if (prepared === null) throw invalid('/password', 'required', 'is missing')
    const user = await newcomer(context, { holder, invitation, hash: prepared })
    const opened = await openAccount(context, user, ['invitation'])
    return { ...opened, events: [...(holder === null ? [accountRegistered({ user })] : []), ...opened.events] }
  },
})

async function withRoles(context: CommandContext<unknown, unknown>, before: User, { roles }: Invitation): Promise<User> {
  const user = await context.tx.update(users, before, { set: { roles: [...new Set([...before.roles, ...roles])] } })
  await noteAdmin(context, before, user)
  return user
}

type Newcomer = { readonly holder: User | null; readonly invitation: Invitation; readonly hash: string }

/** A new account, or one that nobody has shown to be theirs: whatever let somebody into that is gone. */
async function newcomer(context: CommandContext<{ readonly name?: string | null | undefined }, unknown>, given: Newcomer): Promise<User> {
  const { tx, newId, input } = context
  const { holder, invitation, hash } = given
  const name = normalName(input.name)
  if (holder === null) {
    const { email, roles } = invitation
    // Its owner of some days ago may yet take it back.
    if ((await formerOwner(context, email)) !== null) throw new EngineError('email_taken')
    const user = await tx.insert(
      users,
      { id: newId('usr'), email, name, roles, emailVerified: true, disabled: false, customerGroup: null },
      'conflict',
    )
    await tx.insert(passwords, { id: newId('pwd'), user: user.id, hash })
    await noteAdmin(context, null, user)
    return user
  }
  await forgetWayIn(context, holder.id)
  await removeFactors(tx, holder.id)
  const proven = await tx.update(users, holder, { set: { emailVerified: true, name } })
  await setPassword(context, holder.id, hash)
  return await withRoles(context, proven, invitation)
}
