/**
 * Owns the drawings on covers: one per kind of book, varied by a seeded generator so that no two books of a kind look
 * alike and each looks the same every day. Drawn on a field of 100 by 150; colours are the cover's own variables.
 */
import { svg } from './dom.ts'

export type Random = () => number
type Ornament = (random: Random) => SVGElement[]

/** Mulberry32: small, even, and the same in every browser. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

const ink = 'var(--accent)'
const second = 'var(--second)'

function times<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i))
}
function between(random: Random, low: number, high: number): number {
  return low + random() * (high - low)
}
function circle(cx: number, cy: number, r: number, fill: string, more: object = {}): SVGElement {
  return svg('circle', { cx, cy, r, fill, ...more })
}
function path(d: string, more: object): SVGElement {
  return svg('path', { d, fill: 'none', ...more })
}

/** Sea under a low sun. */
const waves: Ornament = (random) => {
  const sunX = between(random, 25, 75)
  const rows = times(9, (i) => {
    const y = 74 + i * 10
    const shift = between(random, -12, 0)
    const d = `M${shift - 20} ${y}${' q7 -7 14 0 t14 0'.repeat(6)} V150 H-20z`
    return svg('path', { d, fill: i % 2 ? ink : second, opacity: 0.28 + i * 0.05 })
  })
  return [circle(sunX, 58, between(random, 17, 24), ink), ...rows]
}

/** Moon, pointed windows, crows. */
const nocturne: Ornament = (random) => {
  const count = random() < 0.5 ? 3 : 5
  const width = 100 / count
  const arches = times(count, (i) => {
    const top = between(random, 72, 100)
    const x = i * width + width * 0.14
    const w = width * 0.72
    const d = `M${x} 150V${top + w}q0 ${-w * 0.7} ${w / 2} ${-w}q${w / 2} ${w * 0.3} ${w / 2} ${w}V150z`
    return svg('path', { d, fill: i % 2 ? second : ink, opacity: 0.85 })
  })
  const x = between(random, 30, 70)
  const bite = random() < 0.5 ? -7 : 7
  return [circle(x, 40, 18, ink), circle(x + bite, 36, 16, 'var(--ground)'), ...arches]
}

/** Planets on their rings. */
const orbits: Ornament = (random) => {
  const cx = between(random, 25, 75)
  const cy = between(random, 60, 95)
  const tilt = between(random, -40, 40)
  const turned = { transform: `rotate(${tilt} ${cx} ${cy})` }
  const rings = times(6, (i) =>
    svg('ellipse', {
      cx,
      cy,
      rx: 18 + i * 13,
      ry: 7 + i * 7,
      fill: 'none',
      stroke: ink,
      'stroke-width': 0.9,
      ...turned,
    }),
  )
  const planets = times(5, (i) => {
    const angle = random() * Math.PI * 2
    const x = cx + (18 + i * 13) * Math.cos(angle)
    const y = cy + (7 + i * 7) * Math.sin(angle)
    return circle(x, y, between(random, 2, 5), i % 2 ? second : ink, turned)
  })
  const stars = times(26, () => circle(random() * 100, random() * 150, between(random, 0.3, 0.9), ink, { opacity: 0.8 }))
  return [...stars, ...rings, circle(cx, cy, 11, second), ...planets]
}

/** One stem and its leaves. */
const leaves: Ornament = (random) => {
  const lean = between(random, -14, 14)
  const stem = path(`M50 155Q${50 + lean} 100 ${50 - lean} 38`, {
    stroke: ink,
    'stroke-width': 1.4,
  })
  const blades = times(14, (i) => {
    const t = i / 14
    const x = (1 - t) ** 2 * 50 + 2 * t * (1 - t) * (50 + lean) + t * t * (50 - lean)
    const y = (1 - t) ** 2 * 150 + 2 * t * (1 - t) * 100 + t * t * 40
    const size = 30 - t * 15
    const angle = (i % 2 ? 35 : 145) + between(random, -12, 12)
    const d = `M0 0q${size * 0.5} ${-size * 0.42} ${size} 0q${-size * 0.5} ${size * 0.42} ${-size} 0z`
    const fill = random() < 0.3 ? second : ink
    return svg('path', { d, fill, transform: `translate(${x} ${y}) rotate(${-angle})` })
  })
  return [stem, ...blades, circle(50 - lean, 36, 4, second)]
}

/** Circles within circles. */
const ripples: Ornament = (random) => {
  const cx = between(random, 20, 80)
  const cy = between(random, 70, 110)
  const step = between(random, 5, 8)
  const rings = times(12, (i) =>
    circle(cx, cy, 5 + i * step, 'none', {
      stroke: i % 4 === 1 ? second : ink,
      'stroke-width': i % 4 === 1 ? 2.4 : 1,
    }),
  )
  return [...rings, circle(cx, cy, 3, ink)]
}

