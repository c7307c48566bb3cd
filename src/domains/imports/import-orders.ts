import { staff } from '../../access/rule.ts'
import { type InputIssue, invalid, isEngineError } from '../../base/engine-error.ts'
import { parseJsonBody } from '../../base/json-text.ts'
import { limits } from '../../base/limits.ts'
import { hashSecret } from '../../base/secret.ts'
import { eq, oneOf } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command, type PrepareContext } from '../../operation/define.ts'
import type { Work } from '../../operation/work.ts'
import { type ImportReport, importReport } from '../../records/import-records.ts'
import { linesOf } from '../../records/import-rows.ts'
import { ownDefaults, readOwn } from '../../records/own-fields.ts'
import { checkReferences } from '../../records/write-record.ts'
import { findUnique } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'
import { users } from '../accounts/collections.ts'
import { carts, unsaid } from '../carts/collections.ts'
import { shopOf } from '../carts/totals.ts'
import { variants } from '../catalog/variants.ts'
import { fulfillments } from '../fulfillment/collections.ts'
import { trackingOf } from '../fulfillment/fulfillment-input.ts'
import { accounts } from '../ledger/collections.ts'
import { move, postTransfer } from '../ledger/post-transfer.ts'
import { type Order, orders } from '../orders/collections.ts'
import { recognition, salesOf } from '../orders/place-order.ts'
import { importedProvider, newPayment, paymentFacts, payments } from '../payments/collections.ts'
import { type ImportedOrder, importedOrder } from './imported-order.ts'

/** `own`: fields that the shop has added to its orders. */
type Row = { readonly line: number; readonly order: ImportedOrder; readonly own: object }
type Rejection = ImportReport['rejections'][number]

/**
 * `POST /api/orders/import`: orders of another system, a JSON object a line, with numbers and dates of their own. They take no stock, send no
 * mail and ask no provider: their money was taken elsewhere. A number that was imported before stays as it is, so the same file again
 * changes nothing. With `dryRun` nothing is written, and the report says what would be.
 */
export const importOrders = command({
  name: 'orders.import',
  route: 'POST /api/orders/import',
  summary: 'Import old orders from JSON lines',
  tag: 'Orders',
  takesFile: ['application/jsonl', 'multipart/form-data'],
  takesNoKey: 'is not taken: an order whose number was imported stays as it is, so an import is safe to send again',
  input: Type.Object(
    {
      dryRun: Type.Optional(
        Type.Boolean({ description: 'Only look: the same report of what an import of this file would do, and nothing is written.' }),
      ),
    },
    { additionalProperties: false },
  ),
  output: importReport,
  access: staff,
  async prepare(context) {
    const isDry = context.input.dryRun === true
    const seen = new Set<string>()
    const file = await context.request.openFile!()
    if (file.length === 0) throw invalid('', 'required', 'is empty: send an order a line, each as a JSON object')
    const report = { rows: 0, created: 0, changed: 0, unchanged: 0, rejected: 0 }
    const rejections: Rejection[] = []
    const reject = (line: number, errors: readonly InputIssue[]) => {
      report.rejected += 1
      if (rejections.length < limits.importRejectionsMax) rejections.push({ line, errors: [...errors] })
    }
    let waiting: Row[] = []
    const store = async () => {
      const rows = waiting
      waiting = []
      const parts = { model: context.model, actor: context.actor }
      const done = isDry
        ? await lookAt({ ...parts, read: context.read }, rows, seen)
        : await context.writeFirst((work) => writeRows({ ...work, ...parts }, rows))
      report.created += done.created
      report.unchanged += done.unchanged
      for (const { line, errors } of done.refused) reject(line, errors)
      context.request.onProgress?.(report)
    }
    for await (const { line, text } of linesOf(file.bytes)) {
      if (text.trim() === '') continue
      report.rows += 1
      const read = readRow(context, text)
      if ('errors' in read) reject(line, read.errors)
      else waiting.push({ line, ...read })
      if (waiting.length >= limits.importRowsTogether) await store()
    }
    if (waiting.length > 0) await store()
    return { ...report, rejections: rejections.toSorted((a, b) => a.line - b.line), ignored: [] }
  },
  async run({ prepared }) {
    return { output: prepared }
  },
})

