// What a mail system says of a message of ours, noted on that message. Whether it is to be believed: file-letter.ts.
import { normalEmail } from '../../base/email-address.ts'
import type { Work } from '../../operation/work.ts'
import { type Email, emails } from '../emails/collections.ts'
import type { Report } from '../emails/read-report.ts'
import { isNoMailbox, suppress } from '../emails/suppressions.ts'

type Noted = { readonly report: Report; readonly about: Email }

/** Those that have been handed to somebody. */
const handedOn: readonly Email['status'][] = ['sent', 'ambiguous']

export async function noteReport(work: Work, { report: { kind, source, recipients }, about }: Noted): Promise<void> {
  if (about.direction !== 'out') return
  if (kind === 'complaint') {
    if (source === 'part') await suppress(work, { address: about.to, reason: 'complaint', email: about.id })
    return
  }
  if (kind !== 'bounce' || !handedOn.includes(about.status)) return
  // A message has one recipient. The report may name another one: the place that their mail is handed on to.
  const own = recipients.find(({ address }) => normalEmail(address) === normalEmail(about.to))
  const named = own ?? recipients[0]
  const said = [named?.status, named?.diagnostic].filter((part) => part).join(' ')
  await work.tx.update(emails, about, { set: { status: 'bounced', secret: null, lastError: said || 'It came back.' } })
  if (own !== undefined && isNoMailbox(said))
    await suppress(work, { address: about.to, reason: 'bounce', email: about.id, note: said.slice(0, 255) })
}
