// What the operations on a placed order share: units of its lines that somebody names, to be sent, canceled or sent back; that it is held; and
// what whoever is refused is told: how it stands, and what can be done with it now.
import { EngineError, type InputIssue } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { exchangeOpen, type Order, type OrderLine, paymentDue } from './collections.ts'
import { unitsOf } from './order-standing.ts'

export const orderUnits = Type.Object(
  {
    line: Type.String({ maxLength: limits.idCharactersMax }),
    quantity: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  },
  { additionalProperties: false },
)
export const orderUnitsInput = Type.Array(orderUnits, { minItems: 1, maxItems: limits.cartLinesMax })

export type NamedUnits = { readonly line: string; readonly quantity: number }

/** `can`: `open`, not sent and not canceled; `returnable`, sent and neither back nor asked to be sent back. */
type Asked = { readonly can: 'open' | 'returnable'; readonly what: string }

/**
 * Each with its line, a line once. `what` ends the sentence "so many …".
 * @throws validation_failed where the order never had them, order_state_conflict where it no longer has
 */
export function namedLines<T extends NamedUnits>(
  order: Order,
  given: readonly T[],
  { can, what }: Asked,
): (T & { readonly of: OrderLine })[] {
  const issues: InputIssue[] = []
  const gone: InputIssue[] = []
  const asked = new Set<string>()
  const named = given.flatMap((one, index) => {
    const line = order.lines.find(({ id }) => id === one.line)
    const path = `/lines/${index}`
    if (line === undefined) issues.push({ path: `${path}/line`, code: 'not_found', message: 'is no line of this order' })
    else if (asked.has(one.line)) issues.push({ path: `${path}/line`, code: 'duplicate', message: 'is named before' })
    else if (one.quantity > line.quantity)
      issues.push({ path: `${path}/quantity`, code: 'maximum', message: `must be ${line.quantity} or less: so many were ordered` })
    else if (one.quantity > unitsOf(line)[can])
      gone.push({ path: `${path}/quantity`, code: 'maximum', message: `must be ${unitsOf(line)[can]} or less: so many ${what}` })
    asked.add(one.line)
    return line === undefined ? [] : [{ ...one, of: line }]
  })
  if (issues.length > 0) throw new EngineError('validation_failed', { errors: issues })
  if (gone.length > 0) throw stateConflict(order, 'That many units are not left.', gone)
  return named
}

/** @throws order_state_conflict with how the order stands, and what can be done with it now */
export function stateConflict(order: Order, detail: string, errors?: readonly InputIssue[]): EngineError {
  return conflict(order, `${detail} ${possibleNow(order)}`, errors)
}

/** Where nothing can be added to it, which is not offered. */
export function addConflict(order: Order, detail: string): EngineError {
  return conflict(order, `${detail} ${possibleNow(order, { canAdd: false })}`)
}

function conflict(order: Order, detail: string, errors?: readonly InputIssue[]): EngineError {
  const { status, fulfillmentStatus } = order
  const standing = `The order is ${status.replaceAll('_', ' ')} and ${fulfillmentStatus.replaceAll('_', ' ')}`
  return new EngineError('order_state_conflict', {
    detail: `${standing}: ${detail[0]!.toLowerCase()}${detail.slice(1)}`,
    params: { status, fulfillmentStatus },
    ...(errors && { errors }),
  })
}

const firstOf: Readonly<Record<string, string>> = {
  [paymentDue]: 'Ask for what is open by a payment link, or release it.',
  [exchangeOpen]: 'Complete the return of what is exchanged, or release it to send before that is back.',
}

/** For whoever was refused something else, staff or its customer. `canAdd`: false where that was refused. Offers nothing that is refused. */
export function possibleNow(order: Order, { canAdd = true } = {}): string {
  const { status, fulfillmentStatus, paymentStatus, isOffered } = order
  switch (status) {
    case 'draft':
      return 'The shop can change it, offer it or cancel it.'
    case 'pending_payment':
      return isOffered === true ? 'It can be paid or canceled; the shop can withdraw its offer.' : 'It can be paid or canceled.'
    case 'expired':
    case 'canceled':
      return 'Make another order.'
  }
  // What came from elsewhere was settled there.
  if (order.importedAt !== null) return 'Notes can be written on it.'
  const is = (can: 'open' | 'returnable') => order.lines.some((line) => unitsOf(line)[can] > 0 && !(can === 'returnable' && line.isDigital))
  const what = fulfillmentStatus === 'unfulfilled' ? 'it' : 'what is left'
  const sending = order.holds.length > 0 ? ['release what holds it'] : paymentStatus === 'refunded' ? [] : [`send ${what}`]
  const shop = [
    ...(is('open') ? sending : []),
    ...(canAdd && order.taxExemption === null ? ['add to it'] : []),
    ...(is('open') ? [`cancel ${what}`] : []),
    ...(['paid', 'partially_paid', 'partially_refunded', 'overcharged'].includes(paymentStatus) ? ['give money back'] : []),
  ]
  const others = [
    ...(shop.length === 0 ? [] : [`the shop can ${shop.length > 1 ? `${shop.slice(0, -1).join(', ')} or ` : ''}${shop.at(-1)}`]),
    ...(fulfillmentStatus === 'unfulfilled' ? ['its customer can cancel it'] : is('returnable') ? ['what was sent can be sent back'] : []),
  ]
  const [first, ...rest] = others
  return first === undefined ? 'Make another order.' : `${[`${first[0]!.toUpperCase()}${first.slice(1)}`, ...rest].join('; ')}.`
}

/** @throws order_held while something about it is to be looked at */
export function checkNotHeld({ holds }: Order): void {
  if (holds.length === 0) return
  const words = holds.map((hold) => hold.replaceAll('_', ' ')).join(', ')
  throw new EngineError('order_held', {
    detail: `The order is held (${words}). ${firstOf[holds.join()] ?? 'Look at it, and release what holds it before you send anything.'}`,
    params: { holds },
  })
}
