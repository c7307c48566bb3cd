// The mails of accounts. They go to whoever's address was typed, so they say nothing of what was typed beside it, and
// are bound.
import type { User } from '../../domains/accounts/collections.ts'
import { queueEmail } from '../../domains/emails/queue-email.ts'
import type { Work } from '../../operation/work.ts'

type OfUser = { readonly user: User }

export async function welcome(work: Work, { user: { id, email } }: OfUser): Promise<void> {
  const view = { url: work.project.publicUrl }
  await queueEmail(work, { key: `account.registered:${id}`, to: email, template: 'account_welcome', record: id, view, bound: 'account' })
}

/** At most one a day. */
export async function tellOfExistingAccount(work: Work, { email }: { readonly email: string }): Promise<void> {
  const day = new Date(work.now).toISOString().slice(0, 10)
  const view = { url: `${work.project.publicUrl}/account` }
  const key = `account.exists:${email}:${day}`
  await queueEmail(work, { key, to: email, template: 'account_exists', record: email, view, bound: 'account' })
}

/** Whoever changed it: its owner hears of it. Of an address that nobody has proven to be theirs, within the bound. */
export async function tellOfNewPassword(work: Work, { user: { id, email, emailVerified } }: OfUser): Promise<void> {
  const view = { url: `${work.project.publicUrl}/account` }
  const key = `account.password_changed:${id}:${work.now}`
  const bound = emailVerified ? {} : ({ bound: 'account' } as const)
  await queueEmail(work, { key, to: email, template: 'account_password', record: id, view, ...bound })
}
