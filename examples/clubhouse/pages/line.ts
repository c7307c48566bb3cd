// Tells while the line is cut that what stands there may be old, and when it is back. Each list that is kept has a line of its own.
import type { LiveQueryOptions } from 'kingpost/client'

const cut = new Set<string>()
const backMs = 4_000
let soon: ReturnType<typeof setTimeout> | undefined

function tell(): void {
  const place = document.getElementById('line')!
  clearTimeout(soon)
  if (cut.size > 0) place.textContent = 'The line is cut: what you see may be old. It is tried again by itself.'
  else if (place.textContent !== '') {
    place.textContent = 'The line is back.'
    soon = setTimeout(() => (place.textContent = ''), backMs)
  }
}

/** For the list of this name. A refusal is told as `say` tells it: it ends the list. */
export function watchLine(name: string, say: (error: unknown) => void): LiveQueryOptions {
  return {
    onOpen: () => forgetLine(name),
    onError(error, willRetry) {
      if (!willRetry) return say(error)
      cut.add(name)
      tell()
    },
  }
}

/** It stands, or nobody looks at its list any more. */
export function forgetLine(name: string): void {
  cut.delete(name)
  tell()
}
