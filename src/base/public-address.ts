// Which addresses are on the public Internet. Whoever may name an address that we call (a webhook) must not reach what only
// this machine and its neighbours reach: databases, metadata of clouds, our own ports.
import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/** IANA's special-purpose registries (RFC 6890 and its updates): all IPv4 that is not globally reachable. */
const special = new BlockList()
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  special.addSubnet(network, bits, 'ipv4')
/** What of 2000::/3, all that IANA has given out of IPv6, is not reached or wraps an IPv4 address. */
const specialOfSix = new BlockList()
for (const [network, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  specialOfSix.addSubnet(network, bits, 'ipv6')
const givenOut = new BlockList()
givenOut.addSubnet('2000::', 3, 'ipv6')

export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !special.check(address, 'ipv4')
  return family === 6 && givenOut.check(address, 'ipv6') && !specialOfSix.check(address, 'ipv6')
}

/** Whether a text names a block of addresses: `10.0.0.0/8`, `2001:db8::/32`, or one address. */
export function isAddressBlock(text: string): boolean {
  const [, address = '', bits] = /^([^/]+?)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const family = isIP(address)
  return family !== 0 && (bits === undefined || Number(bits) <= (family === 4 ? 32 : 128))
}

export function isInBlock(address: string, block: string): boolean {
  // IPv4 by a socket of IPv6.
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  const [network = '', bits] = block.split('/')
  const family = isIP(network) === 4 ? 'ipv4' : 'ipv6'
  if (isIP(plain) !== isIP(network)) return false
  const list = new BlockList()
  list.addSubnet(network, bits === undefined ? (family === 'ipv4' ? 32 : 128) : Number(bits), family)
  return list.check(plain, family)
}

/** The host of a URL, where it is an address and no name. */
export function addressIn({ hostname }: URL): string | null {
  const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  return isIP(bare) === 0 ? null : bare
}

/** Names that no public name server has: of this machine (RFC 6761), of a network at home (RFC 6762, 8375) or of a company. */
const privateName = /^(.*\.)?(localhost|local|internal|home\.arpa)$|^[^.]*$/

/** Whether its letters alone say that a host is not on the public Internet. */
export function isPrivateHost(url: URL): boolean {
  const literal = addressIn(url)
  return literal === null ? privateName.test(url.hostname.replace(/\.$/, '')) : !isPublicAddress(literal)
}

export type LookUp = (hostname: string, options: LookupAllOptions, done: (error: Error | null, found: LookupAddress[]) => void) => void

export const systemLookUp: LookUp = lookup

/**
 * Looks a name up for a connection and answers its public addresses alone. The connection is made to what is answered here, so
 * a name that says something else a moment later gains nothing.
 */
export function lookingUpPublic(lookUp: LookUp): LookupFunction {
  return (hostname, options, done) => {
    lookUp(hostname, { ...options, all: true }, (error, found) => {
      if (error) return done(error, '')
      const open = found.filter(({ address }) => isPublicAddress(address))
      const [first] = open
      if (first === undefined) return done(new Error(`${hostname} is no address of the public Internet.`), '')
      if (options.all) done(null, open)
      else done(null, first.address, first.family)
    })
  }
}
