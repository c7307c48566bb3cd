// What happens to mail.
import { event } from '../../contract/events.ts'
import type { Email } from './collections.ts'
import type { EmailThread } from './threads.ts'

/** Somebody has written. `thread`: with the letter in it. */
export const emailReceived = event('email.received').with<{ readonly email: Email; readonly thread: EmailThread }>()
