// A figure: one answer in JSON, and the same rows as CSV.
import { Readable } from 'node:stream'
import { staff } from '../../access/rule.ts'
import type { Money } from '../../base/money.ts'
import type { Static, TSchema } from '../../contract/type.ts'
import { Type } from '../../contract/type.ts'
import { type Operation, type QueryContext, query } from '../../operation/define.ts'
import { lineOfCells } from '../../records/csv.ts'
import { decimal } from '../ledger/datev.ts'

export type Cell = string | number | Money | null
type Row = Readonly<Record<string, Cell>>

type Figure<TInput extends TSchema, TOutput extends TSchema> = {
  /** `sales`: `GET /api/figures/sales`. */
  readonly name: string
  readonly summary: string
  readonly input: TInput
  readonly output: TOutput
  /** Of the items, which are the rows of the CSV. */
  readonly columns: readonly string[]
  /** `isWhole`: no row is left out. */
  readonly run: (context: QueryContext<Static<TInput>>, isWhole: boolean) => Promise<Static<TOutput> & { readonly items: readonly Row[] }>
}

/** `GET /api/figures/{name}`, and `GET /api/figures/{name}/export`. */
export function defineFigure<TInput extends TSchema, TOutput extends TSchema>(figure: Figure<TInput, TOutput>): Operation[] {
  const { name, summary, input, columns } = figure
  const shared = { tag: 'Figures', input, access: staff, errors: [] as const }
  return [
    query({
      ...shared,
      name: `figures.${name}`,
      route: `GET /api/figures/${name}`,
      summary,
      output: figure.output,
      run: async (context) => ({ output: await figure.run(context, false) }),
    }),
    query({
      ...shared,
      name: `figures.${name}Export`,
      route: `GET /api/figures/${name}/export`,
      summary: `${summary}, as CSV`,
      isPresented: true,
      mediaType: 'text/csv',
      output: Type.String(),
      async run(context) {
        const { items } = await figure.run(context, true)
        const lines = [[...columns], ...items.map((item) => columns.map((column) => textOf(item[column] ?? null)))].map(lineOfCells)
        return {
          output: null as never,
          content: { size: null, open: async () => Readable.from(lines) },
          headers: {
            'content-type': 'text/csv; charset=utf-8',
            'content-disposition': `attachment; filename="${name}.csv"`,
          },
        }
      },
    }),
  ]
}

/** Amounts have the decimals of their currency, which is a column of its own. */
function textOf(cell: Cell): string | number | null {
  return typeof cell === 'object' && cell !== null ? decimal(cell.amount, cell.currency, '.') : cell
}
