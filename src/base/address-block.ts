/**
 * The block of addresses that a network is in: `203.0.113.0/24`, `2001:db8:1:2::/64`. Enough for somebody to see whether it was they who
 * signed in, and less than would say which household.
 */
export function addressBlock(network: string): string {
  const [, block] = /^(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$/.exec(network) ?? []
  return block === undefined ? network : `${block}.0/24`
}
