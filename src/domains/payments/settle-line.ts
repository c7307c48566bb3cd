import { recently, staff } from '../../access/rule.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { accounts } from '../ledger/collections.ts'
import { move, postTransfer } from '../ledger/post-transfer.ts'
import { settlementLines } from './settlement-collections.ts'
import { getUnmatchedLine, settlementOutput, settlementView } from './settlement-view.ts'

/** `POST /api/settlementLines/{id}/settle`: money of nobody is kept, or was given back by other means. */
export const settleLine = command({
  name: 'settlementLines.settle',
  route: 'POST /api/settlementLines/:id/settle',
  summary: 'Say what became of money that belongs to nobody',
  tag: 'Settlement lines',
  input: Type.Object(
    {
      id: Type.String({ maxLength: limits.idCharactersMax }),
      as: Type.Unsafe<'kept' | 'given_back'>({
        type: 'string',
        enum: ['kept', 'given_back'],
        description: '`kept`: it is income. `given_back`: by other means, the till or the bank account.',
      }),
      note: Type.String({
        minLength: 1,
        maxLength: limits.noteCharactersMax,
        format: 'free-text',
        description: 'Why: for whoever looks at the books later.',
      }),
    },
    { additionalProperties: false },
  ),
  output: settlementOutput,
  errors: ['not_found', 'settlement_state_conflict'],
  access: recently(staff),
  async run(context) {
    const { tx, input } = context
    const line = await getUnmatchedLine(tx, input.id)
    const settled = await tx.update(settlementLines, line, { set: { state: 'settled', note: input.note, lastError: null } })
    const credit = input.as === 'kept' ? accounts.otherIncome : accounts.outside
    const legs = move({ debit: accounts.unmatched(line.provider), credit }, line.amount)
    await postTransfer(context, { kind: 'settlement.settled', order: null, legs })
    return { output: settlementView(settled) }
  },
})
