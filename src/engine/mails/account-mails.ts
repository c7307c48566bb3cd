// The mails of accounts. They go to whoever's address was typed, so they say nothing of what was typed beside it, and
// are bound; what an owner must hear of is not.
import type { Language } from '../../base/language.ts'
import { secretMark } from '../../base/secret.ts'
import type { User } from '../../domains/accounts/collections.ts'
import type {
  AskedProof,
  accountEmailChanged,
  accountErasureAsked,
  accountExportReady,
  accountFactorChanged,
  accountIdentityChanged,
  accountInvited,
  accountKept,
  accountProofDue,
} from '../../domains/accounts/events.ts'
import { issueProof, type MailedPurpose, proofExpiry } from '../../domains/accounts/proofs.ts'
import { oweProof } from '../../domains/accounts/send-proof.ts'
import { type AccountTemplate, accountTemplate } from '../../domains/emails/account-templates.ts'
import { queueEmail } from '../../domains/emails/queue-email.ts'
import { mayWriteTo } from '../../domains/emails/stranger-bound.ts'
import type { Work } from '../../operation/work.ts'

const lettingIn: ReadonlySet<AskedProof['purpose']> = new Set(['reset', 'magic', 'code'])

/** The same work and the same bound for every address, whoever's it is. */
export async function askForProof(work: Work, asked: AskedProof): Promise<void> {
  const kind = lettingIn.has(asked.purpose) ? 'signIn' : 'account'
  if (await mayWriteTo(work, { kind, to: asked.email, network: asked.network })) await oweProof(work, asked)
}

type Proving = { readonly template: AccountTemplate; readonly page: string | null }
const mails: Readonly<Record<Exclude<MailedPurpose, 'undoEmail'>, Proving>> = {
  verify: { template: 'account_verify', page: 'verify' },
  reset: { template: 'account_reset', page: 'reset' },
  magic: { template: 'account_magic', page: 'magic' },
  code: { template: 'account_code', page: null },
  changeEmail: { template: 'account_change_email', page: 'email' },
}

/** Makes it, and writes to its address. What may not be written about is not made: it would end the one that was sent before. */
export async function sendProofMail(work: Work, told: ReturnType<typeof accountProofDue>['payload']): Promise<void> {
  const { user, purpose, email, language, network } = told
  // Anybody opens accounts for `ann+1@` and `ann+2@`, and moves one there, which are one mailbox.
  const isProven = lettingIn.has(purpose) && user.emailVerified
  if (!isProven && !(await mayWriteTo(work, { kind: 'mailbox', to: email, network }))) return
  const { template, page } = mails[purpose]
  const view = page === null ? { code: secretMark } : { url: linkTo(work, page) }
  const key = `account.${purpose}:${user.id}:${work.newId('key')}`
  const secret = await issueProof(work, { purpose, user, email })
  const expiresAt = proofExpiry(purpose, work.now)
  await queueEmail(work, { key, to: email, template: accountTemplate(template, language), record: user.id, view, secret, expiresAt })
}

/** The token stands in the fragment, which no server and no other site is sent; the page posts it. */
function linkTo({ project }: Work, page: string): string {
  return `${project.publicUrl}/account/${page}#token=${secretMark}`
}

/** At most one a day. */
export async function tellOfExistingAccount(work: Work, { email, language }: { readonly email: string; readonly language: Language }) {
  const day = new Date(work.now).toISOString().slice(0, 10)
  const view = { url: `${work.project.publicUrl}/account` }
  const key = `account.exists:${email}:${day}`
  await queueEmail(work, { key, to: email, template: accountTemplate('account_exists', language), record: email, view })
}

/** Whoever changed it: its owner hears of it. Of an address that nobody has proven to be theirs, within the bound. */
export async function tellOfNewPassword(work: Work, { user, language }: { readonly user: User; readonly language: Language }) {
  const { id, email, emailVerified } = user
  const view = { url: `${work.project.publicUrl}/account` }
  const key = `account.password_changed:${id}:${work.now}`
  const bound = emailVerified ? {} : ({ bound: 'mailbox' } as const)
  await queueEmail(work, { key, to: email, template: accountTemplate('account_password', language), record: id, view, ...bound })
}

const factorMails = {
  added: 'account_factor_added',
  removed: 'account_factor_removed',
  recovery_used: 'account_recovery_used',
  passkey_added: 'account_passkey_added',
  passkey_removed: 'account_passkey_removed',
} as const satisfies Record<string, AccountTemplate>

/** As of a new password. */
export async function tellOfFactor(work: Work, told: ReturnType<typeof accountFactorChanged>['payload']): Promise<void> {
  const { user, change, language } = told
  const { id, email, emailVerified } = user
  const view = { url: `${work.project.publicUrl}/account` }
  const key = `account.factor_${change}:${id}:${work.newId('key')}`
  const bound = emailVerified ? {} : ({ bound: 'mailbox' } as const)
  await queueEmail(work, { key, to: email, template: accountTemplate(factorMails[change], language), record: id, view, ...bound })
}

