/**
 * Owns what was typed into checkout and is not ordered yet: kept for this tab, so that signing in on the way, or going back
 * from the bank, loses none of it. Invariant: no payment detail is kept, and nothing once it was ordered or somebody signed out.
 */
const KEY = 'bookshop.typed'

export function keepTyped(form: HTMLFormElement): void {
  for (const [name, value] of Object.entries(readTyped())) {
    const control = form.elements.namedItem(name)
    if (!(control instanceof HTMLInputElement || control instanceof HTMLSelectElement)) continue
    control.value = value
    if (control instanceof HTMLSelectElement) control.dispatchEvent(new Event('change', { bubbles: true }))
  }
  form.addEventListener('input', ({ target }) => {
    if (!(target instanceof HTMLInputElement || target instanceof HTMLSelectElement)) return
    if (!['/email', '/vatId'].includes(target.name) && !target.name.startsWith('/shippingAddress/')) return
    sessionStorage.setItem(KEY, JSON.stringify({ ...readTyped(), [target.name]: target.value }))
  })
}

export function forgetTyped(): void {
  sessionStorage.removeItem(KEY)
}

function readTyped(): Record<string, string> {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? '{}') as Record<string, string>
  } catch {
    return {}
  }
}
