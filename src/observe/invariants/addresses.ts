// What must hold of saved addresses: an account has one usual address of each kind at most.
import { and, eq, oneOf } from '../../contract/filter.ts'
import { addresses } from '../../domains/carts/saved-addresses.ts'
import { type InvariantGroup, pagesOf } from '../invariant.ts'

const kinds = ['isDefaultShipping', 'isDefaultBilling'] as const

export const addressInvariants: InvariantGroup = {
  needs: ['addresses'],
  invariants: {
    'addresses.one_usual': 'An account has at most one usual address to send to, and one to bill to.',
  },
  async check(context) {
    const { read, report } = context
    for await (const page of pagesOf(context, addresses)) {
      const owners = [...new Set(page.map(({ owner }) => owner))]
      for (const kind of kinds) {
        const where = and(oneOf('owner', owners), eq(kind, true))
        // Beyond the limit: nothing, for there is a group for each owner at most.
        const groups = await read.group(addresses, { where, by: ['owner'], measures: [], limit: owners.length })
        for (const { key, count } of groups)
          if (count > 1) report('addresses.one_usual', [`users/${String(key[0])}`], `${count} have ${kind}`)
      }
    }
  },
}
