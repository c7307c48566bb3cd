/** The frame of a page below /account, and its forms: what is typed goes to one call, and what is wrong with it is said beside it. */

import { ApiError, type InputError } from '/client/index.ts'
import { createContext, html, useContext, useEffect, useRef, useState, type View, type VNode } from '../../vendor/htm-preact.js'
import { Unreachable } from '../client.ts'
import { browserRefusal } from './passkey-calls.ts'
import { type Words, wordsFor } from './words.ts'

export type Surroundings = {
  readonly words: Words
  /** Of the project. */
  readonly name: string
  readonly logo: string
  /** Whether a password opens nothing before the address is confirmed. */
  readonly mustVerify: boolean
  /** Who else signs people in. */
  readonly providers: readonly { readonly name: string; readonly title: string }[]
  readonly passwordMin: number
}

/** For what the console shows of these pages: it speaks English. */
export const consoleWords: Surroundings = {
  words: wordsFor([]),
  name: 'Kingpost console',
  logo: '',
  mustVerify: false,
  passwordMin: 8,
  providers: [],
}

const SurroundingsContext = createContext<Surroundings | null>(null)
export const Surround = SurroundingsContext.Provider

export function useSurroundings(): Surroundings {
  return useContext(SurroundingsContext)!
}

export function useWords(): Words {
  return useSurroundings().words
}

/** One page: the project, a heading, and what is done here. The heading is read out when the page changes by itself. */
export function Sheet(props: { title: string; text?: View; isWide?: boolean; children?: View }): VNode {
  const { name, logo } = useSurroundings()
  const heading = useRef<HTMLElement | null>(null)
  const first = useRef(props.title)
  useEffect(() => {
    document.title = `${props.title} · ${name}`
    if (first.current !== props.title) heading.current?.focus()
    first.current = props.title
    return undefined
  }, [props.title])
  return html`<main class="sheet">
    <div class="sheet-card ${props.isWide ? 'wide' : ''}">
      <a class="sheet-brand" href="/">${logo ? html`<img src=${logo} alt=${name} />` : name}</a>
      <h1 tabindex="-1" ref=${heading}>${props.title}</h1>
      ${props.text && html`<p class="sheet-text">${props.text}</p>`}
      ${props.children}
    </div>
  </main>`
}

export type Field = {
  readonly name: string
  readonly label: string
  readonly type?: 'text' | 'email' | 'password' | 'code'
  readonly autocomplete: string
  readonly hint?: string
  readonly value?: string
  readonly isOptional?: boolean
  /** Shown, and left as it is. */
  readonly isFixed?: boolean
  readonly minLength?: number
}

export type Typed = Readonly<Record<string, string>>

export function Form(props: {
  fields: readonly Field[]
  action: string
  /** The form stays as it is when it throws. */
  send: (typed: Typed) => Promise<unknown>
  /** Between the fields and the button. */
  children?: View
}): VNode {
  const words = useWords()
  const form = useRef<HTMLFormElement | null>(null)
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(undefined)
  const byField = faultsOf(error, words)
  useEffect(() => {
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
    return undefined
  }, [error])
  const submit = async (event: Event) => {
    event.preventDefault()
    if (isBusy) return
    const typed = Object.fromEntries(new FormData(form.current!)) as Record<string, string>
    setBusy(true)
    setError(undefined)
    try {
      await props.send(typed)
    } catch (cause) {
      setError(cause)
    }
    setBusy(false)
  }
  const first = props.fields.find(({ isFixed }) => !isFixed)
  const isAtField = props.fields.some(({ name }) => byField[name] !== undefined)
  return html`<form class="form" ref=${form} onSubmit=${submit}>
    ${props.fields.map((field) => html`<${FieldRow} key=${field.name} field=${field} fault=${byField[field.name]} isFirst=${field === first} />`)}
    ${props.children}
    <${Wrong} error=${isAtField ? undefined : error} />
    <button type="submit" class="button primary wide" aria-disabled=${isBusy ? 'true' : undefined}>${isBusy ? words.busy : props.action}</button>
  </form>`
}

/** How many there were: each needs an id, and two forms of a page may ask for the same. */
let fields = 0

function FieldRow({ field, fault, isFirst }: { field: Field; fault: string | undefined; isFirst: boolean }): VNode {
  const { name, label, type = 'text', autocomplete, hint, value = '', isOptional = false, isFixed = false, minLength } = field
  const words = useWords()
  const [isShown, setShown] = useState(false)
  const [id] = useState(() => `${name}-${++fields}`)
  const told = fault ?? hint
  return html`<div class="field">
    <label for=${id}>${label}${isOptional && html` <span class="faint">${words.optional}</span>`}</label>
    <div class="typed-input">
      <input id=${id} name=${name} type=${type === 'code' || isShown ? 'text' : type} autocomplete=${autocomplete} defaultValue=${value}
        class=${type === 'code' ? 'typed-code' : undefined} inputmode=${type === 'code' ? 'numeric' : undefined}
        readonly=${isFixed} required=${!isOptional} minlength=${minLength} autofocus=${isFirst} autocapitalize="none" spellcheck=${false}
        aria-invalid=${fault ? 'true' : undefined} aria-describedby=${told ? `${id}-told` : undefined} />
      ${
        type === 'password' &&
        html`<button type="button" class="link" aria-pressed=${isShown ? 'true' : 'false'} onClick=${() => setShown(!isShown)}>
          ${isShown ? words.hide : words.show}<span class="hidden"> (${label})</span>
        </button>`
      }
    </div>
    ${told && html`<p id=${`${id}-told`} class=${fault ? 'field-error' : 'faint small'}>${told}</p>`}
  </div>`
}

/** What went wrong, in a sentence. */
export function Wrong({ error }: { error: unknown }): VNode | null {
  const words = useWords()
  return error ? html`<p class="form-note bad" role="alert">${sentenceOf(error, words)}</p>` : null
}

export function sentenceOf(error: unknown, words: Words): string {
  if (error instanceof Unreachable) return words.unreachable
  const refusal = browserRefusal(error)
  if (refusal !== '') return words.browserErrors[refusal] ?? words.broken
  if (!(error instanceof ApiError)) return words.broken
  if (error.code === 'rate_limited') return words.wait(Math.ceil((error.retryAfterMs ?? 60_000) / 1_000))
  return words.errors[error.code] ?? error.errors.map((fault) => faultSentence(fault, words))[0] ?? words.broken
}

/** By the name of the field. */
function faultsOf(error: unknown, words: Words): Record<string, string> {
  if (!(error instanceof ApiError)) return {}
  return Object.fromEntries(error.errors.map((fault) => [fault.path.slice(1), faultSentence(fault, words)]))
}

/** What is wrong may be another thing in another field: a password, or the code of an app. */
function faultSentence({ path, code, message }: InputError, words: Words): string {
  return words.faults[`${code} ${path.slice(1)}`] ?? words.faults[code] ?? message
}

/** The language of the page, as the browser's owner writes dates in it. */
export function localeOf(words: Words): string {
  return navigator.languages.find((one) => one.startsWith(words.lang)) ?? words.lang
}

/** A link to another of these pages, which takes along where to go on after it. */
export function pageLink(page: string): string {
  const next = new URLSearchParams(location.search).get('next')
  return `/account/${page}${next === null ? '' : `?next=${encodeURIComponent(next)}`}`
}
