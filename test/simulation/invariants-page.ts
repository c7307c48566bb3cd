/**
 * Owns docs/reference/invariants.md: what must hold of orders and their money, where each is looked at, and which violation of it is
 * planted to see that the look would tell. invariants.test.ts holds all names against what there is. `--write` makes the page.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { invariantGroups } from '../../src/observe/verify.ts'

export const root = join(import.meta.dirname, '../..')
const path = join(root, 'docs/reference/invariants.md')

/** A file of tests, and words of the test in it. */
export type Proof = readonly [file: string, words: string]

export type Rule = {
  /** C1, C2, … */
  readonly id: string
  readonly holds: string
  /** Invariants of `kingpost verify`: each has a violation planted in verify.test.ts. */
  readonly verify?: readonly string[]
  /** Broken engines that the simulator must notice, by their names in mutants.ts. */
  readonly mutants?: readonly string[]
  /** Defences that are taken out of the source by `npm run mutants`. */
  readonly defences?: readonly string[]
  /** Tests that are about it, or that plant a violation themselves. */
  readonly tests?: readonly Proof[]
  /** What of it is not there. */
  readonly open?: string
}

const commits = 'test/simulation/audit-commits.test.ts'
const arrivals = 'test/faults/awkward-arrivals.test.ts'
const points = 'test/faults/fault-points.test.ts'
const facts = 'test/simulation/fact-orders.test.ts'
const anOrder = 'an order is checked out, paid and placed'
const courses = 'test/support/money-courses.ts'