function readRow(
  { project, now, model, actor }: PrepareContext<unknown>,
  text: string,
): { readonly order: ImportedOrder; readonly own: object } | { readonly errors: readonly InputIssue[] } {
  try {
    const { own, rest } = readOwn(model.get(orders), actor, parseJsonBody(Buffer.from(text)))
    const order = importedOrder(rest, { shop: shopOf(project), now })
    trackingOf(project, order.row.tracking ?? [])
    return { order, own }
  } catch (error) {
    if (!isEngineError(error) || error.status >= 500) throw error
    return { errors: error.errors ?? [{ path: '', code: error.code, message: error.detail }] }
  }
}

type Asker = Pick<PrepareContext<unknown>, 'model' | 'actor'>
type Writing = Work & Asker
type Written = { readonly created: number; readonly unchanged: number; readonly refused: readonly Rejection[] }

/** What writing them would come to. `seen`: numbers of this file that came before, of the first so many rows. */
async function lookAt({ read, ...asker }: Asker & { readonly read: Reader }, rows: readonly Row[], seen: Set<string>): Promise<Written> {
  const numbers = [...new Set(rows.map(({ order }) => order.number))]
  // Beyond the limit: nothing, for they are unique.
  const found = await read.find(orders, { where: oneOf('number', numbers), limit: numbers.length, isUnordered: true })
  const before = new Map(found.map(({ number, importedAt }) => [number, importedAt] as const))
  // Nothing is written, so nothing is held.
  const tx: Pick<Work['tx'], 'get' | 'lock'> = { get: (of, id) => read.get(of, id), lock: (of, id) => read.get(of, id) }
  const refused: Rejection[] = []
  let created = 0
  for (const { line, order, own } of rows) {
    const importedAt = before.get(order.number)
    const errors = importedAt === null ? [numberTaken] : importedAt === undefined ? await strayIn({ ...asker, tx }, own) : []
    if (errors.length > 0) refused.push({ line, errors })
    else if (importedAt === undefined && !seen.has(order.number)) {
      created += 1
      if (seen.size < limits.importNumbersSeenMax) seen.add(order.number)
    }
  }
  return { created, unchanged: rows.length - created - refused.length, refused }
}

/** All of them or none: what a crash leaves is imported when the file is sent again. */
async function writeRows(work: Writing, rows: readonly Row[]): Promise<Written> {
  const skus = [...new Set(rows.flatMap(({ order }) => order.lines.map(({ sku }) => sku)).filter((sku) => sku !== ''))]
  const goods = new Map<string, { readonly id: string; readonly product: string }>()
  for (let start = 0; start < skus.length; start += limits.readPageSize) {
    const some = skus.slice(start, start + limits.readPageSize)
    // Beyond the limit: nothing, for they are unique.
    for (const { id, product, sku } of await work.tx.find(variants, { where: oneOf('sku', some), limit: some.length, isUnordered: true }))
      goods.set(sku, { id, product })
  }
  const refused: Rejection[] = []
  let created = 0
  for (const { line, order, own } of rows) {
    const before = await findUnique(work.tx, orders, eq('number', order.number))
    const errors = before === null ? await strayIn(work, own) : before.importedAt === null ? [numberTaken] : []
    if (errors.length > 0) refused.push({ line, errors })
    else if (before === null) {
      await writeOrder(work, { ...order, lines: order.lines.map((one) => ({ ...one, ...namedBy(goods.get(one.sku)) })) }, own)
      created += 1
    }
  }
  return { created, unchanged: rows.length - created - refused.length, refused }
}

const numberTaken = { path: '/number', code: 'already_exists', message: 'is the number of an order of this shop' } as const