/** As of a new password. */
export async function tellOfIdentity(work: Work, told: ReturnType<typeof accountIdentityChanged>['payload']): Promise<void> {
  const { user, change, title, language } = told
  const { id, email, emailVerified } = user
  const view = { url: `${work.project.publicUrl}/account`, provider: title }
  const key = `account.identity_${change}:${id}:${work.newId('key')}`
  const bound = emailVerified ? {} : ({ bound: 'account' } as const)
  await queueEmail(work, { key, to: email, template: accountTemplate(`account_identity_${change}`, language), record: id, view, ...bound })
}

/** The same whether the address has an account or not. */
export async function sendInvitation(work: Work, told: ReturnType<typeof accountInvited>['payload']): Promise<void> {
  const { invitation, by, language, secret } = told
  const { id, email, roles, expiresAt } = invitation
  const view = { url: linkTo(work, 'invitation'), by: by.email, roles: roles.join(', ') }
  const key = `account.invited:${id}:${work.newId('key')}`
  await queueEmail(work, { key, to: email, template: accountTemplate('account_invitation', language), record: id, view, secret, expiresAt })
}

/** Who it was stands in the audit trail. */
export async function tellOfImpersonation(work: Work, { user, language }: { readonly user: User; readonly language: Language }) {
  const view = { url: `${work.project.publicUrl}/account` }
  const key = `account.impersonated:${user.id}:${work.newId('key')}`
  const bound = user.emailVerified ? {} : ({ bound: 'account' } as const)
  const template = accountTemplate('account_impersonated', language)
  await queueEmail(work, { key, to: user.email, template, record: user.id, view, ...bound })
}

/** Whoever made it: its owner hears of it, since it outlives a new password. */
export async function tellOfKey(work: Work, { user, language }: { readonly user: User; readonly language: Language }): Promise<void> {
  const { id, email, emailVerified } = user
  const view = { url: `${work.project.publicUrl}/account` }
  const key = `account.key_made:${id}:${work.newId('key')}`
  const bound = emailVerified ? {} : ({ bound: 'mailbox' } as const)
  await queueEmail(work, { key, to: email, template: accountTemplate('account_key_made', language), record: id, view, ...bound })
}

/** While the account can be kept the mail has the link that does it. As of a new password. */
export async function tellOfErasure(work: Work, told: ReturnType<typeof accountErasureAsked>['payload']): Promise<void> {
  const { user, dueAt, keepSecret, language } = told
  const { id, email, emailVerified } = user
  const day = new Intl.DateTimeFormat(language === 'de' ? 'de-DE' : 'en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(dueAt)
  const view = { day, url: keepSecret === null ? '' : linkTo(work, 'keep') }
  const bound = emailVerified ? {} : ({ bound: 'account' } as const)
  const mail = { template: accountTemplate('account_erasure', language), record: id, view, secret: keepSecret, ...bound }
  await queueEmail(work, { key: `account.erasure:${id}:${work.newId('key')}`, to: email, ...mail })
}

/** As of a new password. */
export async function tellOfKeeping(work: Work, { user, language }: ReturnType<typeof accountKept>['payload']): Promise<void> {
  const { id, email, emailVerified } = user
  const view = { url: `${work.project.publicUrl}/account` }
  const key = `account.kept:${id}:${work.newId('key')}`
  const bound = emailVerified ? {} : ({ bound: 'account' } as const)
  await queueEmail(work, { key, to: email, template: accountTemplate('account_kept', language), record: id, view, ...bound })
}

/** The archive is behind a sign-in, so the mail opens nothing. As of a new password. */
export async function tellOfExport(work: Work, { user, language }: ReturnType<typeof accountExportReady>['payload']): Promise<void> {
  const { id, email, emailVerified } = user
  const view = { url: `${work.project.publicUrl}/account` }
  const key = `account.export_ready:${id}:${work.newId('key')}`
  const bound = emailVerified ? {} : ({ bound: 'account' } as const)
  await queueEmail(work, { key, to: email, template: accountTemplate('account_export', language), record: id, view, ...bound })
}

/** At the address before: whoever reads it there can take the account back. */
export async function tellOfNewAddress(work: Work, told: ReturnType<typeof accountEmailChanged>['payload']): Promise<void> {
  const { user, before, undoSecret, language } = told
  // Nobody showed that it is theirs: it may be a stranger's.
  if (undoSecret === null) return
  const key = `account.email_changed:${user.id}:${work.newId('key')}`
  const view = { url: linkTo(work, 'undo') }
  await queueEmail(work, {
    key,
    to: before,
    template: accountTemplate('account_email_changed', language),
    record: user.id,
    view,
    secret: undoSecret,
  })
}
