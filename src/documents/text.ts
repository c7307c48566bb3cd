// Text on a page, in any script: which font has its characters, where a line breaks, where it stands. Arabic letters are joined by
// the font. Invariant: each glyph is one of a font that is embedded: what none has is shown as the replacement character, and stands
// unchanged in the XML.
import { fontsOf, type Weight } from './fonts.ts'
import { graphemes, inOrder, type Line, lineOf, partsOf, runsOf, sliceOf } from './lines.ts'

export type Style = { readonly size: number; readonly weight?: Weight; readonly color?: string }
export type Align = 'left' | 'right'

/** What of pdfkit's document is used here. */
export type Page = {
  registerFont(name: string, bytes: Buffer): unknown
  font(name: string): Page
  fontSize(size: number): Page
  fillColor(color: string): Page
  widthOfString(text: string): number
  text(text: string, x: number, y: number, options: object): unknown
  /** The one that was chosen last, as fontkit has it. */
  readonly _font: { readonly font: Glyphs }
}

type Glyphs = { hasGlyphForCodePoint(codePoint: number): boolean }
type Piece = { readonly text: string; readonly font: string; readonly width: number }
type Place = { readonly x: number; readonly y: number; readonly align?: Align }

const replacement = '\ufffd'
/** They only say how others are shown: marks of direction, variants of emoji. What parts letters in Persian stays. */
const unseen = /(?!\u200c)\p{Default_Ignorable_Code_Point}/gu

export type Typesetter = {
  /** What of it fits into each line. The last of `most` lines ends in an ellipsis where more is left. */
  lines(text: string, style: Style, room: { readonly within: number; readonly most?: number }): Line[]
  /** `y` is of the line on which letters stand. */
  draw(text: string | Line, style: Style, place: Place): void
}

export function createTypesetter(page: Page): Typesetter {
  const fonts = createFonts(page)

  /** Pieces from left to right, each of one font and one direction. */
  function piecesOf(line: Line, { size, weight = 'regular' }: Style): Piece[] {
    const measured = (text: string, font: string): Piece => ({ text, font, width: page.font(font).fontSize(size).widthOfString(text) })
    return inOrder(runsOf(line, (grapheme) => fonts.nameFor(grapheme, weight))).flatMap(({ text, font, level }) => {
      if (level % 2 === 0) return [measured(text, font)]
      // Fonts turn each word by itself: the order of the words is ours.
      const words = text.split(/( )/).filter((word) => word !== '')
      return words.toReversed().map((word) => measured(word, font))
    })
  }

  return {
    lines(text, style, { within, most = 6 }) {
      const whole = lineOf(fonts.showable(text, style.weight ?? 'regular').trim())
      return broken(whole, most, (line) => widthOf(piecesOf(line, style)) <= within)
    },
    draw(given, style, { x, y, align = 'left' }) {
      const line = typeof given === 'string' ? lineOf(fonts.showable(given, style.weight ?? 'regular')) : given
      const pieces = piecesOf(line, style)
      let at = align === 'right' ? x - widthOf(pieces) : x
      for (const { text, font, width } of pieces) {
        page
          .font(font)
          .fontSize(style.size)
          .fillColor(style.color ?? '#1d1d1b')
        if (text.trim() !== '') page.text(text, at, y, { lineBreak: false, baseline: 'alphabetic' })
        at += width
      }
    },
  }
}

const widthOf = (pieces: readonly Piece[]) => pieces.reduce((sum, { width }) => sum + width, 0)

/** Which font of the page has what. A font is read when it is first asked. */
function createFonts(page: Page) {
  const glyphs = new Map<string, Glyphs>()
  const known = new Map<string, string>()

  function covers({ name, bytes }: { readonly name: string; readonly bytes: Buffer }, grapheme: string): boolean {
    let one = glyphs.get(name)
    if (one === undefined) {
      page.registerFont(name, bytes)
      one = page.font(name)._font.font
      glyphs.set(name, one)
    }
    for (const character of grapheme) if (!one.hasGlyphForCodePoint(character.codePointAt(0)!)) return false
    return true
  }

  /** The first that has all of it; nothing when none does. */
  function find(grapheme: string, weight: Weight): string {
    const key = `${weight} ${grapheme}`
    const name = known.get(key) ?? fontsOf(weight).find((font) => covers(font, grapheme))?.name ?? ''
    known.set(key, name)
    return name
  }

  return {
    nameFor: (grapheme: string, weight: Weight) => find(grapheme, weight) || find(replacement, weight),
    /** Only characters that can be shown. */
    showable(text: string, weight: Weight): string {
      const plain = text
        .toWellFormed()
        .normalize('NFC')
        .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')
        .replaceAll(unseen, '')
      return [...graphemes.segment(plain)].map(({ segment }) => (find(segment, weight) === '' ? replacement : segment)).join('')
    },
  }
}

/** Between words, and within one that is longer than a line. */
function broken(whole: Line, most: number, fits: (line: Line) => boolean): Line[] {
  const found: Line[] = []
  let [from, at] = [0, 0]
  const has = (length: number) => fits(sliceOf(whole, from, at + length))
  const end = () => {
    if (at > from) found.push(sliceOf(whole, from, at))
    from = at
  }
  for (const part of partsOf(whole.text)) {
    const next = at + part.length
    const length = part.trimEnd().length
    if (!has(length)) {
      end()
      if (!has(length))
        for (const { segment } of graphemes.segment(part)) {
          if (at > from && !has(segment.length)) end()
          at += segment.length
        }
    }
    at = next
    if (found.length >= most) break
  }
  end()
  if (found.length <= most) return found
  const last = found[most - 1]!
  return [...found.slice(0, most - 1), { ...last, text: `${last.text.slice(0, -1)}\u2026` }]
}