/** What in them refers to nothing. */
async function strayIn(
  { tx, model, actor }: Asker & { readonly tx: Pick<Work['tx'], 'get' | 'lock'> },
  own: object,
): Promise<InputIssue[]> {
  try {
    await checkReferences(tx, model, model.get(orders), actor, own as Readonly<Record<string, unknown>>)
    return []
  } catch (error) {
    if (!isEngineError(error, 'reference_not_found')) throw error
    return [...(error.errors ?? [])]
  }
}

function namedBy(variant: { readonly id: string; readonly product: string } | undefined) {
  return variant === undefined ? {} : { variant: variant.id, product: variant.product }
}

async function writeOrder(work: Writing, imported: ImportedOrder, own: object): Promise<void> {
  const { tx, now, newId, newSecret, project, model, actor } = work
  const { row, placedAt, isCanceled, ...agreed } = imported
  const account = await findUnique(tx, users, eq('email', agreed.email))
  const customer = account?.emailVerified ? account.id : null
  const [id, cart, tokenHash] = [newId('ord'), newId('cart'), hashSecret(newSecret('cart'))]
  const { shipping, billing } = agreed.addresses
  const bought = {
    status: 'converted',
    tokenHash,
    customer,
    email: agreed.email,
    currency: agreed.total.currency,
    lines: [],
    order: id,
  } as const
  await tx.insert(carts, {
    ...unsaid,
    ...ownDefaults(model.get(carts), { actor, now }),
    id: cart,
    ...bought,
    shippingAddress: shipping,
    billingAddress: billing,
  })
  const lines = isCanceled ? agreed.lines : agreed.lines.map((line) => ({ ...line, shipped: line.quantity }))
  const order = await tx.insert(
    orders,
    {
      ...{ id, cart, tokenHash, customer, accountEmail: null, ...agreed, lines, placedAt, importedAt: now },
      ...{ status: isCanceled ? 'canceled' : 'completed', paymentStatus: isCanceled || agreed.total.amount === 0 ? 'none' : 'paid' },
      ...{ fulfillmentStatus: isCanceled ? 'unfulfilled' : 'fulfilled', closedAt: isCanceled ? placedAt : null, expiresAt: null },
      ...{
        holds: [],
        discounts: null,
        taxExemption: null,
        vatId: null,
        vatCheck: null,
        taxQuote: null,
        uncharged: null,
        allowances: null,
        isOffered: null,
        digitalConsentAt: null,
        language: null,
        giftMessage: null,
      },
      ...ownDefaults(model.get(orders), { actor, now }),
      ...own,
    },
    'conflict',
  )
  if (isCanceled) return
  const sent = { order: id, status: 'delivered', lines: lines.map((line) => ({ line: line.id, quantity: line.quantity })) } as const
  await tx.insert(fulfillments, { id: newId('ful'), ...sent, tracking: trackingOf(project, row.tracking ?? []), deliveredAt: placedAt })
  await bookSale(work, order, row.paymentMethod ?? null)
}

/** On the day that it was placed: taken elsewhere, and sold. The books of that system have it; an export of the ledger leaves it out. */
async function bookSale(work: Work, order: Order, method: string | null): Promise<void> {
  const { tx, newId } = work
  const postedAt = order.placedAt!
  if (order.total.amount > 0) {
    const id = newId('pay')
    const amount = order.total
    const taken = { status: 'captured', authorized: amount, captured: amount, facts: 1, method, providerRef: order.number } as const
    await tx.insert(payments, { ...newPayment(amount), id, order: order.id, sequence: 1, provider: importedProvider, ...taken })
    const fact = { kind: 'cap_ok', operationRef: id, amount, providerTime: postedAt, source: 'staff' } as const
    await tx.insert(paymentFacts, { id: newId('fact'), payment: id, order: order.id, provider: importedProvider, ...fact }, 'conflict')
    const legs = move({ debit: accounts.provider(importedProvider), credit: accounts.deposit(order.id) }, amount)
    await postTransfer(work, { kind: 'payment.cap_ok', order: order.id, legs, postedAt })
  }
  await postTransfer(work, { kind: 'order.recognized', order: order.id, legs: recognition(order), sales: salesOf(order), postedAt })
}
