/** The keyboard: what each key does, and the listener. Owns no page; pages mark their search field and rows. */
import { navigate } from './router.ts'
import { base } from './routes.ts'

export interface Shortcut {
  keys: string
  does: string
}

const goTo: Record<string, { path: string; does: string }> = {
  h: { path: base, does: 'Go to home' },
  o: { path: `${base}/orders`, does: 'Go to orders' },
  i: { path: `${base}/inbox`, does: 'Go to the inbox' },
  m: { path: `${base}/mail`, does: 'Go to mail' },
  e: { path: `${base}/effects`, does: 'Go to effects' },
  f: { path: `${base}/figures`, does: 'Go to figures' },
  l: { path: `${base}/ledger`, does: 'Go to the ledger' },
  s: { path: `${base}/settlement`, does: 'Go to settlement' },
  w: { path: `${base}/webhooks`, does: 'Go to webhooks' },
  k: { path: `${base}/keys`, does: 'Go to API keys' },
  a: { path: `${base}/audit`, does: 'Go to the audit' },
  d: { path: `${base}/data`, does: 'Go to data' },
}

export const shortcuts: Shortcut[] = [
  { keys: '/', does: 'Search this page' },
  { keys: 'j', does: 'Next row' },
  { keys: 'k', does: 'Previous row' },
  { keys: 'Enter', does: 'Open the row' },
  ...Object.entries(goTo).map(([key, { does }]) => ({ keys: `g ${key}`, does })),
  { keys: '?', does: 'Show this list' },
  { keys: 'Esc', does: 'Close, or leave a field' },
]

// Long enough for two fingers, short enough that a lone g is forgotten.
const sequenceMs = 1_200

/** Listens until the returned function is called. */
export function listenForShortcuts(showHelp: () => void): () => void {
  let prefixAt = Number.NEGATIVE_INFINITY
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
    const target = event.target as HTMLElement
    if (isTyping(target)) {
      if (event.key === 'Escape') target.blur()
      return
    }
    if (document.querySelector('dialog[open]')) return
    const afterG = event.timeStamp - prefixAt < sequenceMs
    prefixAt = Number.NEGATIVE_INFINITY
    const goal = goTo[event.key]
    if (afterG && goal) navigate(goal.path)
    else if (event.key === 'g') prefixAt = event.timeStamp
    else if (event.key === '?') showHelp()
    else if (event.key === 'j') moveRow(1)
    else if (event.key === 'k') moveRow(-1)
    else if (event.key === '/') document.querySelector<HTMLInputElement>('[data-search]')?.focus()
    else return
    event.preventDefault()
  }
  document.addEventListener('keydown', onKey)
  return () => document.removeEventListener('keydown', onKey)
}

function isTyping(target: HTMLElement): boolean {
  if (target.isContentEditable || target.tagName === 'TEXTAREA' || target.tagName === 'SELECT') return true
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'button'].includes(target.type)
}

function moveRow(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')]
  const at = rows.indexOf(document.activeElement as HTMLElement)
  const row = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : at + step]
  row?.focus()
  row?.scrollIntoView({ block: 'nearest' })
}
