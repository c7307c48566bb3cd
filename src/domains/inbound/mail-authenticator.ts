// Looking up who vouches for letters, with the DNS and the time that each of them has.
import type { Clock } from '../../base/clock.ts'
import type { Dns } from '../../base/dns.ts'
import type { AuthenticateMail } from '../emails/authentication.ts'
import { createPatience } from './bounded-dns.ts'

type Parts = {
  readonly dns: Dns
  readonly clock: Pick<Clock, 'now' | 'after'>
  /** What it calls itself to the DNS of others. */
  readonly name: string
}

export function createMailAuthenticator({ dns, clock, name }: Parts): AuthenticateMail {
  const patience = createPatience({ dns, clock })
  return async (raw, carrier) => {
    // Loaded with the first letter: it takes longer than reading one.
    const { authenticateMail } = await import('./authenticate-mail.ts')
    const { resolver, end } = patience.of(carrier.address)
    try {
      return await authenticateMail({ raw, carrier, resolver, now: clock.now(), name })
    } finally {
      end()
    }
  }
}
