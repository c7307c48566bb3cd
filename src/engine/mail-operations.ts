// The operations of mail, out and in.
import type { AnyOwnMail } from '../domains/emails/define-mail.ts'
import { templateOperations } from '../domains/emails/preview-templates.ts'
import { resendEmail } from '../domains/emails/resend-email.ts'
import { sendMail } from '../domains/emails/send-mail.ts'
import { askUnsubscribe, unsubscribe } from '../domains/emails/unsubscribe.ts'
import type { UnsubscribeLinks } from '../domains/emails/unsubscribe-link.ts'
import { lookAtMailDomains } from '../domains/inbound/look-at-mail.ts'
import type { MailCheck } from '../domains/inbound/mail-checks.ts'
import type { MailHooks } from '../domains/inbound/mail-hook.ts'
import { openMailOperations } from '../domains/inbound/open-mail.ts'
import type { MailReader } from '../domains/inbound/parse-mail.ts'
import { quarantineOperations } from '../domains/inbound/quarantine.ts'
import { receiveMailHook } from '../domains/inbound/receive-hook.ts'
import { fillSavedReply } from '../domains/inbound/saved-replies.ts'
import { threadOperations } from '../domains/inbound/thread-operations.ts'
import type { Operation } from '../operation/define.ts'

export type MailPorts = {
  readonly unsubscribeLinks: UnsubscribeLinks
  readonly reader: MailReader
  readonly hooks: MailHooks
  readonly lookAtMail: () => Promise<readonly MailCheck[]>
}

export const idleMailPorts: MailPorts = {
  unsubscribeLinks: { urlOf: async () => '', isGood: async () => false },
  lookAtMail: async () => [],
  reader: { read: () => Promise.reject(new Error('idle')), readEnclosed: async () => null },
  hooks: new Map(),
}

/** `mails`: templates of the project. */
export function mailOperations(
  mails: Iterable<AnyOwnMail>,
  { unsubscribeLinks, reader, hooks, lookAtMail }: MailPorts,
): readonly Operation[] {
  return [
    sendMail(mails),
    ...templateOperations(mails),
    resendEmail,
    askUnsubscribe(unsubscribeLinks),
    unsubscribe(unsubscribeLinks),
    ...openMailOperations(reader),
    lookAtMailDomains(lookAtMail),
    ...threadOperations,
    fillSavedReply,
    ...quarantineOperations,
    receiveMailHook(hooks),
  ]
}
