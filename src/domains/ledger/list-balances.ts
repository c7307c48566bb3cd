import { staff } from '../../access/rule.ts'
import { type Money, money } from '../../base/money.ts'
import { Type } from '../../contract/type.ts'
import { query } from '../../operation/define.ts'
import { moneySchema } from '../../schema/kinds/money.ts'
import { sumsBy } from '../../storage/sums-by.ts'
import { ledgerEntries } from './collections.ts'

const moneyOutput = Type.Unsafe<Money>(moneySchema)

/** `GET /api/ledger/balances`: every account's balance, and the sum of all, which is zero per currency. */
export const listBalances = query({
  name: 'ledger.listBalances',
  route: 'GET /api/ledger/balances',
  summary: 'Balances of all ledger accounts',
  tag: 'Ledger entries',
  input: Type.Object({}, { additionalProperties: false }),
  output: Type.Object({
    items: Type.Array(Type.Object({ account: Type.String(), currency: Type.String(), balance: moneyOutput, entries: Type.Integer() })),
    totals: Type.Array(Type.Object({ currency: Type.String(), sum: moneyOutput })),
  }),
  access: staff,
  async run({ read }) {
    const groups = await sumsBy(read, ledgerEntries, { by: ['account', 'amount.currency'], sum: 'amount.amount' })
    const items = groups.map(({ key, sum, count }) => {
      const [account, currency] = key as [string, string]
      return { account, currency, balance: money(sum, currency), entries: count }
    })
    const totals = [...Map.groupBy(items, ({ currency }) => currency)].map(([currency, of]) => ({
      currency,
      sum: money(
        of.reduce((total, { balance }) => total + balance.amount, 0),
        currency,
      ),
    }))
    return { output: { items, totals } }
  },
})
