// The thread that looks into messages: what strangers send may take any time and any memory.
import { extname } from 'node:path'
import type { DnsServer } from '../base/dns.ts'
import { limits } from '../base/limits.ts'
import type { AuthenticateMail, Authentication, Carrier } from '../domains/emails/authentication.ts'
import type { MailReader, ParsedMail } from '../domains/inbound/parse-mail.ts'
import { createWorkerThread } from './worker-thread.ts'

/** Read it, hand over the file at a place of it, or look up who vouches for it. */
export type MailTask =
  | { readonly kind: 'read'; readonly raw: Uint8Array }
  | { readonly kind: 'enclosed'; readonly raw: Uint8Array; readonly place: number }
  | { readonly kind: 'authenticate'; readonly raw: Uint8Array; readonly carrier: Carrier }
/** `dns`: null: the resolvers of this machine. `name`: what it calls itself to the DNS of others. */
export type MailThreadData = { readonly dns: readonly DnsServer[] | null; readonly name: string }

export type MailThread = MailReader & { readonly authenticate: AuthenticateMail; stop(): void }

/** TypeScript in a clone, JavaScript in the package. */
const file = `./mail-worker${extname(import.meta.url)}`

type Options = {
  /** How long it is kept when nothing is to be done. */
  readonly idleMs?: number
  /** How long one task may take. */
  readonly readMs?: number
  readonly memoryMb?: number
} & Partial<MailThreadData>

export function createMailThread(options: Options = {}): MailThread {
  const { idleMs = 30_000, readMs = limits.mailReadMs, memoryMb = limits.mailReadMemoryMb, dns = null, name = 'localhost' } = options
  const thread = createWorkerThread<MailTask>({
    file: new URL(file, import.meta.url),
    data: { dns, name } satisfies MailThreadData,
    waitingMax: limits.mailsWaitingMax,
    ...{ idleMs, memoryMb, eachMs: readMs },
    tooLong: () => new Error(`Reading it took longer than ${readMs} ms.`),
    failed: (why) => new Error(`Reading it failed: ${why}`),
  })
  return {
    read: (raw) => thread.ask<ParsedMail>({ kind: 'read', raw }),
    readEnclosed: (raw, place) => thread.ask<Uint8Array | null>({ kind: 'enclosed', raw, place }),
    authenticate: (raw, carrier) => thread.ask<Authentication>({ kind: 'authenticate', raw, carrier }),
    stop: thread.stop,
  }
}
