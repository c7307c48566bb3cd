/** The small pieces every page is made of: chips, times, money, notes, empty and loading states, dialogs. */

import { ApiError } from '/client/index.ts'
import { html, useEffect, useRef, type View, type VNode } from '../../vendor/htm-preact.js'
import { Unreachable } from '../client.ts'
import { placeWords, sentence } from '../field-input.ts'
import { formatMoney, formatNear, formatTime, humanize, type Tone, toneOf, utcTitle } from '../format.ts'
import type { Money } from '../shapes.ts'
import { Icon, type IconName } from './icons.ts'

export function Chip({ state, tone, text }: { state: string; tone?: Tone; text?: string | undefined }): VNode {
  return html`<span class="chip ${tone ?? toneOf(state)}">${text ?? humanize(state)}</span>`
}

/** A local time; hovering (or a screen reader) gives UTC to the millisecond. */
export function Time({ at, full = false }: { at: string; full?: boolean }): VNode {
  const text = full ? formatTime(at) : formatNear(at, new Date())
  return html`<time datetime=${at} title=${utcTitle(at)}>${text}</time>`
}

export function Amount({ money }: { money: Money | null | undefined }): VNode {
  if (!money) return html`<span class="faint">–</span>`
  return html`<span class="amount">${formatMoney(money)}</span>`
}

const faultsMax = 4

/** An error in sentences, with what support needs to find it: of a fault in the input, what is wrong where. */
export function ErrorNote(props: { error: unknown; retry?: () => void }): VNode | null {
  const { error, retry } = props
  if (!error) return null
  const faults = error instanceof ApiError ? error.errors.slice(0, faultsMax) : []
  const isTold = error instanceof ApiError || error instanceof Unreachable
  const text = isTold ? error.message : 'Something went wrong in the console itself. Reload the page to continue.'
  const requestId = error instanceof ApiError ? error.requestId : undefined
  return html`<div class="note bad" role="alert">
    <${Icon} name="alert" />
    <div>
      ${faults.length === 0 && html`<p>${text}</p>`}
      ${faults.map((fault) => html`<p key=${fault.path}>${sentence(`${placeWords(fault.path)} ${fault.message}`.trim())}</p>`)}
      ${requestId && html`<p class="faint small">Request <code>${requestId}</code></p>`}
    </div>
    ${retry && html`<button type="button" class="button small" onClick=${retry}>Try again</button>`}
  </div>`
}

export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: View }): VNode {
  return html`<div class="empty">
    <span class="empty-icon"><${Icon} name=${icon} size=${22} /></span>
    <p class="empty-title">${title}</p>
    ${children && html`<p class="faint">${children}</p>`}
  </div>`
}

/** Grey lines in the shape of what is coming. */
export function Skeleton({ lines = 6 }: { lines?: number }): VNode {
  return html`<div class="skeleton" role="status" aria-label="Loading">
    ${Array.from({ length: lines }, (_, i) => html`<div key=${i} style=${`width:${92 - ((i * 17) % 40)}%`} />`)}
  </div>`
}

/** Title (also the window's), what stands beside it, and the page's actions. */
export function PageHead(props: { title: string; back?: { href: string; text: string }; beside?: View; actions?: View }): VNode {
  useEffect(() => {
    document.title = `${props.title} – Kingpost console`
    return undefined
  }, [props.title])
  return html`<header class="page-head">
    ${props.back && html`<a class="back" href=${props.back.href}><${Icon} name="back" size=${16} />${props.back.text}</a>`}
    <div class="page-title">
      <h1 tabindex="-1">${props.title}</h1>
      ${props.beside}
      ${props.actions && html`<div class="actions">${props.actions}</div>`}
    </div>
  </header>`
}

export function Card(props: { title?: View; aside?: View; flush?: boolean; class?: string; children?: View }): VNode {
  return html`<section class="card ${props.flush ? 'flush' : ''} ${props.class ?? ''}">
    ${
      props.title &&
      html`<header class="card-head"><h2>${props.title}</h2>${props.aside && html`<div class="aside">${props.aside}</div>`}</header>`
    }
    ${props.children}
  </section>`
}

/** A modal dialog: the browser holds the focus inside, and Esc closes it. */
export function Dialog(props: { title: string; onClose: () => void; children?: View }): VNode {
  const dialog = useRef<HTMLDialogElement | null>(null)
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null
    dialog.current?.showModal()
    // Also where it goes without being closed. Until it is gone nothing else takes the focus.
    return () => queueMicrotask(() => before?.focus())
  }, [])
  const onBackdrop = (event: MouseEvent) => {
    if (event.target === dialog.current) props.onClose()
  }
  return html`<dialog ref=${dialog} onClose=${props.onClose} onClick=${onBackdrop} aria-label=${props.title}>
    <div class="dialog-body">
      <header class="dialog-head">
        <h2>${props.title}</h2>
        <button type="button" class="icon-button" aria-label="Close" onClick=${props.onClose}>
          <${Icon} name="close" />
        </button>
      </header>
      ${props.children}
    </div>
  </dialog>`
}

/** Asks once before something that cannot be taken back. */
export function Confirm(props: {
  title: string
  action: string
  keep?: string
  busy: boolean
  error: unknown
  onConfirm: () => void
  onClose: () => void
  children?: View
}): VNode {
  return html`<${Dialog} title=${props.title} onClose=${props.onClose}>
    <div class="dialog-text">${props.children}</div>
    <${ErrorNote} error=${props.error} />
    <div class="dialog-actions">
      <button type="button" class="button" onClick=${props.onClose}>${props.keep ?? 'Keep it'}</button>
      <button type="button" class="button danger" disabled=${props.busy} onClick=${props.onConfirm}>
        ${props.action}
      </button>
    </div>
  <//>`
}

/** A row of chips of which one is on; `''` is "all". */
export function FilterChips(props: {
  label: string
  options: readonly string[]
  /** What options are called, where that is not their own name. */
  texts?: Readonly<Record<string, string>> | undefined
  value: string
  onChange: (value: string) => void
}): VNode {
  return html`<div class="filter-chips" role="group" aria-label=${props.label}>
    ${['', ...props.options].map(
      (option) => html`<button
        key=${option}
        type="button"
        class="filter-chip ${option === '' || props.texts?.[option] !== undefined ? '' : toneOf(option)}"
        aria-pressed=${props.value === option ? 'true' : 'false'}
        onClick=${() => props.onChange(option)}
      >
        ${option === '' ? 'All' : (props.texts?.[option] ?? humanize(option))}
      </button>`,
    )}
  </div>`
}

export function textOf(event: Event): string {
  return (event.currentTarget as HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement).value
}