export const rules: readonly Rule[] = [
  {
    id: 'C1',
    holds: 'Each transfer sums to zero in each currency, and so does the ledger.',
    verify: ['ledger.transfer_balances', 'ledger.sums_to_zero'],
    mutants: ['ledger-leg-missing'],
  },
  {
    id: 'C2',
    holds: 'Balances that are kept are what the entries come to, also after a crash between an entry and its seal.',
    verify: ['ledger.balances_folded'],
    tests: [['test/api/ledger.test.ts', 'balances are what the entries come to']],
  },
  {
    id: 'C3',
    holds: 'No entry is altered, removed or put in later.',
    verify: ['ledger.entries_as_sealed', 'ledger.entries_kept', 'ledger.blocks_chained'],
    defences: ['verify misses no entry that was removed'],
  },
  {
    id: 'C4',
    holds: 'No more is captured than was authorized, no more given back, on its way back or disputed than was captured.',
    verify: [
      'payments.captures_bounded',
      'payments.within_bounds',
      'payments.amounts_folded',
      'payments.facts_counted',
      'payments.status_fits',
    ],
    mutants: ['refund-without-reservation'],
  },
  {
    id: 'C5',
    holds: "A provider's account here is what its own account there says, once all is read: captures, refunds, fees, disputes, payouts.",
    verify: ['ledger.provider_balance', 'ledger.disputed', 'settlementLines.fit_facts'],
    mutants: ['dispute-unheard'],
    tests: [['test/faults/real-words.test.ts', 'its account and ours are the same, and explained whole']],
  },
  {
    id: 'C6',
    holds: 'Of each order the provider keeps what was owed, or nothing: what came twice goes back.',
    verify: ['orders.payment_status', 'orders.paid_is_placed', 'payments.one_currency'],
    mutants: ['new-key-on-retry', 'refund-nobody-sends'],
    tests: [[arrivals, 'a second success, of an order that is paid']],
  },
  {
    id: 'C7',
    holds: 'Each request at the provider carries a key that we know; two with one key have the same body.',
    mutants: ['new-key-on-retry'],
    defences: ['a key of the sandbox is good for one request'],
    tests: [[points, 'a shop that calls its provider under a new key at every attempt is seen']],
  },
  {
    id: 'C8',
    holds: 'The total is lines less discount plus shipping plus tax; that is charged, and that is booked, each part where it belongs.',
    verify: ['orders.total_adds_up', 'orders.taxes_add_up', 'orders.placed_in_ledger', 'sales.as_in_ledger', 'sales.as_ordered'],
    open: 'No discounts yet.',
  },
  {
    id: 'C9',
    holds:
      'Refunds by units sum to what was paid for the line, to the cent, and come out of what the line was sold for; other refunds take their part out of sales, shipping and tax. No line is given back for more than was paid for it, whatever for.',
    verify: ['orders.refund_in_proportion', 'orders.lines_given_back'],
    mutants: ['sale-stays-whole', 'refund-out-of-sales-alone', 'amount-of-no-line'],
    defences: [
      'the cents of refunds by units sum to what was paid for the line',
      'what was given back by amount is given back once',
      'what a bank has given back for good is not given back again',
      'what was given back by amount comes off each unit of its line',
    ],
  },
  {
    id: 'C10',
    holds:
      'The deposit of an order that is done is empty, nothing is owed for a refund that arrived, and money of nobody is on its way back.',
    verify: ['orders.deposit_used', 'ledger.refund_payable', 'ledger.unmatched_returned', 'orders.placed_is_paid'],
    defences: [
      'what was paid beyond the price is no sale, whatever a bank does with it',
      'a placed order owes nothing that is owed by a refund already',
    ],
    tests: [['src/base/money.test.ts', 'an allocation sums to its total']],
  },
  {
    id: 'C11',
    holds: 'Gift cards and store credit are never below zero; what was issued is spent, expired or left.',
    verify: ['credit.adds_up', 'credit.in_ledger', 'credit.in_payments', 'credit.grants'],
    defences: ['no more is taken from a gift card than is on it'],
  },
  {
    id: 'C12',
    holds:
      'No counter of stock is below zero, in any committed state: no more is held and sold than there is and may be sold before it comes.',
    verify: ['stock.not_below_zero', 'stock.available_adds_up'],
    mutants: ['unguarded-hold', 'stock-by-look'],
  },
  {
    id: 'C13',
    holds: 'What is held and sold is what reservations say, what is on hand what movements say.',
    verify: ['stock.held_is_reserved', 'stock.on_hand_is_moved', 'stock.sent_is_moved'],
    mutants: ['commit-not-atomic'],
  },
  {
    id: 'C14',
    holds: 'No more units are in placed orders than were received and may be sold before they come.',
    verify: ['orders.placed_has_stock', 'orders.units_counted', 'orders.sent_left_stock', 'stock.on_hand_is_moved'],
    mutants: ['stock-by-look'],
  },
  {
    id: 'C15',
    holds: 'A hold ends once, and not while a payment of its order may still take money.',
    verify: ['orders.closed_holds_nothing'],
    mutants: ['expiry-is-blind'],
    tests: [
      [commits, 'an order that expires while an attempt may still take money'],
      [commits, 'do not become'],
    ],
  },
  {
    id: 'C16',
    holds: 'Of N units and more buyers exactly N are sold once all faults are over.',
    mutants: ['unguarded-hold', 'stock-by-look'],
    tests: [['test/faults/last-copies.test.ts', 'ten orders, ninety clear refusals']],
  },
  {
    id: 'C17',
    holds: 'A cart is one order at most, and so is a key.',
    verify: ['orders.cart_link', 'records.unique'],
    mutants: ['cart-without-fence', 'answer-not-remembered'],
  },
  {
    id: 'C18',
    holds: 'States change along their edges, each in one line of the audit trail, and each with the next version.',
    mutants: ['last-writer-wins', 'effect-without-fence'],
    tests: [
      [commits, 'do not become'],
      [commits, 'a record whose version is skipped, or stays'],
    ],
  },
  {
    id: 'C19',
    holds: 'Placed, an order has its goods, its money or who owes it, its entries and its receipt, all by one commit.',
    verify: ['orders.placed_has_stock', 'orders.placed_is_paid', 'orders.placed_in_ledger', 'orders.placed_has_receipt'],
    mutants: ['placed-without-receipt', 'commit-not-atomic'],
    tests: [
      ['test/faults/statement-points.test.ts', 'whichever statement it dies at'],
      [courses, anOrder],
    ],
  },
  {
    id: 'C20',
    holds: 'An expired or canceled order holds no goods, its credit is given back, and nothing stays authorized for it.',
    verify: ['orders.closed_holds_nothing', 'payments.closed_with_order', 'credit.in_payments'],
    defences: ['what is authorized for an order that has expired is given up, where its goods are gone'],
    open: 'No coupons yet.',
  },
  {
    id: 'C21',
    holds: 'No order waits past its time, no payment, refund, capture or webhook without anybody who looks.',
    verify: ['orders.not_stuck', 'payments.not_stuck', 'refunds.not_stuck', 'captures.not_stuck', 'webhooks.not_stuck'],
    mutants: ['paid-and-left', 'open-payment-unasked', 'missing-is-silent'],
  },
  {
    id: 'C22',
    holds: 'A discount is used as often as placed orders say, and within its limits, of all and of each customer.',
    verify: ['discounts.counted', 'discounts.within_limits', 'discounts.on_orders'],
    defences: [
      'a discount is used no more often than it may be',
      'a customer has a discount no more often than they may',
      'all spellings of a mailbox are one customer',
    ],
    tests: [['test/faults/side-by-side.test.ts', 'a discount is used no more often than it may be']],
  },
  {
    id: 'C23',
    holds: 'What a provider tells comes to the same in any order and however often.',
    defences: ['what goes back before it was told to be taken ends no claim', 'a payment is reversed by what was told, in whatever order'],
    tests: [
      [facts, 'comes to the same in any order, and told several times'],
      ['src/domains/payments/fold-facts.test.ts', 'facts in any order'],
    ],
  },
  {
    id: 'C24',
    holds: 'A webhook that was taken has its effect, and once.',
    verify: ['webhooks.not_stuck', 'records.unique'],
    mutants: ['stray-webhook-left', 'receipt-twice'],
    tests: [[arrivals, 'a success that was told before, of a placed order']],
  },
  {
    id: 'C25',
    holds: 'Without any webhook, and without any answer, the books come to the same.',
    mutants: ['missing-is-silent', 'lost-answer-is-failure'],
    tests: [['test/simulation/knobs.test.ts', 'its books and ours are the same in the end']],
  },
  {
    id: 'C26',
    holds: 'No second attempt is begun while one may still take money.',
    tests: [
      [commits, 'an attempt that is begun while another may still take money'],
      [arrivals, 'nothing at all, for longer than an order waits'],
    ],
  },
  {
    id: 'C27',
    holds: 'Money that was taken or given back stays so, unless the provider says that it was undone.',
    verify: ['refunds.fit_facts', 'disputes.held'],
    tests: [
      [commits, 'money that was taken or given back, and is so no more'],
      [arrivals, 'a failure of an older attempt, of an order that another has paid'],
    ],
  },
  {
    id: 'C28',
    holds: 'A webhook that is forged, altered or old changes nothing.',
    mutants: ['webhook-believed'],
    tests: [['test/api/shop.test.ts', 'that is forged, altered, old or of another account']],
  },
  {
    id: 'C29',
    holds: 'Money that belongs to nothing of ours is held as that, and shown to staff.',
    verify: ['ledger.unmatched_lines'],
    defences: ['money that has an owner is no longer held as that of nobody'],
  },
  {
    id: 'C30',
    holds: 'An order that was placed has one receipt, sent once or known to be doubtful, with one Message-ID.',
    verify: ['orders.placed_has_receipt', 'emails.has_effect', 'emails.agrees_with_effect', 'emails.failure_told'],
    mutants: ['receipt-twice', 'placed-without-receipt', 'new-message-id-on-retry', 'doubtful-mail-is-repeated'],
  },
  {
    id: 'C31',
    holds: 'No mail and no message tells of what was not committed.',
    mutants: ['new-message-id-on-retry', 'answered-before-commit'],
    tests: [[points, 'whatever it dies at']],
  },
  {
    id: 'C32',
    holds: 'Changes of a record are told in the order of its versions, without a gap.',
    mutants: ['positions-without-lock'],
    tests: [
      [commits, 'a record whose version is skipped, or stays'],
      ['test/faults/feed.test.ts', 'a reader cut off at random misses nothing'],
    ],
  },
  {
    id: 'C33',
    holds: 'Numbers of invoices are 1 to n, without gap and twice none; invoices less credit notes are what was sold, and stay as issued.',
    verify: ['invoices.numbers', 'invoices.as_issued', 'invoices.fit_sales'],
    defences: ['a number of an invoice follows the one before it'],
    tests: [['test/api/invoices.test.ts', 'many issue at once, each order twice: each is invoiced once, and the numbers are 1 to n']],
  },
  {
    id: 'C34',
    holds: 'The same key and request have the same answer, another request is refused, and one under way says so.',
    mutants: ['answer-not-remembered'],
    tests: [['test/api/idempotency.test.ts', 'while the first request waits for its provider']],
  },
  {
    id: 'C35',
    holds: 'A total that is not what was expected charges nothing.',
    defences: ['nothing else is charged than what was expected'],
  },
  {
    id: 'C36',
    holds: 'All databases come to the same.',
    tests: [
      ['test/conformance/differential.test.ts', 'answer the same random transactions alike'],
      ['test/faults/fault-points.test.ts', 'databases: sqlite, postgres'],
    ],
    open: 'The violation is a database that differs: none is planted.',
  },
  {
    id: 'C37',
    holds: '`kingpost verify` finds nothing, and would find each of what it looks for.',
    tests: [['test/simulation/verify.test.ts', 'there is a plant for every invariant']],
  },
  {
    id: 'C38',
    holds: 'A clock that jumps ends no hold of a payment that is under way, and keeps none for ever.',
    verify: ['orders.not_stuck'],
    mutants: ['expiry-is-blind'],
  },
  {
    id: 'C39',
    holds: 'Two versions side by side keep all of this.',
    open: 'Processes of one version run side by side in tests; a version beside the one before does not yet, since there is no earlier release.',
  },
  {
    id: 'C40',
    holds: 'Restored from a backup, the books come to agree again: what is newer at the provider is read.',
    verify: ['ledger.provider_balance'],
    defences: ['what staff have read leaves no gap'],
    tests: [
      ['test/faults/restore.test.ts', 'nothing acknowledged before it is missing'],
      ['test/api/reconciliation.test.ts', 'of a payment that a restore has lost'],
    ],
  },
]

