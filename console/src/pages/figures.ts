/** What was sold in some days: a chart by day, and tables by what staff look for. The range is in the address of the page. */
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { type Bar, barsOf, type DayRange, type Preset, presetOf, presets, rangeOf, scaleOf, todayIn } from '../figures.ts'
import { formatMoney, humanize } from '../format.ts'
import { useLoad } from '../loading.ts'
import { recordPath } from '../routes.ts'
import { useWorkspace } from '../schema.ts'
import type { CustomerFigures, SalesFigures, SalesRow, SalesSums, StockFigures, StockRow, TaxFigures, TaxRow } from '../shapes.ts'
import { Amount, Card, Empty, ErrorNote, PageHead, Skeleton, textOf } from '../ui/parts.ts'
import { type Column, Table } from '../ui/table.ts'

const bys = ['product', 'category', 'country', 'channel'] as const
type By = (typeof bys)[number]
const rowsMax = 25

interface Found {
  days: SalesFigures
  parts: SalesFigures
  taxes: TaxFigures
  customers: CustomerFigures
  stock: StockFigures
}

const ask = <T>(path: string, signal: AbortSignal) => client.call<T>('GET', `/api/figures/${path}`, { signal })

async function loadFigures({ from, to }: DayRange, by: By, signal: AbortSignal): Promise<Found> {
  const days = new URLSearchParams({ from, to })
  const [sales, parts, taxes, customers, stock] = await Promise.all([
    ask<SalesFigures>(`sales?${days}`, signal),
    ask<SalesFigures>(`sales?${days}&by=${by}&limit=${rowsMax}`, signal),
    ask<TaxFigures>(`taxes?${days}`, signal),
    ask<CustomerFigures>(`customers?${days}`, signal),
    ask<StockFigures>('stock', signal),
  ])
  return { days: sales, parts, taxes, customers, stock }
}

const isDay = (text: string | null) => text !== null && /^\d{4}-\d\d-\d\d$/.test(text)

function asked(today: string): { range: DayRange; by: By } {
  const query = new URLSearchParams(location.search)
  const [from, to, by] = [query.get('from'), query.get('to'), query.get('by')]
  const range = isDay(from) && isDay(to) ? { from: from!, to: to! } : rangeOf('last_30_days', today)
  return { range, by: bys.find((one) => one === by) ?? 'product' }
}

export function FiguresPage(): VNode {
  // The figures count days of the shop, wherever the browser is.
  const today = todayIn(useWorkspace().timeZone, new Date())
  const [{ range, by }, setAsked] = useState(() => asked(today))
  const { from, to } = range
  const isRange = isDay(from) && isDay(to) && from <= to
  const loaded = useLoad(`figures ${from} ${to} ${by}`, (signal) =>
    isRange ? loadFigures(range, by, signal) : Promise.reject(new Error()),
  )
  const choose = (next: { range: DayRange; by: By }) => {
    setAsked(next)
    history.replaceState(null, '', `${location.pathname}?${new URLSearchParams({ ...next.range, by: next.by })}`)
  }
  return html`
    <${PageHead} title="Figures" />
    <${Range} range=${range} today=${today} onChange=${(next: DayRange) => choose({ range: next, by })} />
    ${!isRange && html`<p class="note bad" role="alert">The first day is not after the last one.</p>`}
    ${isRange && html`<${ErrorNote} error=${loaded.error} retry=${loaded.reload} />`}
    ${isRange && !loaded.data && !loaded.error && html`<div class="card"><${Skeleton} lines=${8} /></div>`}
    ${isRange && loaded.data && html`<${Shown} found=${loaded.data} by=${by} onBy=${(next: By) => choose({ range, by: next })} />`}
  `
}

type RangeProps = { range: DayRange; today: string; onChange: (range: DayRange) => void }

function Range({ range, today, onChange }: RangeProps): VNode {
  const preset = presetOf(range, today)
  return html`<form class="range" aria-label="Days" onSubmit=${(event: Event) => event.preventDefault()}>
    <${Chips} label="Often asked for" options=${presets} value=${preset} onChange=${(one: Preset) => onChange(rangeOf(one, today))} />
    <div class="range-days">
      <label for="figures-from">From</label>
      <input id="figures-from" type="date" value=${range.from} max=${range.to} onChange=${(event: Event) => onChange({ ...range, from: textOf(event) })} />
      <label for="figures-to">to</label>
      <input id="figures-to" type="date" value=${range.to} min=${range.from} onChange=${(event: Event) => onChange({ ...range, to: textOf(event) })} />
    </div>
  </form>`
}

