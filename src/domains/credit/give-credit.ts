import { recently, staff } from '../../access/rule.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { formatMoney, type Money, money } from '../../base/money.ts'
import { checkSoldIn } from '../../config/sold-in.ts'
import { and, eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import type { Work } from '../../operation/work.ts'
import { moneySchema } from '../../schema/kinds/money.ts'
import { findUnique } from '../../storage/find-all.ts'
import { users } from '../accounts/collections.ts'
import { accounts } from '../ledger/collections.ts'
import { creditGrants, type StoreCredit, storeCredits } from './collections.ts'
import { moneyOutput } from './gift-card-view.ts'
import { grantCredit } from './move-credit.ts'

/** `POST /api/users/{id}/credit`: a customer may spend it here. An amount below zero takes back what was not spent yet. */
export const giveCredit = command({
  name: 'credit.give',
  route: 'POST /api/users/:id/credit',
  summary: 'Give store credit to a customer, or take it back',
  tag: 'Store credit',
  status: 201,
  input: Type.Object(
    {
      id: Type.String({ maxLength: limits.idCharactersMax }),
      amount: Type.Unsafe<Money>(moneySchema),
      reason: Type.String({
        minLength: 1,
        maxLength: limits.noteCharactersMax,
        format: 'free-text',
        description: 'The customer reads it, too.',
      }),
    },
    { additionalProperties: false, examples: [{ amount: { amount: 1000, currency: 'EUR' }, reason: 'For the late parcel.' }] },
  ),
  output: Type.Object({ id: Type.String(), customer: Type.String(), balance: moneyOutput }),
  errors: ['not_found', 'credit_too_low'],
  access: recently(staff),
  async run(context) {
    const { tx, input, project } = context
    const { id: customer, amount, reason } = input
    checkSoldIn(project.shop!, amount.currency, '/amount/currency')
    if (amount.amount === 0) throw invalid('/amount/amount', 'minimum', 'must not be 0')
    if (amount.amount > limits.moneyMovedMax) throw invalid('/amount/amount', 'maximum', `must be ${limits.moneyMovedMax} or less`)
    if ((await tx.get(users, customer)) === null) throw new EngineError('not_found')
    const credit = await giveStoreCredit(context, customer, { amount, reason, against: accounts.goodwill })
    return { output: { id: credit.id, customer, balance: credit.balance }, status: 201 }
  },
})

type Given = {
  readonly amount: Money
  readonly reason: string
  /** The account of the ledger that it comes from. */
  readonly against: string
  readonly order?: string
}

/** @throws credit_too_low where more would be taken back than there is */
export async function giveStoreCredit(work: Work, customer: string, { amount, reason, against, order }: Given): Promise<StoreCredit> {
  const { tx, newId } = work
  const before = await lockedCredit(work, customer, amount.currency)
  const left = money(before.balance.amount + amount.amount, amount.currency)
  if (left.amount < 0)
    throw new EngineError('credit_too_low', {
      detail: `Only ${formatMoney(before.balance)} is left.`,
      params: { balance: before.balance },
      errors: [{ path: '/amount/amount', code: 'minimum', message: `must be ${-before.balance.amount} or more` }],
    })
  const after = await grantCredit(work, before, { amount, against, ...(order !== undefined && { order }) })
  await tx.insert(creditGrants, { id: newId('grt'), credit: after.id, customer, amount, reason, order: order ?? null })
  return after
}

async function lockedCredit({ tx, newId }: Work, customer: string, currency: string): Promise<StoreCredit> {
  const known = await findUnique(tx, storeCredits, and(eq('customer', customer), eq('balance.currency', currency)))
  if (known !== null) return (await tx.lock(storeCredits, known.id, 'exclusive'))!
  const nothing = money(0, currency)
  return await tx.insert(storeCredits, { id: newId('crd'), customer, issued: nothing, spent: nothing, balance: nothing }, 'conflict')
}
