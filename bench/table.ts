/**
 * Owns how results are printed: one aligned table that is Markdown too, so that it can be pasted into RESULTS.md.
 * What was not measured prints as a dash, never as a zero.
 */

const NOT_MEASURED = '–'

/** Lays out rows under a heading; the first column reads from the left, the others are numbers and stand right. */
export function renderTable(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heading.map((title, column) => Math.max(3, title.length, ...rows.map((row) => (row[column] ?? '').length)))
  const line = (cells: readonly string[]) => `| ${widths.map((width, column) => pad(cells[column] ?? '', width, column)).join(' | ')} |`
  const rule = `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  return [line(heading), rule, ...rows.map(line)].join('\n')
}

function pad(text: string, width: number, column: number): string {
  return column === 0 ? text.padEnd(width) : text.padStart(width)
}

/** A rate or a count in whole numbers with thousands apart: 32,100. */
export function formatCount(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return NOT_MEASURED
  return Math.round(value).toLocaleString('en-US')
}

/** A number with a fixed number of decimals: 0.61. */
export function formatDecimal(value: number | undefined, decimals: number): string {
  if (value === undefined || !Number.isFinite(value)) return NOT_MEASURED
  return value.toFixed(decimals)
}
