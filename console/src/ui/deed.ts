/** A deed that is asked for in a dialog: one request at a time, its fields, its error, and what is said once it is done. */
import { html, useState, type View, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { formatMoney, moneyDecimal, parseMoney } from '../format.ts'
import type { Money } from '../shapes.ts'
import { Confirm, Dialog, ErrorNote, textOf } from './parts.ts'
import { toast } from './toast.ts'

export type Closing = { readonly onClose: () => void; readonly onDone: () => void }

/** Which dialog is open, of several that buttons open; `done` closes it and says so. */
export function useOpened<T extends string>(onDone: () => void) {
  const [opened, open] = useState<T | undefined>(undefined)
  const close = () => open(undefined)
  const done = () => {
    close()
    onDone()
  }
  const button = (what: T, text: string): VNode =>
    html`<button type="button" class="button small" onClick=${() => open(what)}>${text}</button>`
  return { opened, button, closing: { onClose: close, onDone: done } }
}

/** `done` is given the answer. */
export function useDeed(done: (answer: unknown) => void, method: 'POST' | 'PATCH' | 'DELETE' = 'POST') {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(undefined)
  const run = async (path: string, body: object, said: string) => {
    setBusy(true)
    setError(undefined)
    try {
      const answer = await client.call(method, path, method === 'DELETE' ? {} : { body })
      toast(said)
      setBusy(false)
      done(answer)
    } catch (cause) {
      setError(cause)
      setBusy(false)
    }
  }
  return { busy, error, run }
}

/** A deed that takes nothing but a yes. */
export function ConfirmDeed(
  props: {
    title: string
    action: string
    path: string
    said: string
    keep?: string
    method?: 'POST' | 'DELETE'
    children?: View
  } & Closing,
): VNode {
  const { title, action, path, said, keep = 'Cancel', method, children, onClose, onDone } = props
  const { busy, error, run } = useDeed(onDone, method)
  const confirm = () => run(path, {}, said)
  return html`<${Confirm} title=${title} action=${action} keep=${keep} busy=${busy} error=${error} onConfirm=${confirm} onClose=${onClose}>
    <p>${children}</p>
  <//>`
}

export function DeedDialog(props: {
  title: string
  action: string
  deed: Pick<ReturnType<typeof useDeed>, 'busy' | 'error'>
  onSubmit: () => unknown
  onClose: () => void
  children?: View
}): VNode {
  const submit = (event: Event) => {
    event.preventDefault()
    props.onSubmit()
  }
  return html`<${Dialog} title=${props.title} onClose=${props.onClose}>
    <form class="form" onSubmit=${submit} novalidate>
      ${props.children}
      <${ErrorNote} error=${props.deed.error} />
      <div class="form-actions">
        <button type="submit" class="button primary" disabled=${props.deed.busy}>${props.action}</button>
        <button type="button" class="button" onClick=${props.onClose}>Cancel</button>
      </div>
    </form>
  <//>`
}

type FieldProps = { id: string; label: View; hint?: string; value: string; onInput: (text: string) => void }

export function TextField({ id, label, hint, value, onInput, ...more }: FieldProps & { problem?: string; inputmode?: string }): VNode {
  const { problem, inputmode = 'text' } = more
  return html`<div class="field">
    <label for=${id}>${label} ${hint && html`<span class="faint">${hint}</span>`}</label>
    <input
      id=${id}
      type="text"
      inputmode=${inputmode}
      autocomplete="off"
      value=${value}
      aria-invalid=${problem ? 'true' : undefined}
      aria-describedby=${problem ? `${id}-problem` : undefined}
      onInput=${(event: Event) => onInput(textOf(event))}
    />
    ${problem && html`<p class="field-error" id=${`${id}-problem`}>${problem}</p>`}
  </div>`
}

/** An amount, `whole` when nothing is typed. */
export function useAmount(whole: Money, { isBound }: { isBound: boolean }) {
  const [text, setText] = useState('')
  const [problem, setProblem] = useState('')
  const read = (): Money | undefined => {
    const amount = text.trim() === '' ? whole : parseMoney(text, whole.currency)
    const wrong =
      amount === undefined || amount.amount <= 0
        ? `Give an amount such as ${moneyDecimal(whole.amount === 0 ? { ...whole, amount: 5_000 } : whole)}.`
        : isBound && amount.amount > whole.amount
          ? `At most ${formatMoney(whole)}.`
          : ''
    setProblem(wrong)
    return wrong === '' ? amount : undefined
  }
  const field = {
    inputmode: 'decimal',
    value: text,
    problem,
    onInput: (typed: string) => {
      setText(typed)
      setProblem('')
    },
  }
  return { read, field }
}
