// Stripe's lists: the newest first, `limit` of them, going on after the last one that was read.
import type { SandboxLine } from '../account.ts'
import type { SandboxPayment } from '../payment.ts'
import { SandboxRefusal } from '../refusal.ts'
import { type FaceCall, type FaceContext, type FaceRoute, pageUrl } from './face.ts'
import { disputeObject, payoutObject, transactionObject } from './stripe-account.ts'
import { type Form, readForm } from './stripe-form.ts'
import { chargeObject, detailsOf, hasIntent, intentObject, listObject, refundObject, sessionObject } from './stripe-objects.ts'

/** Its search finds nothing that is younger. */
const searchLagMs = 60_000
const linesRead = 1_000_000

type Row = { readonly id: string; readonly created: number }
type Lister = (context: FaceContext, form: Form) => readonly Row[]

const common = ['limit', 'starting_after', 'created']
const lists: Readonly<Record<string, readonly [more: readonly string[], Lister]>> = {
  '/v1/checkout/sessions': [['payment_intent'], sessions],
  '/v1/payment_intents': [[], intents],
  '/v1/refunds': [['payment_intent', 'charge'], refunds],
  '/v1/disputes': [['payment_intent', 'charge'], disputes],
  '/v1/balance_transactions': [['payout'], transactions],
  '/v1/payouts': [[], payouts],
}

export function listRoute(call: FaceCall, context: FaceContext): FaceRoute | null {
  if (call.method !== 'GET') return null
  if (call.path === '/v1/payment_intents/search') return { name: 'fetch', run: () => ({ status: 200, body: search(context, call) }) }
  const list = Object.hasOwn(lists, call.path) ? lists[call.path] : undefined
  if (list === undefined) return null
  const [more, lister] = list
  const name = ['/v1/balance_transactions', '/v1/payouts'].includes(call.path) ? 'list' : 'fetch'
  return {
    name,
    run() {
      const form = readForm(call, [...common, ...more])
      return { status: 200, body: listObject(page(lister(context, form), form), { url: call.path, limit: limitOf(form) }) }
    },
  }
}

function limitOf(form: Form): number {
  const limit = form.count('limit') ?? 10
  if (limit < 1 || limit > 100) throw new SandboxRefusal('bad_request', 'The limit is from 1 to 100.')
  return limit
}

function page<T extends Row>(rows: readonly T[], form: Form): readonly T[] {
  const [gte = 0, gt = -1, lte = Number.MAX_SAFE_INTEGER, lt = Number.MAX_SAFE_INTEGER] = ['gte', 'gt', 'lte', 'lt'].map((name) =>
    form.count(`created[${name}]`),
  )
  const after = form.text('starting_after')
  const from = after === undefined ? 0 : rows.findIndex(({ id }) => id === after) + 1
  if (after !== undefined && from === 0) throw new SandboxRefusal('bad_request', `No such object: starting_after`)
  return rows.slice(from).filter(({ created }) => created >= gte && created > gt && created <= lte && created < lt)
}

const newestFirst = ({ book }: FaceContext) => book.all().toReversed()
const pagesOf = (context: FaceContext) => ({ urlOf: (payment: SandboxPayment) => pageUrl(context, payment) })
/** `expand[0]=data.source` of a list. */
const inRows = (form: Form) => form.expand.flatMap((path) => (path.startsWith('data.') ? path.slice(5) : []))

function sessions(context: FaceContext, form: Form) {
  const intent = form.text('payment_intent')
  const named = intent === undefined ? newestFirst(context) : [context.book.get(intent)].filter((one) => one !== null)
  return named.filter((one) => detailsOf(one).session !== undefined).map((one) => sessionObject(one, pagesOf(context), inRows(form)))
}

function intents(context: FaceContext, form: Form) {
  return newestFirst(context)
    .filter(hasIntent)
    .map((one) => intentObject(one, pagesOf(context), inRows(form)))
}

function search(context: FaceContext, call: FaceCall) {
  const form = readForm(call, ['query', 'limit', 'page'])
  const [, name, value] = /^metadata\['([\w-]{1,40})'\]:'([^']{1,500})'$/.exec(form.text('query') ?? '') ?? []
  if (name === undefined) throw new SandboxRefusal('bad_request', 'The sandbox searches by one field of metadata alone.')
  const until = context.book.now() - searchLagMs
  const found = newestFirst(context).filter(
    (one) => hasIntent(one) && one.createdAt <= until && detailsOf(one).intentMetadata?.[name] === value,
  )
  const rows = found.map((one) => intentObject(one, pagesOf(context)))
  const { data, has_more } = listObject(rows, { url: '', limit: limitOf(form) })
  return { object: 'search_result', data, has_more, next_page: null, url: '/v1/payment_intents/search' }
}

/** Those of one payment where it is named, else of all. */
function paymentsOf(context: FaceContext, form: Form): readonly SandboxPayment[] {
  const named = form.text('payment_intent') ?? form.text('charge')?.replace(/^ch_/, 'pi_')
  if (named === undefined) return newestFirst(context)
  const payment = context.book.get(named)
  if (payment === null) throw new SandboxRefusal('no_payment', `No such payment_intent: '${named.slice(0, 100)}'`)
  return [payment]
}

function refunds(context: FaceContext, form: Form) {
  const rows = paymentsOf(context, form).flatMap((payment) => payment.refunds.map((refund) => refundObject(payment, refund)))
  return rows.toSorted((a, b) => b.created - a.created || (a.id < b.id ? 1 : -1))
}

function disputes(context: FaceContext, form: Form) {
  const named = paymentsOf(context, form).filter((payment) => payment.disputes.length > 0)
  const lines = named.length === 0 ? [] : context.book.lines({ limit: linesRead })
  const rows = named.flatMap((payment) =>
    payment.disputes.map((one) =>
      disputeObject(
        payment,
        one,
        lines.filter(({ operation }) => operation === one.id),
      ),
    ),
  )
  return rows.toSorted((a, b) => b.created - a.created)
}

function transactions(context: FaceContext, form: Form) {
  const payout = form.text('payout')
  const since = Math.max(0, (form.count('created[gte]') ?? 0) * 1000)
  const lines = context.book.lines({ since, limit: linesRead, ...(payout === undefined ? {} : { payout }) })
  const isWithSource = form.expand.includes('data.source')
  return lines.toReversed().map((line) => transactionObject(line, isWithSource ? sourceOf(context, line) : undefined))
}

function sourceOf({ book }: FaceContext, line: SandboxLine): object | undefined {
  const payment = line.payment === null ? null : book.get(line.payment)
  if (payment === null)
    return line.kind === 'payout'
      ? book
          .payouts()
          .filter(({ id }) => id === line.operation)
          .map(payoutObject)[0]
      : undefined
  if (line.kind === 'payment') return chargeObject(payment)
  const refund = payment.refunds.find(({ id }) => id === line.operation)
  if (refund !== undefined) return refundObject(payment, refund)
  const dispute = payment.disputes.find(({ id }) => id === line.operation)
  return dispute === undefined ? undefined : disputeObject(payment, dispute, [])
}

function payouts({ book }: FaceContext) {
  return book.payouts().toReversed().map(payoutObject)
}
