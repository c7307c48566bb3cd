// The nearest name to one that does not exist, for messages to whoever mistyped it.

/** `; did you mean "author"?` when one is close, else nothing. */
export function nearest(name: string, candidates: Iterable<string>): string {
  const scored = [...candidates].map((candidate) => ({ candidate, distance: distance(name.toLowerCase(), candidate.toLowerCase()) }))
  const best = scored.toSorted((a, b) => a.distance - b.distance)[0]
  return best && best.distance < name.length && best.distance <= Math.max(2, Math.floor(name.length / 3))
    ? `; did you mean "${best.candidate}"?`
    : ''
}

/** Levenshtein's distance. Of a very long name only the beginning counts: it is near to nothing anyway. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= Math.min(a.length, 100); i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    row = next
  }
  return row[b.length]!
}
