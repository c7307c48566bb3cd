// The mailboxes of others that a process with the role `mail` reads.
import { systemClock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Engine } from '../engine/create-engine.ts'
import { type ProcessSettings, UsageError } from './settings.ts'

export type Mailboxes = {
  /** `help@shop.example@imap.provider.example:993/INBOX` */
  readonly names: readonly string[]
  stop(): Promise<void>
}

type Parts = { readonly settings: ProcessSettings; readonly engine: Engine; readonly log: Log }

/** Null where none are read, or not by this process. @throws UsageError */
export async function openMailboxes({ settings, engine, log }: Parts): Promise<Mailboxes | null> {
  const { mailboxes, inbound } = engine.parts.project.mail
  if (mailboxes.length === 0 || !settings.roles.includes('mail')) return null
  const { createMailboxPoller } = await import('../domains/inbound/poll-mailbox.ts')
  const { openMailbox } = await import('../domains/inbound/mailbox-client.ts')
  const pollers = mailboxes.map(({ password: variable, since, ...place }) => {
    const password = settings.readSecret(variable)
    if (!password)
      throw new UsageError(`${variable} is not set: the password of ${place.user} at ${place.host}. ${variable}_FILE may name its file.`)
    const { receiveMail: receive, parts } = engine
    return createMailboxPoller({
      ...{ place: { ...place, password }, since, domain: inbound?.domain ?? null },
      ...{ open: openMailbox, receive, parts, clock: systemClock, log },
    })
  })
  for (const poller of pollers) poller.start()
  return {
    names: pollers.map(({ name }) => name),
    stop: async () => void (await Promise.all(pollers.map((poller) => poller.stop()))),
  }
}
