// Holds: why nothing of an order is sent until somebody has looked. The engine sets some (money that was taken back, a dispute, a capture
// that failed); staff set others, and release any.
import { recently, staff } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { type CommandContext, command } from '../../operation/define.ts'
import { checkIfMatch, etagOf } from '../../records/etag.ts'
import { presentAll } from '../../records/present.ts'
import { exchangeOpen, type Order, orders } from './collections.ts'
import { dueDigital } from './digital-due.ts'
import { orderCorrected } from './events.ts'
import { writeStanding } from './order-standing.ts'
import { stateConflict } from './order-units.ts'

const id = Type.String({ maxLength: limits.idCharactersMax })
const output = Type.Unsafe<unknown>({ type: 'object' })
/** What staff hold an order for. */
export const staffHolds = ['fraud', 'address', 'stock', 'other'] as const

async function lockOrder({ tx, model, actor, input, request }: CommandContext<{ readonly id: string }>): Promise<Order> {
  const order = await tx.lock(orders, input.id, 'exclusive')
  if (order === null) throw new EngineError('not_found')
  checkIfMatch(model.get(orders), { actor, ifMatch: request.ifMatch }, order)
  return order
}

async function withHolds(context: CommandContext<unknown>, order: Order, holds: readonly string[]) {
  const { tx, model, actor } = context
  const held = holds.join() === order.holds.join() ? order : await tx.update(orders, order, { set: { holds } })
  const { order: after, events } = await writeStanding(tx, held)
  const [view] = await presentAll(tx, model.get(orders), actor, [after])
  // What was added in exchange waits no longer, and is billed.
  const isFree = order.holds.includes(exchangeOpen) && !holds.includes(exchangeOpen)
  const corrected = isFree ? [orderCorrected({ order: after })] : []
  return {
    output: view as unknown,
    headers: { etag: etagOf(model.get(orders), actor, after) },
    events: [...events, ...corrected, ...dueDigital(after)],
  }
}

/** `POST /api/orders/{id}/hold`: nothing of it is sent until it is released. */
export const holdOrder = command({
  name: 'orders.hold',
  route: 'POST /api/orders/:id/hold',
  summary: 'Hold an order back from being sent',
  tag: 'Orders',
  isPresented: true,
  input: Type.Object(
    { id, hold: Type.Unsafe<(typeof staffHolds)[number]>({ type: 'string', enum: [...staffHolds] }) },
    { additionalProperties: false },
  ),
  output,
  errors: ['not_found', 'precondition_failed', 'order_state_conflict'],
  access: staff,
  async run(context) {
    const order = await lockOrder(context)
    const { hold } = context.input
    if (order.status !== 'placed' && order.status !== 'pending_payment') throw stateConflict(order, 'There is nothing to hold back.')
    return await withHolds(context, order, order.holds.includes(hold) ? order.holds : [...order.holds, hold])
  },
})

/** `POST /api/orders/{id}/release`: somebody has looked at it. */
export const releaseOrder = command({
  name: 'orders.release',
  route: 'POST /api/orders/:id/release',
  summary: 'Release what holds an order back',
  tag: 'Orders',
  isPresented: true,
  input: Type.Object(
    {
      id,
      hold: Type.String({ minLength: 1, maxLength: limits.codeCharactersMax, description: 'One of the `holds` of the order.' }),
    },
    { additionalProperties: false },
  ),
  output,
  errors: ['not_found', 'precondition_failed', 'order_state_conflict'],
  access: recently(staff),
  async run(context) {
    const order = await lockOrder(context)
    const { hold } = context.input
    if (!order.holds.includes(hold))
      throw stateConflict(
        order,
        order.holds.length === 0 ? 'Nothing holds it.' : `It is held for ${order.holds.join(', ')}: release one of these.`,
      )
    if (hold === 'disputed') throw stateConflict(order, 'It is held until its dispute has ended.')
    return await withHolds(
      context,
      order,
      order.holds.filter((one) => one !== hold),
    )
  },
})
