/** Owns the two-account transfer as an operation of one's own: both sums move in one transaction, or neither does. */
import { anyone, collection, command, compare, defineErrors, EngineError, field, query, signedIn, Type } from '../../src/index.ts'

export const accounts = collection('accounts', {
  fields: { balance: field.integer({ required: true, min: 0 }) },
  access: { read: anyone, create: signedIn },
})

const errors = defineErrors({ not_covered: { status: 409, message: 'There is not that much on the account.' } })

const id = Type.String({ maxLength: 100 })
const amount = Type.Integer({ minimum: 1, maximum: 1_000_000 })

const transfer = command({
  name: 'accounts.transfer',
  route: 'POST /api/transfers',
  summary: 'Move money from one account to another',
  input: Type.Object({ from: id, to: id, amount }, { additionalProperties: false }),
  output: Type.Object({ from: id, to: id, amount, balance: Type.Integer() }),
  errors: ['not_found', errors.not_covered],
  status: 201,
  access: signedIn,
  async run({ tx, input: { from, to, amount: moved } }) {
    const take = () => tx.adjust(accounts, from, { add: { balance: -moved } }, compare('balance', 'gte', moved))
    const give = () => tx.adjust(accounts, to, { add: { balance: moved } })
    // Always in the same order: two who pay each other would else wait for one another, until the database undoes one of them.
    const early = from < to ? null : await give()
    const payer = await take()
    if (payer === null) throw errors.not_covered()
    const payee = early ?? (await give())
    if (payee === null) throw new EngineError('not_found')
    return { output: { from, to, amount: moved, balance: payer.balance } }
  },
})

/** What all accounts hold together: transfers leave it as it is. */
const total = query({
  name: 'accounts.total',
  route: 'GET /api/accounts/total',
  summary: 'What all accounts hold',
  input: Type.Object({}, { additionalProperties: false }),
  output: Type.Object({ accounts: Type.Integer(), total: Type.Integer() }),
  access: signedIn,
  async run({ read }) {
    const groups = await read.group(accounts, { by: [], measures: [{ of: 'sum', path: 'balance' }] })
    return { output: { accounts: groups[0]?.count ?? 0, total: Number(groups[0]?.values[0] ?? 0) } }
  },
})

export const transferOperations = [transfer, total]
