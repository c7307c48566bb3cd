// Whom mail goes to in this process, as its environment says it.
import { isEmail, normalEmail } from '../base/email-address.ts'

/** `live`: to whom it names. `capture`: kept in the console. `redirect`: to `to`, but for those of `allow`, which may be whole domains. */
export type MailMode =
  | { readonly mode: 'live' | 'capture' }
  | { readonly mode: 'redirect'; readonly to: string; readonly allow: readonly string[] }

/** As variables of the environment say it. */
type Said = { readonly mode: string | undefined; readonly to: string | undefined; readonly allow: string | undefined }

/** `KINGPOST_MAIL`, `KINGPOST_MAIL_TO` and `KINGPOST_MAIL_ALLOW`. @throws Error with a sentence */
export function mailModeOf({ mode = '', to = '', allow = '' }: Said, isDevelopment: boolean): MailMode {
  if (mode !== 'redirect') {
    if (to !== '' || allow !== '') throw new Error('KINGPOST_MAIL_TO and KINGPOST_MAIL_ALLOW are for KINGPOST_MAIL=redirect.')
    if (mode === '' || mode === 'live' || mode === 'capture') return { mode: mode === '' ? 'live' : mode }
    throw new Error(`KINGPOST_MAIL must be live, capture or redirect, not "${mode}".`)
  }
  // In production each receipt would go to one mailbox, and to no customer.
  if (!isDevelopment) throw new Error('KINGPOST_MAIL=redirect is for KINGPOST_ENV=development. In production it is live or capture.')
  if (!isEmail(to)) throw new Error('KINGPOST_MAIL=redirect needs KINGPOST_MAIL_TO, an e-mail address.')
  const allowed = allow
    .split(',')
    .map((one) => one.trim().toLowerCase())
    .filter(Boolean)
  const odd = allowed.find((one) => !isEmail(one) && !/^@[a-z0-9.-]+$/.test(one))
  if (odd !== undefined)
    throw new Error(`KINGPOST_MAIL_ALLOW has "${odd}": it takes addresses and domains such as @example.com, with commas between them.`)
  return { mode, to: normalEmail(to), allow: allowed }
}
