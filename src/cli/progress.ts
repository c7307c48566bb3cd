// Progress of long commands: on a terminal one line that rewrites itself; a log gets none.
import { systemClock } from '../base/clock.ts'
import type { Part } from '../storage/archive/contents.ts'

const everyMs = 200

export type Progress = { readonly onPart: (part: Part) => void; done(): void; rows(): number; seconds(): number }

/** `verb`: what is being done, "Copied". `fraction`: how much of it all is done, where rows alone do not tell. */
export function createProgress(verb: string, fraction?: () => number): Progress {
  const startedAt = systemClock.monotonic()
  let shownAt = startedAt
  let section = ''
  let sectionTotal: number | null = null
  let sectionRows = 0
  let allRows = 0
  const seconds = () => (systemClock.monotonic() - startedAt) / 1000

  function show(): void {
    const part = sectionTotal ? sectionRows / sectionTotal : 0
    const whole = fraction?.()
    const rate = Math.round(allRows / Math.max(0.001, seconds()))
    const left =
      whole !== undefined && whole > 0
        ? (seconds() * (1 - whole)) / whole
        : sectionTotal
          ? (sectionTotal - sectionRows) / Math.max(1, rate)
          : 0
    const share = Math.min(100, Math.floor(100 * (whole ?? part)))
    const of = sectionTotal === null ? '' : ` of ${number(sectionTotal)}`
    const words = `${verb} ${section}: ${number(sectionRows)}${of} rows, ${share} %, ${number(rate)} rows/s, ${Math.ceil(left)} s left`
    process.stderr.write(`\r\u001b[K${words}`)
  }

  return {
    onPart(part) {
      if (part.kind === 'begin') {
        section = part.section
        sectionTotal = part.total
        sectionRows = 0
      } else if (part.kind === 'page') {
        sectionRows += part.rows.length
        allRows += part.rows.length
      }
      const now = systemClock.monotonic()
      if (!process.stderr.isTTY || now - shownAt < everyMs) return
      shownAt = now
      show()
    },
    done() {
      if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
    },
    rows: () => allRows,
    seconds,
  }
}

/** `1 session`, `2 sessions`. */
export function counted(count: number, noun: string): string {
  return `${number(count)} ${noun}${count === 1 ? '' : 's'}`
}

export function number(count: number): string {
  return count.toLocaleString('en-US')
}

export function bytes(count: number): string {
  if (count < 1_000_000) return `${(count / 1_000).toFixed(1)} kB`
  return count < 1_000_000_000 ? `${(count / 1_000_000).toFixed(1)} MB` : `${(count / 1_000_000_000).toFixed(2)} GB`
}
