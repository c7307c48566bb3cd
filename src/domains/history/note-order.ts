import { staff } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { presentAll } from '../../records/present.ts'
import { orders } from '../orders/collections.ts'
import { indexOrder } from '../orders/order-texts.ts'
import { orderNotes } from './collections.ts'
import { customerNoted } from './events.ts'

/** `POST /api/orders/{id}/notes`: what staff should know of it, or its customer, who is written to. */
export const noteOrder = command({
  name: 'orders.note',
  route: 'POST /api/orders/:id/notes',
  summary: 'Write a note on an order',
  tag: 'Orders',
  status: 201,
  isPresented: true,
  input: Type.Object(
    {
      id: Type.String({ maxLength: limits.idCharactersMax }),
      text: Type.String({ minLength: 1, maxLength: limits.noteCharactersMax, format: 'free-text' }),
      audience: Type.Optional(
        Type.Unsafe<'staff' | 'customer'>({ type: 'string', enum: ['staff', 'customer'], description: '`staff` when left out.' }),
      ),
    },
    { additionalProperties: false },
  ),
  output: Type.Unsafe<unknown>({ type: 'object' }),
  errors: ['not_found'],
  access: staff,
  async run({ tx, input, actor, model, project, newId }) {
    const order = await tx.get(orders, input.id)
    if (order === null) throw new EngineError('not_found')
    const { text, audience = 'staff' } = input
    const note = await tx.insert(orderNotes, { id: newId('onote'), order: order.id, audience, text })
    await indexOrder({ tx, project }, order, text)
    const [output] = await presentAll(tx, model.get(orderNotes), actor, [note])
    return { output: output as unknown, status: 201, events: audience === 'customer' ? [customerNoted({ order, note })] : [] }
  },
})
