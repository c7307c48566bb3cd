/** Rows of prices as they are pasted from a spreadsheet or read from a CSV file: a SKU, a price, and units from which on it holds. Pure. */
import { currencyDigits, parseMoney } from './format.ts'
import type { Money } from './shapes.ts'

export interface PriceRow {
  /** The first line is 1. */
  line: number
  sku: string
  price: Money
  fromQuantity: number
}
export interface RowFault {
  line: number
  what: string
  /** The price is 0, and nobody has said that it is meant. */
  isFree?: true
}

export const priceRowsMax = 1_000

/** By tabs, as spreadsheets copy; by semicolons, or else by commas. */
function cellsOf(line: string): string[] {
  const by = line.includes('\t') ? '\t' : line.includes(';') ? ';' : ','
  return line.split(by).map((cell) =>
    cell
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .trim(),
  )
}

/** A first line without an amount names the columns, and is passed over. `isFreeMeant`: a price of 0 is no slip. */
export function readPriceRows(text: string, currency: string, isFreeMeant = false): { rows: PriceRow[]; faults: RowFault[] } {
  const rows: PriceRow[] = []
  const faults: RowFault[] = []
  const seen = new Set<string>()
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue
    const [sku = '', amount = '', from = '', ...more] = cellsOf(line)
    if (index === 0 && !/\d/.test(amount)) continue
    const price = parseMoney(amount, currency)
    const fromQuantity = from === '' ? 1 : /^\d+$/.test(from) ? Number(from) : 0
    const fault =
      faultOf({ sku, price, fromQuantity, amount, from, more: more.join('') }, currency) ??
      (seen.has(`${sku} ${fromQuantity}`) ? `${sku} from ${fromQuantity} stands above already.` : undefined)
    seen.add(`${sku} ${fromQuantity}`)
    if (fault !== undefined || price === undefined) faults.push({ line: index + 1, what: fault ?? '' })
    else if (price.amount === 0 && !isFreeMeant) faults.push({ line: index + 1, what: `${sku} would cost nothing.`, isFree: true })
    else rows.push({ line: index + 1, sku, price, fromQuantity })
  }
  if (rows.length > priceRowsMax)
    faults.push({ line: priceRowsMax + 1, what: `At most ${priceRowsMax.toLocaleString()} prices at once: import the rest as a file.` })
  return { rows, faults }
}

type Cells = { sku: string; price: Money | undefined; fromQuantity: number; amount: string; from: string; more: string }

function faultOf({ sku, price, fromQuantity, amount, from, more }: Cells, currency: string): string | undefined {
  if (sku === '') return 'It names no SKU.'
  if (price === undefined || price.amount < 0) return `“${amount}” is not an amount with at most ${currencyDigits(currency)} decimals.`
  if (fromQuantity < 1) return `“${from}” is no number of units.`
  return more === '' ? undefined : `“${more}” stands in a fourth column: a line has a SKU, a price and a number of units.`
}

type Known = { id: string; variant: string; fromQuantity: number }

/** As the import of list prices takes them, one line each in the same order: what is there already is changed. */
export function importLines(
  rows: readonly PriceRow[],
  of: { list: string; variants: ReadonlyMap<string, string>; known: readonly Known[] },
): string {
  const keyOf = (variant: string, fromQuantity: number) => `${variant} ${fromQuantity}`
  const ids = new Map(of.known.map(({ id, variant, fromQuantity }) => [keyOf(variant, fromQuantity), id]))
  return rows
    .map(({ sku, price, fromQuantity }) => {
      const variant = of.variants.get(sku)!
      const id = ids.get(keyOf(variant, fromQuantity))
      return JSON.stringify({ ...(id !== undefined && { id }), list: of.list, variant, fromQuantity, price })
    })
    .join('\n')
}

export type ListState = 'on' | 'paused' | 'coming' | 'over'

export function listStateOf(
  { active, startsAt, endsAt }: { active: boolean | null; startsAt: string | null; endsAt: string | null },
  now: number,
): ListState {
  if (active !== true) return 'paused'
  if (endsAt !== null && Date.parse(endsAt) <= now) return 'over'
  return startsAt !== null && Date.parse(startsAt) > now ? 'coming' : 'on'
}