/** The curtain and the boards. */
const curtain: Ornament = (random) => {
  const count = 7 + Math.floor(random() * 4)
  const width = 100 / count
  const folds = times(count, (i) => {
    const x = i * width
    const drop = 92 + 34 * Math.abs((i + 0.5) / count - 0.5) * 2
    const d = `M${x} 0V${drop}q${width / 2} 9 ${width} 0V0z`
    return svg('path', { d, fill: i % 2 ? ink : second, opacity: 0.9 })
  })
  return [...folds, svg('ellipse', { cx: 50, cy: 144, rx: 34, ry: 7, fill: ink, opacity: 0.5 })]
}

/** Bright blocks, as from a box of bricks. */
const bricks: Ornament = (random) =>
  times(24, (i) => {
    const x = (i % 4) * 25
    const y = Math.floor(i / 4) * 25
    const fill = random() < 0.5 ? ink : second
    const turned = { transform: `rotate(${Math.floor(random() * 4) * 90} ${x + 12.5} ${y + 12.5})` }
    const shape = random()
    if (shape < 0.3) return circle(x + 12.5, y + 12.5, 9.5, fill)
    if (shape < 0.65) {
      return svg('path', { d: `M${x} ${y}h25a25 25 0 0 1-25 25z`, fill, ...turned })
    }
    if (shape < 0.85) return svg('path', { d: `M${x} ${y + 25}L${x + 25} ${y}v25z`, fill, ...turned })
    return circle(x + 12.5, y + 12.5, 3.5, fill)
  })

/** A figure of reasoned lines. */
const geometry: Ornament = (random) => {
  const points = 5 + Math.floor(random() * 5)
  const turn = random() * Math.PI
  const at = (i: number) => {
    const angle = turn + (i / points) * Math.PI * 2
    return [50 + 36 * Math.cos(angle), 82 + 36 * Math.sin(angle)] as const
  }
  const chords = times(points, (i) =>
    times(points - 1, (j) => {
      const [x1, y1] = at(i)
      const [x2, y2] = at((i + j + 1) % points)
      return path(`M${x1} ${y1}L${x2} ${y2}`, { stroke: ink, 'stroke-width': 0.7 })
    }),
  ).flat()
  const corners = times(points, (i) => circle(...at(i), 2.6, second))
  return [circle(50, 82, 36, 'none', { stroke: ink, 'stroke-width': 1.2 }), ...chords, ...corners]
}

/** Roads over hills. */
const hills: Ornament = (random) => {
  const ridges = times(5, (i) => {
    const y = 66 + i * 17
    const a = between(random, -16, 16)
    const d = `M0 ${y}C30 ${y - a - 8} 60 ${y + a} 100 ${y - a / 2}V150H0z`
    return svg('path', { d, fill: i % 2 ? second : ink, opacity: 0.4 + i * 0.13 })
  })
  return [circle(between(random, 20, 80), 44, 12, second), ...ridges]
}

/** Tall rooms with a light on. */
const windows: Ornament = (random) => {
  const lit = Math.floor(random() * 20)
  return times(20, (i) => {
    const x = 10 + (i % 4) * 21
    const y = 36 + Math.floor(i / 4) * 23
    const fill = i === lit || random() < 0.16 ? second : ink
    return svg('rect', { x, y, width: 16, height: 18, fill, opacity: fill === ink ? 0.55 : 1 })
  })
}

/** Woven lines, as on cloth. */
const weave: Ornament = (random) => {
  const turn = random() < 0.5 ? 45 : -45
  return times(16, (i) =>
    svg('rect', {
      x: -60 + i * 14,
      y: -60,
      width: between(random, 1, 9),
      height: 270,
      fill: random() < 0.3 ? second : ink,
      opacity: 0.8,
      transform: `rotate(${turn} 50 75)`,
    }),
  )
}

const byCategory: Record<string, readonly Ornament[]> = {
  adventure: [waves, hills],
  'gothic-and-mystery': [nocturne],
  'science-fiction-and-fantasy': [orbits],
  'nature-and-science': [leaves, orbits],
  poetry: [ripples, leaves],
  plays: [curtain],
  'childrens-classics': [bricks],
  'philosophy-and-politics': [geometry],
  'lives-and-travels': [hills],
  'short-stories': [weave, ripples],
  novels: [windows, weave, leaves, ripples, hills],
}

export function drawOrnament(category: string, random: Random): SVGElement {
  const kinds = byCategory[category] ?? [weave]
  const draw = kinds[Math.floor(random() * kinds.length)] ?? weave
  const frame = { class: 'cover-art', viewBox: '0 0 100 150', preserveAspectRatio: 'xMidYMid slice', 'aria-hidden': 'true' }
  return svg('svg', frame, draw(random))
}
