// The mails of accounts. They go to whoever's address was typed, so they say nothing of what was typed beside it, and
// are bound.
import type { DomainEvent } from '../../contract/events.ts'
import { users } from '../../domains/accounts/collections.ts'
import { queueEmail } from '../../domains/emails/queue-email.ts'
import type { ReactionContext } from '../reaction.ts'

export async function welcome(context: ReactionContext, event: DomainEvent): Promise<void> {
  const { id, email } = (await context.tx.get(users, event['user'] as string))!
  const view = { url: context.project.publicUrl }
  await queueEmail(context, { key: `account.registered:${id}`, to: email, template: 'account_welcome', record: id, view, bound: 'account' })
}

/** At most one a day. */
export async function tellOfExistingAccount(context: ReactionContext, event: DomainEvent): Promise<void> {
  const email = event['email'] as string
  const day = new Date(context.now).toISOString().slice(0, 10)
  const view = { url: `${context.project.publicUrl}/account` }
  const key = `account.exists:${email}:${day}`
  await queueEmail(context, { key, to: email, template: 'account_exists', record: email, view, bound: 'account' })
}

/** Whoever changed it: its owner hears of it. Of an address that nobody has proven to be theirs, within the bound. */
export async function tellOfNewPassword(context: ReactionContext, event: DomainEvent): Promise<void> {
  const { id, email, emailVerified } = (await context.tx.get(users, event['user'] as string))!
  const view = { url: `${context.project.publicUrl}/account` }
  const key = `account.password_changed:${id}:${context.now}`
  const bound = emailVerified ? {} : ({ bound: 'account' } as const)
  await queueEmail(context, { key, to: email, template: 'account_password', record: id, view, ...bound })
}
