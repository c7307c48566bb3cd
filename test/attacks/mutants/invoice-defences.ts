// The defences of invoices, their numbers and who may see them, as in account-defences.ts.
import type { Defence } from './defences.ts'

const test = 'test/api/invoices.test.ts'

export const invoiceDefences: readonly Defence[] = [
  {
    name: 'what was added in exchange is billed once that is settled',
    file: 'src/domains/invoices/issue-invoices.ts',
    from: 'isWaiting ? [] : sides.up]',
    to: 'sides.up]',
    test: 'test/api/invoices.test.ts',
    asked: ['an exchange is billed once it is settled'],
  },
  {
    name: 'what is set off is not said to be given back',
    file: 'src/domains/invoices/issue-invoices.ts',
    from: 'Math.max(0, now.uncharged - last.billed.uncharged)',
    to: 'Math.max(0, 0 * now.uncharged - last.billed.uncharged)',
    test: 'test/api/invoices.test.ts',
    asked: ['an exchange is billed once it is settled', 'what is canceled before it was taken'],
  },
  {
    name: 'what came back is named on its credit note',
    file: 'src/domains/invoices/billed.ts',
    from: "sum('net') === -one.net && sum('tax') === -one.tax ? ofRate(own, one.ratePpm) : byRate(one)",
    to: "sum('net') === -one.net && (false as boolean) ? ofRate(own, one.ratePpm) : byRate(one)",
    test: 'test/api/invoices.test.ts',
    asked: ['an exchange is billed once it is settled'],
  },
  {
    name: 'numbers of invoices that went out after a backup are not given again',
    file: 'src/engine/recovery.ts',
    from: 'if (lost <= 0) return row',
    to: 'if (lost <= Number.MAX_SAFE_INTEGER) return row',
    test: 'src/engine/recovery.test.ts',
    asked: ['a series that is restored goes on'],
  },
  {
    name: 'what was canceled before is on no invoice',
    file: 'src/domains/invoices/issue-invoices.ts',
    from: 'canceledIn(order, await givenBack(work.tx, order))',
    to: 'canceledIn(order, new Map())',
    test: 'test/api/invoices.test.ts',
    asked: ['canceled before the first invoice'],
  },
  {
    name: 'a number of an invoice follows the one before it',
    file: 'src/domains/invoices/take-number.ts',
    from: '{ add: { last: 1 } }',
    to: '{ add: { last: 2 } }',
    test,
    asked: ['many issue at once'],
  },
  {
    name: 'what is not invoiced yet has no credit note',
    file: 'src/domains/invoices/issue-invoices.ts',
    from: "isBegun || order.status === 'canceled'",
    to: "order.status === 'canceled'",
    test,
    asked: ['what is owed a correction'],
  },
  {
    name: 'an invoice is fetched by way of its own order alone',
    file: 'src/domains/invoices/download-invoice.ts',
    from: 'all.find(({ id }) => id === input.invoice)',
    to: '((await read.get(invoices, input.invoice)) ?? undefined)',
    test,
    asked: ['whoever may not see an order'],
  },
  {
    name: 'the PDF of an invoice is sent to who may see its order',
    file: 'src/domains/invoices/download-invoice.ts',
    from: 'await getOrder(read, model, actor, input.id)',
    to: '{ id: input.id }',
    test,
    asked: ['whoever may not see an order'],
  },
  {
    name: 'the invoices of an order are listed to who may see it',
    file: 'src/domains/invoices/list-invoices.ts',
    from: 'await getOrder(read, model, actor, input.id)',
    to: '{ id: input.id }',
    test,
    asked: ['whoever may not see an order'],
  },
]
