// The defences of the books, as in account-defences.ts.
import type { Defence } from './defences.ts'

const reconciliation = 'test/api/reconciliation.test.ts'
const ledger = 'test/api/ledger.test.ts'
const captures = 'test/api/captures.test.ts'
const matching = 'src/domains/payments/match-lines.ts'

export const ledgerDefences: readonly Defence[] = [
  {
    name: 'a line whose amount is not that of its fact is a difference',
    file: matching,
    from: "fact ? (isEqual(fact, line) ? 'matched' : 'differs')",
    to: "fact ? 'matched'",
    test: reconciliation,
    asked: ['and what we know differ'],
  },
  {
    name: 'money that has an owner is no longer held as that of nobody',
    file: matching,
    from: "await postTransfer(work, { kind: 'settlement.matched', order, legs })",
    to: "if (legs.length === 0) await postTransfer(work, { kind: 'settlement.matched', order, legs })",
    test: reconciliation,
    asked: ['of a payment that a restore has lost'],
  },
  {
    name: 'a payment is adopted once',
    file: 'src/domains/orders/adopt-payment.ts',
    from: 'if (known !== undefined)',
    to: 'if (known === null)',
    test: reconciliation,
    asked: ['of a payment that a restore has lost'],
  },
  {
    name: 'money of nobody is moved once',
    file: 'src/domains/payments/settlement-view.ts',
    from: "if (line.state !== 'unmatched')",
    to: "if (line.state === 'booked')",
    test: reconciliation,
    asked: ['goes back, and the line', 'that the provider does not give back'],
  },
  {
    name: 'nothing is sealed that can still be written between',
    file: 'src/domains/ledger/seal-ledger.ts',
    from: 'now - limits.ledgerSealAfterMs',
    to: 'now + limits.ledgerSealAfterMs',
    test: ledger,
    asked: ['what is new is sealed later'],
  },
  {
    name: 'verify misses no entry that was removed',
    file: 'src/observe/invariants/ledger-chain.ts',
    from: 'if (lost > 0)',
    to: 'if (lost < 0)',
    test: ledger,
    asked: ['verify finds an entry'],
  },
  {
    name: 'what a bank keeps for good is owed by no deposit',
    file: 'src/domains/orders/correct-sale.ts',
    from: 'Math.max(0, Math.min(lost, held)) - before',
    to: '-before',
    test: captures,
    asked: ['is owed to the customer no more'],
  },
  {
    name: 'what a bank keeps for good is owed by no refund',
    file: 'src/domains/orders/settle-order.ts',
    from: 'money(kept, payment.amount.currency)',
    to: 'money(0, payment.amount.currency)',
    test: captures,
    asked: ['a refund that came back is not owed'],
  },
  {
    name: 'what is missing in an account is not forgotten where only the first is told',
    file: 'src/domains/payments/explain-account.ts',
    from: 'before.differenceCount === (before.differences ?? []).length',
    to: 'before.differenceCount >= 0',
    test: reconciliation,
    asked: ['lacks more than is told'],
  },
]
