import { Readable } from 'node:stream'
import { staff } from '../../access/rule.ts'
import { isDay, toIso } from '../../base/clock.ts'
import { isCurrency, minorDigits } from '../../base/currencies.ts'
import { invalid } from '../../base/engine-error.ts'
import { leastIdAt } from '../../base/ids.ts'
import { limits } from '../../base/limits.ts'
import { beginOfDay, nextDay, offsetAt } from '../../base/time-zone.ts'
import type { BookkeepingSettings } from '../../config/project.ts'
import { and, compare, eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { query } from '../../operation/define.ts'
import type { Reader } from '../../storage/storage.ts'
import type { Entry } from './chain.ts'
import { ledgerEntries } from './collections.ts'
import { type DatevBatch, datevHead, datevLines, decimal, pairsOf } from './datev.ts'

/** The numbers of orders by their ids: what a customer and an accountant call them by. */
/** By which they are told, of those that this shop has sold itself: what was imported stands in the books of another system. */
export type OrderNumbers = (read: Reader, orders: readonly string[]) => Promise<ReadonlyMap<string, string>>

type Transfer = { readonly entries: readonly Entry[]; readonly number: string }
type Period = { readonly from: string; readonly to: string; readonly timeZone: string }

const day = (description: string) => Type.String({ format: 'date', description })

/** `GET /api/ledger/export`: what was posted in a period, sent as it is read, for an accountant or a spreadsheet. */
export function exportLedger(orderNumbers: OrderNumbers) {
  return query({
    name: 'ledger.export',
    route: 'GET /api/ledger/export',
    summary: 'Export what was posted in a period, as CSV or for DATEV',
    tag: 'Ledger entries',
    isPresented: true,
    mediaType: 'text/csv',
    input: Type.Object(
      {
        format: Type.Optional(
          Type.Unsafe<'csv' | 'datev'>({
            type: 'string',
            enum: ['csv', 'datev'],
            default: 'csv',
            description: '`datev`: a Buchungsstapel, EXTF 700.',
          }),
        ),
        from: day('The first day, in the time zone of the bookkeeping.'),
        to: day('The last day.'),
        currency: Type.Optional(
          Type.String({
            format: 'currency',
            description: "For DATEV, one currency a file: the shop's when left out. For CSV: all when left out.",
          }),
        ),
      },
      { additionalProperties: false },
    ),
    output: Type.String(),
    access: staff,
    async run({ read, input, now, project }) {
      const { format = 'csv', from, to } = input
      const { bookkeeping, currency: own } = project.shop!
      const { timeZone, datev } = bookkeeping
      if (!isDay(from)) throw invalid('query:from', 'format', 'must be a day such as 2026-11-01')
      if (!isDay(to) || to < from) throw invalid('query:to', 'range', 'must be a day, and not before from')
      if (input.currency !== undefined && !isCurrency(input.currency))
        throw invalid('query:currency', 'format', 'is no currency of ISO 4217')
      const currency = input.currency ?? (format === 'datev' ? own : null)
      const transfers = transfersIn(read, { from, to, timeZone }, { currency, orderNumbers })
      const batch = format === 'csv' ? null : batchOf(bookkeeping, { from, to, currency: currency!, now })
      async function* lines() {
        yield batch === null ? csvHead : Buffer.from(datevHead(batch), 'latin1')
        for await (const page of transfers)
          yield batch === null
            ? page.map(csvLines).join('')
            : Buffer.from(page.map((transfer) => linesFor({ settings: datev, currency: currency!, timeZone }, transfer)).join(''), 'latin1')
      }
      const name = format === 'csv' ? `ledger_${from}_${to}` : `EXTF_Buchungsstapel_${from}_${to}`
      return {
        output: null,
        content: { size: null, open: async () => Readable.from(lines()) },
        headers: {
          'content-type': `text/csv; charset=${format === 'csv' ? 'utf-8' : 'windows-1252'}`,
          'content-disposition': `attachment; filename="${name}.csv"`,
        },
      }
    },
  })
}

type Asked = { readonly from: string; readonly to: string; readonly currency: string; readonly now: number }

/** @throws validation_failed for what one file cannot hold */
function batchOf({ timeZone, datev: settings }: BookkeepingSettings, { from, to, currency, now }: Asked): DatevBatch {
  const fiscalYearOf = (of: string) =>
    `${Number(of.slice(0, 4)) - (of.slice(5) < settings.fiscalYearBegins ? 1 : 0)}-${settings.fiscalYearBegins}`
  const fiscalYear = fiscalYearOf(from)
  if (fiscalYearOf(to) !== fiscalYear) throw invalid('query:to', 'range', 'must be in the fiscal year of from: DATEV takes one a file')
  if (minorDigits(currency)! > 2) throw invalid('query:currency', 'range', 'has more than two decimals, which DATEV does not take')
  const made = toIso(now + offsetAt(timeZone, now)).replaceAll(/\D/g, '')
  return { settings, currency, from, to, fiscalYear, made }
}

type Wanted = { readonly currency: string | null; readonly orderNumbers: OrderNumbers }

/** In the order of posting, a page of entries at a time; the entries of one may lie between those of others that were posted at once. */
async function* transfersIn(read: Reader, { from, to, timeZone }: Period, { currency, orderNumbers }: Wanted): AsyncGenerator<Transfer[]> {
  const [first, end] = [beginOfDay(from, timeZone), beginOfDay(nextDay(to), timeZone)]
  // Ids are made in the transaction, so a little later than the time it is posted at.
  const until = compare('id', 'lt', leastIdAt('led', end + limits.ledgerSealAfterMs))
  const where = and(
    compare('postedAt', 'gte', first),
    compare('postedAt', 'lt', end),
    until,
    currency === null ? undefined : eq('amount.currency', currency),
  )
  const open = new Map<string, Entry[]>()
  let last = leastIdAt('led', first)
  while (true) {
    // Beyond the limit: the next page.
    const page: Entry[] = await read.find(ledgerEntries, { where, limit: limits.readPageSize, after: [last] })
    const whole: Entry[][] = []
    for (const entry of page) {
      const entries = [...(open.get(entry.transfer) ?? []), entry]
      if (entries.reduce((sum, { amount }) => sum + amount.amount, 0) !== 0) open.set(entry.transfer, entries)
      else {
        open.delete(entry.transfer)
        whole.push(entries)
      }
    }
    const numbers = await orderNumbers(read, [...new Set(whole.flatMap(([one]) => one!.order ?? []))])
    const own = whole.filter(([one]) => one!.order === null || numbers.has(one!.order))
    if (own.length > 0) yield own.map((entries) => ({ entries, number: numbers.get(entries[0]!.order ?? '') ?? '' }))
    if (page.length < limits.readPageSize) return
    last = page.at(-1)!.id
  }
}

type Lines = { readonly settings: BookkeepingSettings['datev']; readonly currency: string; readonly timeZone: string }

function linesFor({ settings, currency, timeZone }: Lines, { entries, number }: Transfer): string {
  const { kind, postedAt, transfer } = entries[0]!
  const there = toIso(postedAt + offsetAt(timeZone, postedAt)).slice(0, 10)
  return datevLines({ settings, currency }, { pairs: pairsOf(entries), kind, day: there, document: number || transfer })
}

const csvHead = 'postedAt,transfer,kind,order,number,account,debit,credit,currency\r\n'

/** No cell begins as a formula does: names of ours and of providers do not. */
function csvLines({ entries, number }: Transfer): string {
  return entries
    .map(({ postedAt, transfer, kind, order, account, amount: { amount, currency } }) => {
      const value = decimal(Math.abs(amount), currency, '.')
      const sides = amount > 0 ? [value, ''] : ['', value]
      return `${[toIso(postedAt), transfer, kind, order ?? '', number, account, ...sides, currency].join(',')}\r\n`
    })
    .join('')
}
