// The colours of the pages below /account out of the two that a project gives. Whatever they are, the pages can be read: text has
// the contrast that WCAG 2.2 asks for (4.5 to 1), by day and by night.
import { black, mix, parseColor, type Rgb, readableOn, textOn, white, writtenColor } from '../base/color.ts'
import type { AccountsConfig } from '../config/backend-config.ts'

/** What stands behind text in the console's styles, which the pages use: `--surface`, by day and by night. */
const surfaces = [white, [28, 29, 31]] as const

export function accountTheme({ accent, background }: Pick<AccountsConfig, 'accent' | 'background'>): string {
  const ground = background === undefined ? [] : [paper(parseColor(background))]
  return accent === undefined
    ? rule(':root', ground)
    : rule(':root', [...accentLines(parseColor(accent)), ...ground]) + buttonRules(parseColor(accent))
}

function rule(selector: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${selector} {\n${lines.map((line) => `  ${line};\n`).join('')}}\n`
}

/** Of links and marks: as near to the accent as can be read. */
function accentLines(accent: Rgb): string[] {
  const [day, night] = surfaces.map((surface) => readableOn(surface, accent)) as [Rgb, Rgb]
  return [`--accent: ${both(day, night)}`, `--accent-soft: ${both(mix(surfaces[0], day, 0.12), mix(surfaces[1], night, 0.2))}`]
}

/** The accent as it is, with the text that can be read on it; the edge can be seen on any ground. */
function buttonRules(accent: Rgb): string {
  const text = textOn(accent)
  const pointedAt = mix(accent, text === white ? black : white, 0.18)
  const lines = (ground: Rgb) => ['border-color: var(--accent)', `background: ${writtenColor(ground)}`, `color: ${writtenColor(text)}`]
  return rule('.button.primary', lines(accent)) + rule('.button.primary:hover', lines(pointedAt))
}

function paper(background: Rgb): string {
  return `--paper: ${both(background, mix([14, 15, 16], background, 0.12))}`
}

function both(day: Rgb, night: Rgb): string {
  return `light-dark(${writtenColor(day)}, ${writtenColor(night)})`
}
