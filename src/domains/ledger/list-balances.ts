import { staff } from '../../access/rule.ts'
import { parseIso } from '../../base/clock.ts'
import { invalid } from '../../base/engine-error.ts'
import { Type } from '../../contract/type.ts'
import { query } from '../../operation/define.ts'
import { moneySum, toldSum } from './money-sum.ts'
import { readBalances } from './read-balances.ts'

/** `GET /api/ledger/balances`: every account's balance, now or as of a time, and the sum of all, which is zero per currency. */
export const listBalances = query({
  name: 'ledger.listBalances',
  route: 'GET /api/ledger/balances',
  summary: 'Balances of all ledger accounts: the trial balance',
  tag: 'Ledger entries',
  input: Type.Object(
    { at: Type.Optional(Type.String({ format: 'date-time', description: 'What had been posted by then; now when left out.' })) },
    { additionalProperties: false },
  ),
  output: Type.Object({
    items: Type.Array(
      Type.Object({
        account: Type.String(),
        currency: Type.String(),
        balance: moneySum(),
        entries: Type.Integer({ description: 'Of an account of one order or refund: since it was last at zero, or later.' }),
      }),
      { description: 'Accounts of one order or refund are left out at zero.' },
    ),
    totals: Type.Array(Type.Object({ currency: Type.String(), sum: moneySum() })),
  }),
  access: staff,
  async run({ read, input }) {
    const at = input.at === undefined ? null : parseIso(input.at)
    if (Number.isNaN(at)) throw invalid('query:at', 'format', 'must be a time such as 2026-11-24T12:00:00Z')
    const balances = await readBalances(read, at)
    const items = balances
      .map(({ account, currency, amount, entries }) => ({
        account,
        currency,
        balance: toldSum(amount, currency),
        entries: Math.max(0, entries),
      }))
      .toSorted((a, b) => (a.account < b.account ? -1 : a.account > b.account ? 1 : 0))
    const totals = [...Map.groupBy(balances, ({ currency }) => currency)].map(([currency, of]) => ({
      currency,
      sum: toldSum(
        of.reduce((total, { amount }) => total + amount, 0n),
        currency,
      ),
    }))
    return { output: { items, totals } }
  },
})
