/** Light, dark, or as the system says; kept in this browser. */
export type Theme = 'auto' | 'light' | 'dark'

const order: Theme[] = ['auto', 'light', 'dark']
const storageKey = 'kingpost.console.theme'

export function readTheme(): Theme {
  try {
    const kept = localStorage.getItem(storageKey)
    return order.find((theme) => theme === kept) ?? 'auto'
  } catch {
    // Storage may be forbidden; the system's choice is a good one.
    return 'auto'
  }
}

export function applyTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme
}

export function nextTheme(): Theme {
  const next = order[(order.indexOf(readTheme()) + 1) % order.length] ?? 'auto'
  try {
    localStorage.setItem(storageKey, next)
  } catch {
    // Then it holds until the page is loaded again.
  }
  applyTheme(next)
  return next
}
