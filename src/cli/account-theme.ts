// The colours of the pages below /account out of the two that a project gives. Whatever they are, the pages can be read: text has
// the contrast that WCAG 2.2 asks for (4.5 to 1), by day and by night.
import type { AccountsConfig } from '../config/backend-config.ts'

type Rgb = readonly [red: number, green: number, blue: number]

const black: Rgb = [0, 0, 0]
const white: Rgb = [255, 255, 255]
/** What stands behind text in the console's styles, which the pages use: `--surface`, by day and by night. */
const surfaces = [white, [28, 29, 31]] as const
const contrastMin = 4.5

export function accountTheme({ accent, background }: Pick<AccountsConfig, 'accent' | 'background'>): string {
  const ground = background === undefined ? [] : [paper(parse(background))]
  return accent === undefined
    ? rule(':root', ground)
    : rule(':root', [...accentLines(parse(accent)), ...ground]) + buttonRules(parse(accent))
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
  const lines = (ground: Rgb) => ['border-color: var(--accent)', `background: ${written(ground)}`, `color: ${written(text)}`]
  return rule('.button.primary', lines(accent)) + rule('.button.primary:hover', lines(pointedAt))
}

function paper(background: Rgb): string {
  return `--paper: ${both(background, mix([14, 15, 16], background, 0.12))}`
}

function both(day: Rgb, night: Rgb): string {
  return `light-dark(${written(day)}, ${written(night)})`
}

/** As near to `color` as can be read there. */
function readableOn(ground: Rgb, color: Rgb): Rgb {
  const end = textOn(ground)
  const parts = Array.from({ length: 21 }, (_, step) => step / 20)
  const found = parts.map((part) => mix(color, end, part)).find((mixed) => contrast(mixed, ground) >= contrastMin)
  return found ?? end
}

function textOn(ground: Rgb): Rgb {
  return contrast(white, ground) >= contrast(black, ground) ? white : black
}

function parse(text: string): Rgb {
  return [1, 3, 5].map((start) => Number.parseInt(text.slice(start, start + 2), 16)) as unknown as Rgb
}

function written(color: Rgb): string {
  return `#${color.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`
}

function mix(from: Rgb, to: Rgb, part: number): Rgb {
  return from.map((value, index) => Math.round(value + (to[index]! - value) * part)) as unknown as Rgb
}

/** WCAG 2.2, "contrast ratio" and "relative luminance". */
function contrast(one: Rgb, other: Rgb): number {
  const [low, high] = [luminance(one), luminance(other)].toSorted((a, b) => a - b) as [number, number]
  return (high + 0.05) / (low + 0.05)
}

function luminance(color: Rgb): number {
  const [red, green, blue] = color.map((part) => {
    const share = part / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }) as unknown as Rgb
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
