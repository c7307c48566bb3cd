// What an address of ours that a message was sent to says of it: which message it answers, or which one came back.
import type { Project } from '../../config/project.ts'
import { type AddressKey, readSignedAddress, type SignedPlace } from '../emails/signed-address.ts'
import type { InboundMail } from './collections.ts'
import type { ParsedMail } from './parse-mail.ts'

export type Recognise = { readonly addressKey: AddressKey }

/** By addresses of the envelope alone: what stands in the message itself anybody may write. */
export type Recognised = { readonly places: readonly SignedPlace[] }

type Arrived = { readonly mail: InboundMail; readonly parsed: ParsedMail; readonly project: Project }

export async function recognise({ addressKey }: Recognise, { mail, project }: Arrived): Promise<Recognised> {
  const domain = project.mail.inbound?.domain ?? null
  if (domain === null) return { places: [] }
  const places = await Promise.all(mail.recipients.map((address) => readSignedAddress(addressKey, address, domain)))
  return { places: places.filter((place) => place !== null) }
}
