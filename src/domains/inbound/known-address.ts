// Which addresses of the inbound domain take mail: those of the config and its routes, and those that we have signed.

import { normalDomain } from '../../base/email-address.ts'
import type { InboundMailSettings } from '../../config/project.ts'
import { type AddressKey, readSignedAddress } from '../emails/signed-address.ts'
import { routeOf } from './mail-route.ts'

/** @throws what reading the key fails by */
export async function isKnownAddress(key: AddressKey, inbound: InboundMailSettings, address: string): Promise<boolean> {
  const { domain, addresses } = inbound
  const at = address.lastIndexOf('@')
  // RFC 5321 section 4.5.1: `<postmaster>` without a domain, too.
  if (at < 0) return address.toLowerCase() === 'postmaster'
  if (normalDomain(address.slice(at + 1)) !== domain) return false
  const name = address.slice(0, at).toLowerCase()
  // `help+anything` is `help`, as most mail systems have it.
  if (addresses.has(name) || addresses.has(name.replace(/\+.*$/, ''))) return true
  if (routeOf(inbound, address) !== null) return true
  return (await readSignedAddress(key, `${name}@${domain}`, domain)) !== null
}
