import { staff } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { type Effect, effects, enqueue } from '../../effects/effect.ts'
import { type CommandContext, command } from '../../operation/define.ts'
import { checkIfMatch } from '../../records/etag.ts'
import { findUnique } from '../../storage/find-all.ts'
import { type Email, emailStatuses, emails } from './collections.ts'
import { emailSend, sendKey } from './queue-email.ts'
import { findSuppression, fromHereOn, isEmptied } from './send-email.ts'

/**
 * `POST /api/emails/{id}/resend`: one that has failed, came back, or of which nobody knows whether it arrived. It is the same message, byte by
 * byte and under its Message-ID; most receivers show both copies all the same.
 */
export const resendEmail = command({
  name: 'emails.resend',
  route: 'POST /api/emails/:id/resend',
  summary: 'Send an e-mail again that may not have arrived',
  tag: 'E-mails',
  input: Type.Object({ id: Type.String({ maxLength: limits.idCharactersMax }) }, { additionalProperties: false }),
  output: Type.Object({
    id: Type.String(),
    status: Type.Unsafe<Email['status']>({ type: 'string', enum: [...emailStatuses] }),
    mayArriveTwice: Type.Boolean({ description: 'Nobody knows whether it arrived the first time: its reader may get two of it.' }),
  }),
  errors: ['not_found', 'precondition_failed', 'email_state_conflict'],
  access: staff,
  async run(context) {
    const { tx, input, actor, model, request } = context
    const email = await tx.get(emails, input.id)
    if (email === null || email.direction !== 'out') throw new EngineError('not_found')
    checkIfMatch(model.get(emails), { actor, ifMatch: request.ifMatch }, email)
    await checkState(context, email)
    const effect = await findUnique(tx, effects, eq('key', sendKey(email.id)))
    const mayArriveTwice = email.status === 'ambiguous' || email.uncertainAt !== null
    const { id, status } = await tx.update(emails, email, { set: { status: 'queued', lastError: null, failure: null, sentAt: null } })
    await owe(context, email, effect)
    return { output: { id, status, mayArriveTwice } }
  },
})

/** @throws email_state_conflict with why */
async function checkState({ tx, now }: CommandContext<unknown>, email: Email): Promise<void> {
  const { status, failure, expiresAt } = email
  const conflict = (detail: string) => new EngineError('email_state_conflict', { detail })
  if (!['failed', 'ambiguous', 'bounced'].includes(status)) throw conflict(`It is ${status}: there is nothing to send again.`)
  if (failure === 'expired' || (expiresAt !== null && expiresAt <= now))
    throw conflict('Its time is over: what is in it is of no use any more.')
  if (isEmptied(email)) throw conflict('What it was to bring is no longer known here: have a new one sent.')
  const found = await findSuppression(tx, email)
  if (found !== null)
    throw conflict(`Its address is not written to (${found.reason}). Take ${found.id} off the suppressed addresses first.`)
}

/** Its own effect again, whose attempts count from here on. One that ended long ago was forgotten, and is owed anew. */
async function owe(context: CommandContext<unknown>, { id, record, status }: Email, effect: Effect | null): Promise<void> {
  const { tx, now } = context
  if (effect === null) {
    const about = record === null ? {} : { record }
    await enqueue(context, emailSend, { key: sendKey(id), payload: { email: id, anewAt: now }, ...about })
    return
  }
  if (effect.state === 'running') throw new EngineError('email_state_conflict', { detail: 'It is on its way right now.' })
  // Under the key of before, a provider that took it says so, and sends no other: right for what it may have, and for nothing else.
  const anew = status === 'ambiguous' ? {} : { anewAt: now }
  await tx.update(effects, effect, { set: { state: 'ready', dueAt: now, owner: null, ...fromHereOn(effect, anew) } })
}
