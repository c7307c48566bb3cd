/** History routing: the address is the only copy of where the console is. Owns window.history. */
import { useEffect, useState } from '../vendor/htm-preact.js'
import { base } from './routes.ts'

export interface Place {
  path: string
  query: string
}

const listeners = new Set<() => void>()

function place(): Place {
  return { path: location.pathname, query: location.search }
}

export function navigate(href: string, options: { replace?: boolean } = {}): void {
  if (href === location.pathname + location.search) return
  const samePath = new URL(href, location.href).pathname === location.pathname
  if (options.replace) history.replaceState(null, '', href)
  else history.pushState(null, '', href)
  for (const listener of listeners) listener()
  if (!samePath) window.scrollTo(0, 0)
}

export function usePlace(): Place {
  const [current, setCurrent] = useState(place)
  useEffect(() => {
    const update = () => setCurrent(place())
    listeners.add(update)
    window.addEventListener('popstate', update)
    return () => {
      listeners.delete(update)
      window.removeEventListener('popstate', update)
    }
  }, [])
  return current
}

/** Plain links stay plain (copy, open in a new tab); a plain click on one does not load the page anew. */
export function followLinks(): void {
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    const link = (event.target as Element | null)?.closest?.('a')
    if (link?.target !== '' || link.hasAttribute('download')) return
    if (link.origin !== location.origin || link.hash !== '') return
    if (link.pathname !== base && !link.pathname.startsWith(`${base}/`)) return
    event.preventDefault()
    navigate(link.pathname + link.search)
  })
}
