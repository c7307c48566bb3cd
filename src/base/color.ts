// Colours of six digits, and what can be read on them.

export type Rgb = readonly [red: number, green: number, blue: number]

export const black: Rgb = [0, 0, 0]
export const white: Rgb = [255, 255, 255]

export function eachPart([red, green, blue]: Rgb, change: (part: number, index: number) => number): Rgb {
  return [change(red, 0), change(green, 1), change(blue, 2)]
}

/** Black or white: the one that is read more easily. */
export function textOn(ground: Rgb): Rgb {
  return contrast(white, ground) >= contrast(black, ground) ? white : black
}

export function parseColor(text: string): Rgb {
  const part = (start: number) => Number.parseInt(text.slice(start, start + 2), 16)
  return [part(1), part(3), part(5)]
}

export function writtenColor(color: Rgb): string {
  return `#${color.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`
}

/** WCAG 2.2, "contrast ratio" and "relative luminance". */
export function contrast(one: Rgb, other: Rgb): number {
  const [low, high] = [luminance(one), luminance(other)].toSorted((a, b) => a - b) as [number, number]
  return (high + 0.05) / (low + 0.05)
}

function luminance(color: Rgb): number {
  const [red, green, blue] = eachPart(color, (part) => {
    const share = part / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** As near to `color` as can be read on `ground`. */
export function readableOn(ground: Rgb, color: Rgb): Rgb {
  const end = textOn(ground)
  const parts = Array.from({ length: 21 }, (_, step) => step / 20)
  const found = parts.map((part) => mix(color, end, part)).find((mixed) => contrast(mixed, ground) >= contrastMin)
  return found ?? end
}
/** WCAG 2.2, of text. */
const contrastMin = 4.5

export function mix(from: Rgb, to: Rgb, part: number): Rgb {
  return eachPart(from, (value, index) => Math.round(value + (to[index]! - value) * part))
}
