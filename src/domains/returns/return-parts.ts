// What the operations on returns share.
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import type { CommandContext } from '../../operation/define.ts'
import { checkIfMatch, etagOf } from '../../records/etag.ts'
import { presentAll } from '../../records/present.ts'
import { type Order, orders } from '../orders/collections.ts'
import { type NamedUnits, namedLines, stateConflict } from '../orders/order-units.ts'
import { type OrderReturn, returns } from './collections.ts'

export const returnId = Type.String({ maxLength: limits.idCharactersMax })
export const returnOutput = Type.Unsafe<unknown>({ type: 'object' })
export const wordsFor = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: limits.noteCharactersMax, format: 'free-text', description }))

const possibleNow: Readonly<Record<OrderReturn['status'], string>> = {
  requested: 'Approve or reject it.',
  approved: 'Take its units back, or reject it.',
  received: 'Take back what is still to come, or complete it.',
  rejected: 'Its units stay with the customer, who can ask again.',
  completed: 'It is settled: what else is to come back is another return.',
}

type Held = { readonly order: Order; readonly orderReturn: OrderReturn }

/** The order first, as all that moves its units. @throws not_found, precondition_failed, return_state_conflict unless it is one of these */
export async function lockReturn(
  { tx, model, actor, input, request }: CommandContext<{ readonly id: string }>,
  statuses: readonly OrderReturn['status'][],
): Promise<Held> {
  const found = await tx.get(returns, input.id)
  const order = found && (await tx.lock(orders, found.order, 'exclusive'))
  const orderReturn = found && (await tx.lock(returns, input.id, 'exclusive'))
  if (!order || !orderReturn) throw new EngineError('not_found')
  checkIfMatch(model.get(returns), { actor, ifMatch: request.ifMatch }, orderReturn)
  const { status } = orderReturn
  if (!statuses.includes(status))
    throw new EngineError('return_state_conflict', { detail: `The return is ${status}. ${possibleNow[status]}`, params: { status } })
  return { order, orderReturn }
}

export async function answerOf({ tx, model, actor }: Pick<CommandContext<unknown>, 'tx' | 'model' | 'actor'>, one: OrderReturn) {
  const [output] = await presentAll(tx, model.get(returns), actor, [one])
  return { output: output as unknown, headers: { etag: etagOf(model.get(returns), actor, one) } }
}

/** What is to come back of an order: units that were sent, of something that can be. @throws validation_failed, order_state_conflict */
export function returnableOf<T extends NamedUnits>(order: Order, lines: readonly T[]): ReturnType<typeof namedLines<T>> {
  if (order.status !== 'placed' && order.status !== 'completed') throw stateConflict(order, 'Nothing of it can be sent back.')
  if (order.importedAt !== null) throw stateConflict(order, 'It was bought elsewhere, and is settled there.')
  const named = namedLines(order, lines, { can: 'returnable', what: 'were sent, and are neither back nor on their way' })
  const errors = named.flatMap(({ of }, index) =>
    of.isDigital ? [{ path: `/lines/${index}/line`, code: 'digital', message: 'is digital: ask the shop to give back what it cost' }] : [],
  )
  if (errors.length > 0) throw stateConflict(order, 'What is digital is not sent back.', errors)
  return named
}