function Shown({ found, by, onBy }: { found: Found; by: By; onBy: (by: By) => void }): VNode {
  const { days, parts, taxes, customers, stock } = found
  const query = new URLSearchParams({ from: days.from, to: days.to })
  const file = (name: string, more = '') => `/api/figures/${name}/export?${query}${more}`
  return html`<div class="stack">
    ${
      days.totals.length === 0
        ? html`<${Empty} icon="figures" title="Nothing was sold in these days">Choose others above.<//>`
        : days.totals.map((sums) => html`<${Currency} key=${sums.currency} sums=${sums} days=${days} customers=${customers} />`)
    }
    ${
      days.totals.length > 0 &&
      html`<${Card} title="By what was sold" flush aside=${html`<${Csv} href=${file('sales', `&by=${by}`)} of=${by} />`}>
        <div class="block"><${Chips} label="By" options=${bys} value=${by} onChange=${onBy} /></div>
        <div class="list"><${Table} label="By what was sold" columns=${partColumns(by)} items=${withIds(parts.items)} /></div>
        ${parts.rows > parts.items.length && html`<footer class="list-foot"><span class="faint">${parts.rows - parts.items.length} more in the file</span></footer>`}
      <//>
      <${Card} title="Taxes" flush aside=${html`<${Csv} href=${file('taxes')} of="taxes" />`}>
        <div class="list"><${Table} label="Taxes" columns=${taxColumns} items=${withIds(taxes.items)} /></div>
      <//>`
    }
    ${
      stock.items.length > 0 &&
      html`<${Card} title="Stock now" flush aside=${html`<${Csv} href="/api/figures/stock/export" of="stock" />`}>
        <div class="list"><${Table} label="Stock now" columns=${stockColumns} items=${withIds(stock.items)} /></div>
      <//>`
    }
  </div>`
}

const withIds = <T>(items: readonly T[]) => items.map((item, index) => ({ ...item, id: String(index) }))

function Csv({ href, of }: { href: string; of: string }): VNode {
  return html`<a class="button small" href=${href} download aria-label=${`CSV: ${humanize(of).toLowerCase()}`}>CSV</a>`
}

/** One of them is on. */
function Chips<T extends string>(props: { label: string; options: readonly T[]; value: string; onChange: (one: T) => void }): VNode {
  return html`<div class="filter-chips" role="group" aria-label=${props.label}>
    ${props.options.map(
      (one) => html`<button key=${one} type="button" class="filter-chip" aria-pressed=${props.value === one ? 'true' : 'false'}
        onClick=${() => props.onChange(one)}>${humanize(one)}</button>`,
    )}
  </div>`
}

/** What was sold in one currency: they are never summed. */
function Currency({ sums, days, customers }: { sums: SalesSums; days: SalesFigures; customers: CustomerFigures }): VNode {
  const { currency, gross, refunds, canceled, net, tax, orders, units, averageOrder, discount, shipping } = sums
  const [who] = customers.items
  const back = { amount: refunds.amount + canceled.amount, currency }
  const isOnly = days.totals.length === 1
  const facts: readonly (readonly [string, string])[] = [
    ['Sold', formatMoney(gross)],
    ['Given back', formatMoney(back)],
    ['Net', formatMoney(net)],
    ['Tax', formatMoney(tax)],
    ['Orders', String(orders ?? 0)],
    ['Average order', averageOrder === null ? '–' : formatMoney(averageOrder)],
    ['Units', String(units)],
    ['Discounts', formatMoney(discount)],
    ['Shipping', formatMoney(shipping)],
    ...(isOnly && who ? [['Customers', `${who.customers}, of whom ${who.returning} came back`] as const] : []),
  ]
  const query = new URLSearchParams({ from: days.from, to: days.to })
  return html`<${Card} title=${isOnly ? 'Sales' : `Sales in ${currency}`} aside=${html`<${Csv} href=${`/api/figures/sales/export?${query}`} of="days" />`}>
    <dl class="figures">
      ${facts.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}
    </dl>
    <${Chart} bars=${barsOf(days, days.items, currency)} currency=${currency} />
    <p class="faint small">Days are those of ${days.timeZone}. What is given back counts on the day it was given back.</p>
  <//>`
}

