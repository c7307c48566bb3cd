/** The API reference at /api/docs: navigation and search at the side, one page in the middle. The hash is the place. */
import { html, render, useEffect, useMemo, useRef, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { applyTheme, nextTheme, readTheme, type Theme } from '../theme.ts'
import { Icon, Mark } from '../ui/icons.ts'
import { ErrorNote, Skeleton, textOf } from '../ui/parts.ts'
import { groupByTag, type OpenApi, type Operation, operationsOf, searchOperations, sharedCodes } from './document.ts'
import { OperationPage } from './operation-page.ts'
import { ErrorsPage, Overview, SchemasPage } from './overview.ts'
import { Method } from './prose.ts'
import type { Caller } from './request.ts'

function Reference(): VNode {
  const [document, setDocument] = useState<OpenApi | undefined>(undefined)
  const [error, setError] = useState<unknown>(undefined)
  const load = () => {
    setError(undefined)
    client.call<OpenApi>('GET', '/api/openapi.json').then(setDocument, setError)
  }
  useEffect(() => {
    load()
    return undefined
  }, [])
  if (document) return html`<${Loaded} document=${document} />`
  return html`<main class="reference-wait">
    <h1 class="hidden">API reference</h1>
    ${error ? html`<${ErrorNote} error=${error} retry=${load} />` : html`<${Skeleton} lines=${8} />`}
  </main>`
}

function Loaded({ document }: { document: OpenApi }): VNode {
  const place = useHash()
  const [words, setWords] = useState('')
  const [caller, setCaller] = useState<Caller>({ kind: 'session', token: '' })
  const [isOpen, setOpen] = useState(false)
  const operations = useMemo(() => operationsOf(document), [document])
  const common = useMemo(() => sharedCodes(operations), [operations])
  const found = searchOperations(operations, words)
  const current = operations.find(({ operationId }) => operationId === place)
  const main = useRef<HTMLElement | null>(null)
  const isFirst = useRef(true)
  useEffect(() => {
    setOpen(false)
    window.document.title = `${current?.summary ?? (isOfErrors(place) ? 'Errors' : place === 'schemas' ? 'Schemas' : 'API')} – ${document.info.title}`
    // Whoever followed a link reads on at the top of what it led to; whoever came here keeps the browser's place.
    if (!isFirst.current) {
      window.scrollTo(0, 0)
      main.current?.querySelector('h1')?.focus({ preventScroll: true })
    }
    isFirst.current = false
    if (place !== '') window.document.getElementById(place)?.scrollIntoView({ block: 'center' })
    return undefined
  }, [place])
  return html`<div class="reference">
    <a class="skip" href="#main" onClick=${(event: Event) => {
      // The hash is the place here, so the link moves the focus itself.
      event.preventDefault()
      main.current?.focus()
    }}>Skip to the page</a>
    <header class="top">
      <a class="brand" href="#"><${Mark} /><span>${document.info.title}</span></a>
      <button type="button" class="icon-button menu" aria-label="Operations" aria-expanded=${isOpen ? 'true' : 'false'} onClick=${() => setOpen(!isOpen)}>
        <${Icon} name=${isOpen ? 'close' : 'menu'} size=${20} />
      </button>
    </header>
    <nav class="index ${isOpen ? 'open' : ''}" aria-label="Operations">
      <${Search} words=${words} setWords=${setWords} />
      <${Index} operations=${found} place=${place} isSearch=${words.trim() !== ''} />
      <${Foot} />
    </nav>
    <main ref=${main} tabindex="-1">
      ${
        current
          ? html`<${OperationPage} key=${place} operation=${current} document=${document} common=${common} caller=${caller} setCaller=${setCaller} />`
          : isOfErrors(place)
            ? html`<${ErrorsPage} operations=${operations} place=${place} />`
            : place === 'schemas'
              ? html`<${SchemasPage} document=${document} />`
              : html`<${Overview} document=${document} operations=${operations} />`
      }
    </main>
  </div>`
}

/** `errors`, and `errors/CODE`. */
function isOfErrors(place: string): boolean {
  return place.split('/')[0] === 'errors'
}

function Search({ words, setWords }: { words: string; setWords: (words: string) => void }): VNode {
  const field = useRef<HTMLInputElement | null>(null)
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isTyping = (event.target as Element).closest('input, textarea, select')
      if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return
      event.preventDefault()
      field.current?.focus()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape') setWords('')
    // Enter opens what was found first.
    if (event.key === 'Enter') window.document.querySelector<HTMLAnchorElement>('.index [data-operation]')?.click()
  }
  return html`<div class="find" role="search">
    <${Icon} name="search" size=${16} />
    <input ref=${field} type="search" aria-label="Search operations" placeholder="Search" autocomplete="off" value=${words}
      onInput=${(event: Event) => setWords(textOf(event))} onKeyDown=${onKey} />
    <kbd aria-hidden="true">/</kbd>
  </div>`
}

function Index(props: { operations: readonly Operation[]; place: string; isSearch: boolean }): VNode {
  const { operations, place, isSearch } = props
  if (operations.length === 0) return html`<p class="none faint">Nothing fits these words.</p>`
  const here = (target: string) => (place.split('/')[0] === target ? 'page' : undefined)
  return html`<div class="index-scroll">
    ${
      !isSearch &&
      html`<div class="group plain">
        <a href="#" aria-current=${here('')}>Overview</a>
        <a href="#schemas" aria-current=${here('schemas')}>Schemas</a>
        <a href="#errors" aria-current=${here('errors')}>Errors</a>
      </div>`
    }
    ${groupByTag(operations).map(([tag, own]) => {
      const isHere = own.some(({ operationId }) => operationId === place)
      return html`<details key=${tag + isSearch} class="group" open=${isSearch || isHere}>
        <summary>${tag}</summary>
        ${own.map(
          ({
            operationId,
            method,
            summary,
          }) => html`<a key=${operationId} data-operation href=${`#${operationId}`} aria-current=${here(operationId)}>
            <${Method} name=${method} /><span>${summary}</span>
          </a>`,
        )}
      </details>`
    })}
  </div>`
}

function Foot(): VNode {
  const [theme, setTheme] = useState<Theme>(readTheme)
  const text = `Colours: ${theme === 'auto' ? 'as the system' : theme}`
  return html`<div class="index-foot">
    <a href="/console">Console</a>
    <button type="button" class="icon-button" title=${text} aria-label=${text} onClick=${() => setTheme(nextTheme())}><${Icon} name="sun" /></button>
  </div>`
}

function useHash(): string {
  const read = () => decodeURIComponent(location.hash.slice(1))
  const [hash, setHash] = useState(read)
  useEffect(() => {
    const onChange = () => setHash(read())
    window.addEventListener('hashchange', onChange)
    return () => window.removeEventListener('hashchange', onChange)
  }, [])
  return hash
}

applyTheme(readTheme())
const root = document.getElementById('app')
if (root) render(html`<${Reference} />`, root)
