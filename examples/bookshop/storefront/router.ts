/**
 * Owns which page is shown: history, links, focus and scroll. A page is swapped in only when its data is there, so
 * the old one stays readable meanwhile; `signal` tells a page that it has been left.
 */
import { ApiError } from 'kingpost/client'
import { byId, h } from './dom.ts'
import { explain } from './problems.ts'

export type Visit = { url: URL; params: Record<string, string>; signal: AbortSignal }
export type Page = { title: string; view: Node }
export type Route = { path: string; open(visit: Visit): Promise<Page> | Page }

type Move = {
  replace?: boolean
  /** For filters: the page is the same one, so neither focus nor scroll may jump. */
  stay?: boolean
}

/** Shorter waits would only make the bar flicker. */
const PROGRESS_DELAY_MS = 200

let routes: readonly Route[] = []
let leaving = new AbortController()

export function startRouter(table: readonly Route[]): void {
  routes = table
  history.scrollRestoration = 'manual'
  document.addEventListener('click', followLink)
  addEventListener('popstate', () => void show(scrollKept()))
  // Chromium fires no event before a reload; the last position is good enough for it.
  addEventListener('pagehide', keepScroll)
  void show(scrollKept(), true)
}

export function navigate(path: string, move: Move = {}): void {
  if (move.replace) history.replaceState(history.state, '', path)
  else {
    keepScroll()
    history.pushState(null, '', path)
  }
  void show(move.stay ? 'stay' : 0)
}

/** Draws the current page again, e.g. after signing in. */
export function refresh(): void {
  void show('stay')
}

function followLink(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
  const link = event.target instanceof Element ? event.target.closest('a') : null
  if (!link || link.target || link.origin !== location.origin) return
  // What is no page of ours is another app of the same server, or a provider's page; `#main` is the skip link.
  if (link.hash || !routes.some(({ path }) => match(path, link.pathname))) return
  event.preventDefault()
  navigate(link.pathname + link.search, link.dataset.stay === undefined ? {} : { stay: true })
}

async function show(scroll: number | 'stay', isFirst = false): Promise<void> {
  leaving.abort()
  leaving = new AbortController()
  const { signal } = leaving
  const progress = byId('progress')
  const timer = setTimeout(() => {
    progress.hidden = false
  }, PROGRESS_DELAY_MS)
  const page = await open(signal)
  clearTimeout(timer)
  if (signal.aborted) return
  progress.hidden = true
  const main = byId('main')
  const focusId = document.activeElement?.id
  document.title = page.title === '' ? 'Rafter Books' : `${page.title} · Rafter Books`
  main.replaceChildren(page.view)
  if (scroll !== 'stay') scrollTo(0, scroll)
  if (isFirst) return
  if (scroll === 'stay') document.getElementById(focusId ?? '')?.focus({ preventScroll: true })
  else focusHeading(main)
}

/** Screen readers then read the new page's name, and Tab starts at its top. */
function focusHeading(main: HTMLElement): void {
  const heading = main.querySelector('h1') ?? main
  heading.setAttribute('tabindex', '-1')
  heading.focus({ preventScroll: true })
}

async function open(signal: AbortSignal): Promise<Page> {
  const url = new URL(location.href)
  try {
    for (const route of routes) {
      const params = match(route.path, url.pathname)
      if (params) return await route.open({ url, params, signal })
    }
    return notFound()
  } catch (error) {
    const isMissing = error instanceof ApiError && error.status === 404
    if (signal.aborted || isMissing) return notFound()
    return brokenPage(error)
  }
}

/** `/books/:slug` against `/books/emma` gives `{ slug: 'emma' }`. */
function match(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split('/')
  const given = path.replace(/(?<=.)\/$/, '').split('/')
  if (wanted.length !== given.length) return null
  const params: Record<string, string> = {}
  for (const [i, part] of wanted.entries()) {
    const value = given[i] ?? ''
    if (part.startsWith(':')) params[part.slice(1)] = decodeURIComponent(value)
    else if (part !== value) return null
  }
  return params
}

export function notFound(what = 'We looked on every shelf. It may have moved, or belong to another account.'): Page {
  return {
    title: 'Not found',
    view: h(
      'div',
      { class: 'empty' },
      h('h1', {}, 'Nothing here'),
      h('p', {}, what),
      h('a', { class: 'button', href: '/' }, 'See all books'),
    ),
  }
}

function brokenPage(error: unknown): Page {
  const again = h('button', { class: 'button', onclick: refresh }, 'Try again')
  return {
    title: 'Something went wrong',
    view: h('div', { class: 'empty', role: 'alert' }, h('h1', {}, 'That did not work'), h('p', {}, explain(error)), again),
  }
}

function keepScroll(): void {
  history.replaceState({ scroll: Math.round(scrollY) }, '')
}

function scrollKept(): number {
  const state: unknown = history.state
  if (typeof state !== 'object' || state === null || !('scroll' in state)) return 0
  return typeof state.scroll === 'number' ? state.scroll : 0
}