const [width, height] = [640, 180]

/** Sold upwards, given back below the line. Each bar says its days and amounts; the table of days is in the CSV. */
function Chart({ bars, currency }: { bars: readonly Bar[]; currency: string }): VNode {
  const most = scaleOf(Math.max(0, ...bars.map(({ gross }) => gross)), currency)
  const least = Math.max(0, ...bars.map(({ back }) => back))
  const whole = most + least
  const y = (amount: number) => (height * (most - amount)) / whole
  const step = width / bars.length
  const sum = bars.reduce((all, { gross }) => all + gross, 0)
  const money = (amount: number) => formatMoney({ amount, currency })
  const best = bars.reduce((a, b) => (b.gross > a.gross ? b : a), bars[0]!)
  const label = `Sales by day: ${money(sum)} in all, the most ${money(best.gross)} on ${daysOf(best)}`
  return html`<figure class="chart">
    <figcaption class="chart-scale"><span>${money(most)}</span></figcaption>
    <svg viewBox=${`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label=${label}>
      <line class="chart-line" x1="0" x2=${width} y1="0.5" y2="0.5" />
      ${bars.map((bar, index) => {
        const x = index * step + step * 0.12
        return html`<g key=${bar.from}>
          <title>${`${daysOf(bar)}: ${money(bar.gross)} of ${bar.orders} orders, ${money(bar.back)} given back`}</title>
          <rect class="chart-all" x=${index * step} y="0" width=${step} height=${height} />
          <rect class="chart-sold" x=${x} y=${y(bar.gross)} width=${step * 0.76} height=${(height * bar.gross) / whole} />
          <rect class="chart-back" x=${x} y=${y(0)} width=${step * 0.76} height=${(height * bar.back) / whole} />
        </g>`
      })}
      <line class="chart-line" x1="0" x2=${width} y1=${y(0)} y2=${y(0)} />
    </svg>
    <div class="chart-days faint small"><span>${bars[0]!.from}</span><span>${bars.at(-1)!.to}</span></div>
  </figure>`
}

function daysOf({ from, to }: Bar): string {
  return from === to ? from : `${from} to ${to}`
}

const amountColumn = <T>(key: keyof T & string, label: string): Column<T & { id: string }> => ({
  key,
  label,
  numeric: true,
  render: (row) => html`<${Amount} money=${row[key]} />`,
})

function partColumns(by: By): readonly Column<SalesRow & { id: string }>[] {
  return [
    { key: 'title', label: humanize(by), place: 'lead', render: (row) => nameOf(row, by) },
    amountColumn<SalesRow>('gross', 'Sold'),
    { key: 'units', label: 'Units', numeric: true, render: (row) => String(row.units) },
    {
      key: 'back',
      label: 'Given back',
      numeric: true,
      render: (row) => html`<${Amount} money=${{ amount: row.refunds.amount + row.canceled.amount, currency: row.currency }} />`,
    },
    amountColumn<SalesRow>('net', 'Net'),
    amountColumn<SalesRow>('tax', 'Tax'),
  ]
}

function nameOf({ key, title }: SalesRow, by: By): VNode | string {
  if (by === 'country' || by === 'channel') return key ?? ''
  if (key === null) return 'In no category'
  if (key === 'shipping') return 'Shipping'
  const collection = by === 'product' ? 'products' : 'categories'
  return html`<a href=${recordPath(collection, key)}>${title ?? 'Deleted'}</a>`
}

const taxColumns: readonly Column<TaxRow & { id: string }>[] = [
  { key: 'country', label: 'Country', place: 'lead', render: ({ country, ratePpm }) => `${country}, ${ratePpm / 10_000} %` },
  amountColumn<TaxRow>('net', 'Net'),
  amountColumn<TaxRow>('tax', 'Tax'),
  amountColumn<TaxRow>('netBack', 'Given back, net'),
  amountColumn<TaxRow>('taxBack', 'Given back, tax'),
]

const stockColumns: readonly Column<StockRow & { id: string }>[] = [
  { key: 'location', label: 'Place', place: 'lead', render: ({ location: place }) => place },
  amountColumn<StockRow>('value', 'Value'),
  { key: 'units', label: 'Units', numeric: true, render: ({ units }) => String(units) },
  { key: 'unitsAtPrice', label: 'Of these at their price', numeric: true, render: ({ unitsAtPrice }) => String(unitsAtPrice) },
]
