/**
 * Owns book covers: the first picture of a book, or one made of type and a drawing, chosen by the book's slug, so that a book
 * always wears the same one. Invariant: a cover has its place before its picture is there.
 */
import { pictureUrl } from 'kingpost/client'
import { h } from './dom.ts'
import { createRandom, drawOrnament } from './ornaments.ts'

type Picture = { url: string; width?: number; height?: number }
export type Covered = { slug: string; title: string; author: string; kind: string; pictures?: readonly Picture[] }

type Shown = {
  /** At most, in pixels of the page. */
  width: number
  /** Left out where title and author stand beside it as text: readers of screens then skip it. */
  alt?: string
}

type Palette = { ground: string; text: string; accent: string; second: string }

/** Printed-cloth colours. `text` on `ground` keeps a contrast of 4.5 and more. */
const palettes: readonly Palette[] = [
  { ground: '#1f3a4d', text: '#f6ecd8', accent: '#e0a458', second: '#5f8a8b' },
  { ground: '#f1e4c8', text: '#2b2118', accent: '#b5432a', second: '#2f5d62' },
  { ground: '#8c2f26', text: '#fbeedb', accent: '#f0b67f', second: '#4a1512' },
  { ground: '#24402f', text: '#f3ead3', accent: '#c9b458', second: '#6f9a6b' },
  { ground: '#e9d8c3', text: '#33202a', accent: '#7d3c5c', second: '#c98a5a' },
  { ground: '#2a2438', text: '#f4ecf4', accent: '#c3a6d8', second: '#e07a5f' },
  { ground: '#d8a13c', text: '#2a1c0a', accent: '#7a2e1d', second: '#f5e3b3' },
  { ground: '#dfe5dc', text: '#1d2b2a', accent: '#3d6b63', second: '#d0803f' },
  { ground: '#16302f', text: '#eaf3ea', accent: '#7fc3a6', second: '#e8c468' },
  { ground: '#ad4325', text: '#fff4e6', accent: '#f6c995', second: '#5e1e0f' },
  { ground: '#f4efe4', text: '#1f2430', accent: '#31487a', second: '#c8553d' },
  { ground: '#31354a', text: '#f2efe6', accent: '#e5b9a0', second: '#8290b8' },
  { ground: '#e3b7a4', text: '#3a1a1a', accent: '#8f3434', second: '#f7e6d4' },
  { ground: '#4b2e1f', text: '#f7e9d0', accent: '#d99a4e', second: '#8a5a37' },
]

const layouts = ['poster', 'label', 'frame', 'foot', 'head', 'type'] as const

/** FNV-1a: spreads similar slugs far apart. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (const char of text) value = Math.imul(value ^ (char.codePointAt(0) ?? 0), 0x01000193)
  return value >>> 0
}

export function drawCover(book: Covered, shown: Shown): HTMLElement {
  const random = createRandom(hash(book.slug))
  const palette = palettes[Math.floor(random() * palettes.length)] ?? palettes[0]!
  const layout = layouts[Math.floor(random() * layouts.length)] ?? 'poster'
  const style = Object.entries(palette)
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(';')
  const [picture] = book.pictures ?? []
  if (picture !== undefined) return h('div', { class: 'cover', style }, photograph(picture, shown))
  const longestWord = Math.max(...book.title.split(/[\s-]+/).map((word) => word.length))
  return h(
    'div',
    { class: `cover cover-${layout}`, style, ...(shown.alt ? { role: 'img', 'aria-label': shown.alt } : { 'aria-hidden': 'true' }) },
    drawOrnament(book.kind, random),
    h(
      'div',
      { class: 'cover-words', 'data-size': sizeOf(book.title, longestWord) },
      h('span', { class: 'cover-title' }, book.title),
      h('span', { class: 'cover-author' }, book.author),
    ),
  )
}

/** As large as it is shown, and twice that for screens that have the pixels. */
function photograph({ url, width, height }: Picture, { width: w, alt = '' }: Shown): HTMLElement {
  const srcset = `${pictureUrl(url, { w: 2 * w })} 2x`
  return h('img', { class: 'cover-art', src: pictureUrl(url, { w }), srcset, width, height, alt, loading: 'lazy', decoding: 'async' })
}

/** Long titles and long words are set smaller, so that none is cut. */
function sizeOf(title: string, longestWord: number): 's' | 'm' | 'l' {
  if (title.length > 34 || longestWord > 11) return 's'
  return title.length > 16 || longestWord > 8 ? 'm' : 'l'
}