const sentences = new Map(invariantGroups.flatMap(({ invariants }) => Object.entries(invariants)))
const codes = (names: readonly string[] = []) => names.map((name) => `\`${name}\``)
const linkTo = ([file, words]: Proof) => `[${words.replaceAll(/[[\]']/g, '')}](../../${file})`

function lookedAt({ verify, mutants, tests = [] }: Rule): string {
  const simulated = mutants === undefined ? [] : ['the simulator']
  const told = [...codes(verify), ...simulated, ...tests.map(linkTo)]
  return told.length > 0 ? told.join(', ') : '-'
}

function planted({ verify, mutants, defences = [], tests = [] }: Rule): string {
  const rows = verify === undefined ? [] : ['in rows']
  const asked = defences.map((name) => `without “${name}”`)
  const own = tests.filter(([file]) => file === commits).length > 0 ? ['in the lines of commits'] : []
  const told = [...rows, ...codes(mutants), ...asked, ...own]
  return told.length > 0 ? told.join(', ') : '-'
}

export function invariantsPage(): string {
  const lines = rules.map((rule) => `| ${rule.id} | ${rule.holds} | ${lookedAt(rule)} | ${planted(rule)} | ${rule.open ?? ''} |`)
  const names = [...new Set(rules.flatMap(({ verify = [] }) => verify))].toSorted()
  return `# Invariants of orders and their money

<!-- Made by \`node test/simulation/invariants-page.ts --write\`. -->

What must hold, whatever fails. Names in code are invariants of \`kingpost verify\`, which looks at a database at any time. The simulator looks
after every transaction, at every commit, and at rest, when it holds the books of the provider and of the mail server against ours. Each look
has a violation planted, to see that it would tell: in rows of a database, one for each name
([verify.test.ts](../../test/simulation/verify.test.ts)); by an engine that is broken on purpose
([mutants.ts](../../test/simulation/mutants.ts)); by a defence that is taken out of the source (\`npm run mutants\`); or in made-up lines of commits
([audit-commits.test.ts](../../test/simulation/audit-commits.test.ts)). A test holds this page against what there is.

| | what holds | looked at by | planted | not there |
|---|---|---|---|---|
${lines.join('\n')}

## What the names say

${names.map((name) => `- \`${name}\`: ${sentences.get(name)}`).join('\n')}

## At which moments

- **News that comes at an odd moment**, such as a success after the order has expired: [one row each](../../test/faults/awkward-arrivals.test.ts), with
  all that is so afterwards.
- **Deaths**: the shop dies before and after each commit, call and mail of eleven courses
  ([fault-points.test.ts](../../test/faults/fault-points.test.ts)), and at each statement of them
  ([statement-points.test.ts](../../test/faults/statement-points.test.ts)).
- **Orders of news**: [fact-orders.test.ts](../../test/simulation/fact-orders.test.ts).
`
}

export const written = (): string => readFileSync(path, 'utf8')
if (process.argv.includes('--write') && import.meta.main) writeFileSync(path, invariantsPage())
