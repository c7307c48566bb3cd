/** Owns docs/reference/limits.md: the page is made from the limits and the reasons that stand beside them. */
import { limits } from '../src/base/limits.ts'
import { ratchets } from './tidy-ratchets.ts'
import { worstRequests } from './worst-requests.ts'

export const limitsPath = 'docs/reference/limits.md'

/** `source` is the text of src/base/limits.ts: a reason is the comment right before its limit. */
export function limitsPage(source: string): string {
  const reasons = new Map([...source.matchAll(/\/\*\* ([^\n]+?) \*\/\n {2}(\w+):/g)].map(({ 1: reason, 2: name }) => [name!, reason!]))
  const rows = Object.entries(limits)
    .filter(([name]) => !ratchets.unkeptLimits.includes(name))
    .map(([name, value]) => `| \`${name}\` | ${inWords(name, value)} | ${reasons.get(name) ?? ''} |`)
  return `# Limits

<!-- Made from src/base/limits.ts by \`node scripts/check-docs.ts --write\`. -->

The limits that a caller or an operator can meet, with the reason where the name does not say it. They are not settings: raising one is a change of code
that keeps the assertions at the end of that file true.

| limit | value | why |
|---|---|---|
${rows.join('\n')}

${worstRequests}`
}

const units: readonly (readonly [number, string])[] = [
  [86_400_000, 'days'],
  [3_600_000, 'hours'],
  [60_000, 'minutes'],
  [1_000, 'seconds'],
]

/** The unit stands last in the name, before `Min` or `Max`. */
function inWords(name: string, value: number): string {
  if (/Bytes(?:Min|Max)?$/.test(name)) return value >= 1_048_576 ? `${value / 1_048_576} MiB` : `${value.toLocaleString('en')} bytes`
  if (!/Ms(?:Min|Max)?$/.test(name)) return value.toLocaleString('en')
  const [size, unit] = units.find(([one]) => value >= one && value % one === 0) ?? [1, 'ms']
  return `${value / size} ${value === size && size > 1 ? unit.slice(0, -1) : unit}`
}
