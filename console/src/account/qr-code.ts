/** A text as a QR code that a telephone reads off the screen: dark on light, also where the page is dark. */

import { html, useMemo, type VNode } from '../../vendor/htm-preact.js'
import { encode } from '../../vendor/uqr.js'

/** ISO/IEC 18004 asks for a quiet zone of four modules. */
const border = 4

export function QrCode({ text, label }: { text: string; label: string }): VNode {
  const { size, path } = useMemo(() => draw(text), [text])
  return html`<svg class="sheet-qr" viewBox=${`0 0 ${size} ${size}`} role="img" aria-label=${label} shape-rendering="crispEdges"><path d=${path} /></svg>`
}

/** One square for each dark module. */
function draw(text: string): { size: number; path: string } {
  const { size, data } = encode(text, { ecc: 'M', border })
  const squares = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])))
  return { size, path: squares.join('') }
}
