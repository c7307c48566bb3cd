// What is owed to tax offices for some days: by the country that the goods went to, and by rate. The same amounts as the ledger's.
import { Type } from '../../contract/type.ts'
import { bigSumOf, bigSums } from '../../storage/sums-by.ts'
import { salesEntries } from '../ledger/collections.ts'
import { moneySum, toldSum } from '../ledger/money-sum.ts'
import { defineFigure } from './define-figure.ts'
import { periodInput, periodOf, periodOutput, postedIn } from './period.ts'

const shape = {
  country: Type.String(),
  ratePpm: Type.Integer({ description: 'In parts per million: 190000 is 19 %.' }),
  currency: Type.String(),
  netSold: moneySum('Without tax.'),
  taxSold: moneySum('On that.'),
  netBack: moneySum('Given back or canceled in these days.'),
  taxBack: moneySum('On that.'),
  net: moneySum('What is left.'),
  tax: moneySum('What is owed.'),
}

/** `GET /api/figures/taxes` */
export const taxFigures = defineFigure({
  name: 'taxes',
  summary: 'Taxes of what was sold, by country and rate',
  input: Type.Object(periodInput, { additionalProperties: false }),
  output: Type.Object({ ...periodOutput, items: Type.Array(Type.Object(shape)) }, { title: 'TaxFigures' }),
  columns: Object.keys(shape),
  async run({ read, input, project }) {
    const { from, to, timeZone, days, end } = periodOf(project, input)
    const groups = await read.group(salesEntries, {
      where: postedIn(days[0]!.begin, end),
      by: ['country', 'ratePpm', 'currency', 'kind'],
      measures: bigSums(['net', 'tax']),
    })
    const items = [...Map.groupBy(groups, ({ key }) => key.slice(0, 3).join(' ')).values()].map((of) => {
      const [country, ratePpm, currency] = of[0]!.key as [string, number, string]
      const sum = (at: number, isSold: boolean) =>
        of.reduce((all, { key, values }) => all + ((key[3] === 'order.recognized') === isSold ? bigSumOf(values[at]) : 0n), 0n)
      const amount = (minor: bigint) => toldSum(minor, currency)
      const [netSold, taxSold, netBack, taxBack] = [sum(0, true), sum(1, true), sum(0, false), sum(1, false)] as const
      return {
        country,
        ratePpm,
        currency,
        netSold: amount(netSold),
        taxSold: amount(taxSold),
        netBack: amount(-netBack),
        taxBack: amount(-taxBack),
        net: amount(netSold + netBack),
        tax: amount(taxSold + taxBack),
      }
    })
    return { from, to, timeZone, items: items.toSorted(compare) }
  },
})

type Item = { readonly country: string; readonly ratePpm: number; readonly currency: string }
function compare(a: Item, b: Item): number {
  return a.country === b.country ? b.ratePpm - a.ratePpm || (a.currency < b.currency ? -1 : 1) : a.country < b.country ? -1 : 1
}
