// Where mail to a domain goes (RFC 5321 section 5.1): its mail servers in their order, with the addresses that they may be reached at. Invariants: a
// domain that says that it takes no mail is believed, one whose DNS does not answer is tried later, and nobody leads us to a machine that only
// ours reach.
import type { Dns } from '../../base/dns.ts'
import { normalDomain } from '../../base/email-address.ts'
import { limits } from '../../base/limits.ts'
import { isPublicAddress } from '../../base/public-address.ts'
import type { TlsaRecord } from './dane.ts'

export type MailHost = {
  readonly name: string
  readonly addresses: readonly string[]
  /** What its certificate is known by (RFC 7672). Null: it says nothing, or nobody has verified it. */
  readonly tlsa: readonly TlsaRecord[] | null
}

export type MailRoute =
  | { readonly kind: 'hosts'; readonly names: readonly string[]; readonly isAuthentic: boolean }
  /** It takes no mail, or is not there: for good. `reply`: as a server would say it. */
  | { readonly kind: 'nowhere'; readonly reply: string }

/** @throws DnsFailure where nobody knows now */
export async function findRoute(dns: Dns, domain: string): Promise<MailRoute> {
  const mx = await dns.resolve(domain, 'MX')
  // Spelled wrong as a rule, or just between two owners: the address is kept.
  if (mx.status === 'missing') return { kind: 'nowhere', reply: `550 5.4.4 There is no domain ${domain} in the DNS` }
  if (mx.status === 'none') return { kind: 'hosts', names: [domain], isAuthentic: mx.isAuthentic }
  const sorted = mx.records.toSorted((a, b) => a.preference - b.preference)
  // RFC 7505. One beside others means nothing.
  if (sorted.every(({ exchange }) => exchange === '')) return { kind: 'nowhere', reply: `556 5.1.10 ${domain} takes no mail` }
  const names = [...new Set(sorted.map(({ exchange }) => exchange))].filter((name) => normalDomain(name) === name)
  if (names.length === 0) return { kind: 'nowhere', reply: `550 5.4.4 The mail servers of ${domain} have no good names` }
  return { kind: 'hosts', names: names.slice(0, limits.mailHostsMax), isAuthentic: mx.isAuthentic }
}

type Finding = { readonly dns: Dns; readonly isPublicOnly: boolean; readonly isAuthentic: boolean; readonly port: number }

/** @throws DnsFailure where nobody knows now; that is so, too, where what is signed cannot be told (RFC 7672 section 2.1.2) */
export async function findHost(name: string, { dns, isPublicOnly, isAuthentic, port }: Finding): Promise<MailHost> {
  const [four, six] = await Promise.all([dns.resolve(name, 'A'), dns.resolve(name, 'AAAA')])
  const found = [...four.records, ...six.records]
  const addresses = found.filter((address) => !isPublicOnly || isPublicAddress(address)).slice(0, limits.mailAddressesMax)
  // Each step on the way there must be verified, or a record of a certificate is worth nothing.
  const isSure = isAuthentic && [four, six].every((one) => one.isAuthentic || one.records.length === 0) && found.length > 0
  if (!isSure || addresses.length === 0) return { name, addresses, tlsa: null }
  const tlsa = await dns.resolve(`_${port}._tcp.${name}`, 'TLSA')
  return { name, addresses, tlsa: tlsa.isAuthentic && tlsa.records.length > 0 ? tlsa.records : null }
}
