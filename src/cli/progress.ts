// Progress of long commands, on standard error: on a terminal one line that rewrites itself, in a log a line every few seconds.
import { type Clock, systemClock } from '../base/clock.ts'
import type { Part } from '../storage/archive/contents.ts'

const everyMs = 200
const everyLoggedMs = 5_000

export type StatusLine = { tick(): void; done(): void; seconds(): number }

type Surroundings = { readonly clock: Pick<Clock, 'monotonic'>; readonly out: { readonly isTTY?: boolean; write(text: string): unknown } }

/** `words` are asked for whenever they are due. */
export function createStatusLine(
  words: () => string,
  { clock, out }: Surroundings = { clock: systemClock, out: process.stderr },
): StatusLine {
  const startedAt = clock.monotonic()
  let shownAt = startedAt
  return {
    tick() {
      const now = clock.monotonic()
      if (now - shownAt < (out.isTTY ? everyMs : everyLoggedMs)) return
      shownAt = now
      out.write(out.isTTY ? `\r\u001b[K${words()}` : `${words()}\n`)
    },
    done() {
      if (out.isTTY) out.write('\r\u001b[K')
    },
    seconds: () => (clock.monotonic() - startedAt) / 1000,
  }
}

export type Progress = { readonly onPart: (part: Part) => void; done(): void; rows(): number; seconds(): number }

/** `verb`: what is being done, "Copied". `fraction`: how much of it all is done, where rows alone do not tell. */
export function createProgress(verb: string, fraction?: () => number): Progress {
  const line = createStatusLine(words)
  let section = ''
  let sectionTotal: number | null = null
  let sectionRows = 0
  let allRows = 0
  const { done, seconds } = line

  function words(): string {
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
    return `${verb} ${section}: ${number(sectionRows)}${of} rows, ${share} %, ${number(rate)} rows/s, ${Math.ceil(left)} s left`
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
      line.tick()
    },
    done,
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
