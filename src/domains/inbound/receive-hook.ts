import { anyone } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { and, eq, oneOf } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command, type Operation } from '../../operation/define.ts'
import type { Work } from '../../operation/work.ts'
import { findAll } from '../../storage/find-all.ts'
import { mailEvents } from './mail-events.ts'
import type { HookCall, MailHook, MailHooks, ToldByHook, ToldEvent } from './mail-hook.ts'
import { findTold, noteEvent } from './note-event.ts'

const input = Type.Object(
  { provider: Type.String({ maxLength: limits.codeCharactersMax, description: '`postmark`, `mailgun`, `sendgrid`, `ses` or `resend`.' }) },
  { additionalProperties: false },
)

/**
 * `POST /api/mail/inbound/{provider}`: verified before anything is read of the database, and answered after the commit of all that follows
 * from it. The provider brings again what was not answered; each event counts once.
 */
export function receiveMailHook(hooks: MailHooks): Operation {
  return command({
    name: 'emails.receiveHook',
    route: 'POST /api/mail/inbound/:provider',
    summary: 'Take a webhook of a provider of mail',
    tag: 'E-mails',
    scope: null,
    rawBody: true,
    rate: 'webhook',
    input,
    output: Type.Object({ received: Type.Integer({ description: 'Events that were not known yet.' }) }),
    errors: ['webhook_rejected', 'not_found', 'provider_unavailable'],
    access: anyone,
    takesNoKey: 'each event has an id of its own',
    async prepare({ input: { provider }, now, request }) {
      const ofProvider = hooks.get(provider)
      if (ofProvider === undefined) throw new EngineError('not_found')
      return await told(ofProvider, { body: request.rawBody ?? new Uint8Array(), headers: request.headers, now })
    },
    async run(work) {
      const received = await noteAll(work, work.input.provider, work.prepared.events)
      return { output: { received } }
    },
  })
}

/** @throws webhook_rejected, provider_unavailable */
async function told(hooks: readonly MailHook[], call: HookCall): Promise<ToldByHook> {
  for (const hook of hooks) {
    const answer = await hook.receive(call).catch((cause: unknown) => {
      // It comes again, as whoever sent it was told to.
      throw new EngineError('provider_unavailable', { detail: 'What it is checked by cannot be had now. Send it again later.', cause })
    })
    if (answer !== null) return answer
  }
  throw new EngineError('webhook_rejected')
}

/** Answers how many were new. */
async function noteAll(work: Work, provider: string, events: readonly ToldEvent[]): Promise<number> {
  const { tx, newId } = work
  const seen = new Set<string>()
  // Hundreds may come in one request: those that are known are found by few looks.
  for (let at = 0; at < events.length; at += limits.readPageSize) {
    const ids = events.slice(at, at + limits.readPageSize).map(({ eventId }) => eventId)
    for (const { eventId } of await findAll(tx, mailEvents, and(eq('provider', provider), oneOf('eventId', ids)))) seen.add(eventId)
  }
  let count = 0
  for (const event of events) {
    if (seen.has(event.eventId)) continue
    seen.add(event.eventId)
    const about = await findTold(tx, event)
    const { eventId, kind, recipient, detail, happenedAt } = event
    const row = {
      ...{ id: newId('mev'), provider, eventId, kind, email: about?.id ?? null, happenedAt },
      ...{ recipient: recipient.slice(0, 400) || null, detail: detail.slice(0, 2_000) || null },
    }
    // Two requests with the same at once: the second one runs again, and finds it.
    await tx.insert(mailEvents, row, 'conflict')
    if (about !== null) await noteEvent(work, about, event)
    count++
  }
  return count
}
