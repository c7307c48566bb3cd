// Who brought a message, and whose word of it is taken. Invariant: a mail server in front is known by the address that it connects from, and never by
// what it calls itself; one without addresses is that of a mailbox, whose letters we fetch ourselves.
import { isInBlock } from '../../base/public-address.ts'
import type { TrustedRelay } from '../../config/project.ts'
import type { Carrier } from '../emails/authentication.ts'
import type { InboundMail } from './collections.ts'

type Brought = Pick<InboundMail, 'door' | 'remoteAddress' | 'helo' | 'from'>

export function carrierOf({ door, remoteAddress, helo, from }: Brought, author: string, trusted: readonly TrustedRelay[]): Carrier {
  const known = trusted.filter(({ addresses }) =>
    door === 'smtp' ? addresses.some((block) => remoteAddress !== null && isInBlock(remoteAddress, block)) : addresses.length === 0,
  )
  // The server in front is named by nobody's SPF.
  const address = known.length > 0 || door !== 'smtp' ? null : remoteAddress
  return { address, helo, sender: from, author, relays: known.map(({ name }) => name) }
}
