import { recently, role } from '../../access/rule.ts'
import { normalEmail } from '../../base/email-address.ts'
import { EngineError } from '../../base/engine-error.ts'
import { languageOf } from '../../base/language.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { type CommandContext, command, type Operation } from '../../operation/define.ts'
import { accountInvited } from './events.ts'
import { endInvitation, type Invitation, invitationOutput, invitations, invitationView, issueInvitation } from './invitations.ts'
import { checkMayGive, checkRoles, getGiver } from './may-give.ts'
import { emailInput } from './shapes.ts'

const idInput = Type.Object({ id: Type.String({ maxLength: limits.idCharactersMax }) }, { additionalProperties: false })

/** `POST /api/invitations`: a mail that lets whoever reads it become one of those who run it. The answer is the same for an address that has an account. */
export function invite(roles: readonly string[]): Operation {
  return command({
    name: 'accounts.invite',
    route: 'POST /api/invitations',
    summary: 'Invite somebody',
    tag: 'Accounts',
    status: 201,
    input: Type.Object(
      {
        email: emailInput,
        roles: Type.Array(Type.String({ maxLength: limits.idCharactersMax }), {
          minItems: 1,
          maxItems: limits.rolesMax,
          uniqueItems: true,
          description: 'What they get: at most what the caller may give.',
        }),
      },
      { additionalProperties: false, examples: [{ email: 'ann@example.com', roles: ['support'] }] },
    ),
    output: invitationOutput,
    access: recently(role('admin')),
    rate: 'account',
    async run(context) {
      const { input } = context
      checkRoles(input.roles, [], roles)
      const invitation = await sendInvitation(context, { email: normalEmail(input.email), roles: input.roles })
      return { ...invitation, status: 201 }
    },
  })
}

/** `POST /api/invitations/{id}/resend`: the mail once more, with a new link, in the name of whoever asks. */
export const resendInvitation = command({
  name: 'accounts.resendInvitation',
  route: 'POST /api/invitations/:id/resend',
  summary: 'Send an invitation again',
  tag: 'Accounts',
  input: idInput,
  output: invitationOutput,
  errors: ['not_found', 'invitation_ended'],
  access: recently(role('admin')),
  rate: 'account',
  async run(context) {
    return await sendInvitation(context, await getOpen(context, context.input.id))
  },
})

/** `DELETE /api/invitations/{id}`: its link leads nowhere from now on. */
export const revokeInvitation = command({
  name: 'accounts.revokeInvitation',
  route: 'DELETE /api/invitations/:id',
  summary: 'Take an invitation back',
  tag: 'Accounts',
  status: 204,
  input: idInput,
  output: Type.Null(),
  errors: ['not_found', 'invitation_ended'],
  access: role('admin'),
  async run(context) {
    await endInvitation(context.tx, await getOpen(context, context.input.id), 'revoked')
    return { output: null, status: 204 }
  },
})

async function getOpen({ tx }: CommandContext<unknown>, id: string): Promise<Invitation> {
  const invitation = await tx.get(invitations, id)
  if (invitation === null) throw new EngineError('not_found')
  if (invitation.status !== 'pending') throw new EngineError('invitation_ended')
  return invitation
}

async function sendInvitation(context: CommandContext<unknown>, { email, roles }: Pick<Invitation, 'email' | 'roles'>) {
  const giver = await getGiver(context.tx, context.actor.id)
  await checkMayGive(context.tx, giver.roles, roles)
  const { invitation, token } = await issueInvitation(context, { email, roles, invitedBy: giver.id })
  const language = languageOf(context.request.headers['accept-language'])
  return { output: invitationView(invitation), events: [accountInvited({ invitation, by: giver, language, secret: token })] }
}
