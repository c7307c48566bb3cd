// What must hold of stock: the counters of a level are what its reservations and movements add up to.
import { oneOf } from '../../contract/filter.ts'
import { availableOf, movementKinds, reservations, stockLevels, stockMovements } from '../../domains/stock/collections.ts'
import { sumsBy } from '../../storage/sums-by.ts'
import { type InvariantGroup, pagesOf } from '../invariant.ts'

export const stockInvariants: InvariantGroup = {
  needs: ['stockLevels', 'stockMovements', 'reservations'],
  invariants: {
    'stock.not_below_zero': 'No counter of a stock level is below zero.',
    'stock.available_adds_up': 'available = onHand - safetyStock + backorderLimit + what is coming and may be sold - held - committed.',
    'stock.held_is_reserved': 'held is the sum of the reservations that are held, committed of those that are committed.',
    'stock.on_hand_is_moved': 'onHand is the sum of all movements.',
    'stock.sent_is_moved': 'What was shipped and came back by movements is what reservations say.',
  },
  async check(context) {
    // Of all at once: nothing finds those of one level but reading all.
    const open = oneOf('state', ['held', 'committed', 'consumed', 'returned'])
    const reservedOf = await sumsBy(context.read, reservations, { where: open, by: ['stockLevel', 'state'], sum: 'quantity' })
    const reserved = sums(reservedOf)
    const unseen = new Set(reservedOf.map(({ key }) => String(key[0])))
    for await (const page of pagesOf(context, stockLevels)) {
      const own = oneOf(
        'stockLevel',
        page.map(({ id }) => id),
      )
      const moved = sums(await sumsBy(context.read, stockMovements, { where: own, by: ['stockLevel', 'kind'], sum: 'quantity' }))
      for (const level of page) {
        const { id, onHand, held, committed, available } = level
        const rows = [`stockLevels/${id}`]
        unseen.delete(id)
        if (Math.min(onHand, held, committed, available) < 0)
          context.report('stock.not_below_zero', rows, `onHand ${onHand}, held ${held}, committed ${committed}, available ${available}`)
        if (available !== availableOf(level))
          context.report('stock.available_adds_up', rows, `available ${available}, onHand ${onHand}, held ${held}, committed ${committed}`)
        for (const [name, value] of Object.entries({ held, committed })) {
          const sum = reserved(id, name)
          if (sum !== value) context.report('stock.held_is_reserved', rows, `${name} is ${value}; the reservations sum to ${sum}`)
        }
        const sum = movementKinds.reduce((total, kind) => total + moved(id, kind), 0)
        if (sum !== onHand) context.report('stock.on_hand_is_moved', rows, `onHand is ${onHand}; the movements sum to ${sum}`)
        const [sent, back] = [0 - moved(id, 'shipped'), moved(id, 'returned')]
        if (sent !== reserved(id, 'consumed') + reserved(id, 'returned') || back !== reserved(id, 'returned'))
          context.report(
            'stock.sent_is_moved',
            rows,
            `${sent} were shipped and ${back} came back; reservations say ${reserved(id, 'consumed')} and ${reserved(id, 'returned')}`,
          )
      }
    }
    for (const id of unseen) context.report('stock.held_is_reserved', [`stockLevels/${id}`], 'it is not there, and reservations name it')
  },
}

function sums(groups: readonly { readonly key: readonly unknown[]; readonly sum: number }[]): (id: string, kind: string) => number {
  const byKey = new Map(groups.map(({ key, sum }) => [key.join(' '), sum]))
  return (id, kind) => byKey.get(`${id} ${kind}`) ?? 0
}
