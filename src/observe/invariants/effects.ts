// What must hold of effects and of the messages they carry: each is owed once, ends in a state that says
// what is known, and message and effect agree on it.
import { limits } from '../../base/limits.ts'
import { and, eq, oneOf } from '../../contract/filter.ts'
import { type Email, emails } from '../../domains/emails/collections.ts'
import { emailSend } from '../../domains/emails/queue-email.ts'
import { isOver } from '../../domains/emails/send-email.ts'
import { type Effect, effectStates, effects } from '../../effects/effect.ts'
import { allOf, type InvariantGroup, pagesOf, type VerifyContext } from '../invariant.ts'

export const effectInvariants: InvariantGroup = {
  needs: ['effects', 'emails'],
  invariants: {
    'effects.state_known': 'An effect is in one of its states, owned only while it runs, and was tried before it ended.',
    'effects.not_stuck': 'No effect is due for long without being carried out.',
    'emails.has_effect': 'A message on its way out has the one effect that sends it, and that effect its message.',
    'emails.agrees_with_effect': 'A message is sent exactly when its effect is done, doubtful when it is unknown, failed when it is dead.',
    'emails.failure_told': 'A message that was given up says why, and was not sent.',
  },
  async check(context) {
    for await (const page of pagesOf(context, effects)) {
      for (const effect of page) checkEffect(context, effect)
      const sends = page.filter(({ kind }) => kind === emailSend.name)
      const found = await context.read.getMany(emails, sends.map(messageOf))
      const byId = new Map(found.map((email) => [email.id, email]))
      for (const effect of sends) {
        const email = byId.get(messageOf(effect))
        if (email) checkAgreement(context, email, effect)
        else context.report('emails.has_effect', [`effects/${effect.id}`], 'its message is gone')
      }
    }
    for await (const page of pagesOf(context, emails, eq('direction', 'out'))) {
      const keys = oneOf(
        'key',
        page.map(({ id }) => `email.send:${id}`),
      )
      const found = await allOf(context, effects, and(eq('kind', emailSend.name), keys))
      const carried = new Set(found.map(messageOf))
      for (const email of page) {
        if (email.failure !== null && (email.status !== 'failed' || email.lastError === null || email.sentAt !== null))
          context.report(
            'emails.failure_told',
            [`emails/${email.id}`],
            `${email.status}, ${email.failure}: ${email.lastError ?? 'no reason'}`,
          )
        if (!carried.has(email.id) && !mayBeForgotten(context, email))
          context.report('emails.has_effect', [`emails/${email.id}`], 'no effect sends it')
      }
    }
  },
}

function messageOf(effect: Effect): string {
  return emailSend.payloadOf(effect)?.email ?? ''
}

/** Sent long ago, or given up: the effect that ended it is not kept for ever. */
function mayBeForgotten({ now }: VerifyContext, { status, updatedAt }: Email): boolean {
  return !['queued', 'sending', 'deferred'].includes(status) && updatedAt <= now - limits.effectsKeepMs
}

function checkEffect({ now, patienceMs, report }: VerifyContext, effect: Effect): void {
  const { id, state, attempts, owner, dueAt } = effect
  const isOpen = state === 'ready' || state === 'running'
  const isTried = attempts > 0 || !['running', 'done', 'unknown'].includes(state)
  if (!effectStates.includes(state) || (owner !== null && state !== 'running') || !isTried)
    report('effects.state_known', [`effects/${id}`], `${state}, ${attempts} attempts, owner ${owner ?? 'none'}`)
  if (isOpen && dueAt <= now - patienceMs)
    report('effects.not_stuck', [`effects/${id}`], `${state} and due for ${now - dueAt} ms: ${effect.lastError ?? 'never tried'}`)
}

function checkAgreement({ report }: VerifyContext, email: Email, effect: Effect): void {
  // Of one that was not to be sent at all, that was all there was to do.
  const isGone = isOver(email)
  const agrees =
    isGone === (effect.state === 'done') &&
    (effect.state !== 'unknown' || email.status === 'ambiguous') &&
    (effect.state !== 'dead' || email.status === 'failed')
  if (!agrees)
    report(
      'emails.agrees_with_effect',
      [`emails/${email.id}`, `effects/${effect.id}`],
      `the message is ${email.status}, its effect ${effect.state}`,
    )
}
