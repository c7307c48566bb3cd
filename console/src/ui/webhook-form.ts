/** The form of a webhook: its address, what it is told, and a word about it. Holds the draft and what sending it met. */
import { ApiError } from '/client/index.ts'
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { fieldErrors } from '../field-input.ts'
import { useWorkspace } from '../schema.ts'
import type { Webhook } from '../shapes.ts'
import { type EventKind, eventKinds, turnEvent } from '../webhook-words.ts'
import { Card, ErrorNote, textOf } from './parts.ts'

export interface WebhookInput {
  url: string
  description: string
  events: readonly string[]
}

const noEvent = 'Choose an event, or all of them.'

export function WebhookForm(props: {
  webhook?: Webhook
  action: string
  save: (input: WebhookInput) => Promise<void>
  onCancel: () => void
}): VNode {
  const { webhook } = props
  const { events: known } = useWorkspace()
  const [url, setUrl] = useState(webhook?.url ?? '')
  const [description, setDescription] = useState(webhook?.description ?? '')
  const [events, setEvents] = useState<readonly string[]>(webhook?.events ?? [])
  const [isAll, setIsAll] = useState(events.length === 0)
  const [faults, setFaults] = useState<{ [field: string]: string }>({})
  const [error, setError] = useState<unknown>(undefined)
  const [busy, setBusy] = useState(false)
  /** A message stands until something is changed. */
  const edit = (change: () => void) => {
    setFaults({})
    setError(undefined)
    change()
  }
  const kinds = eventKinds(known, webhook?.events ?? [])
  const turn = (name: string) => edit(() => setEvents(turnEvent(events, name)))
  const submit = async (event: Event) => {
    event.preventDefault()
    if (!isAll && events.length === 0) return setFaults({ events: noEvent })
    setBusy(true)
    try {
      await props.save({ url: url.trim(), description: description.trim(), events: isAll ? [] : events })
    } catch (cause) {
      const found = cause instanceof ApiError ? fieldErrors(cause.errors) : {}
      setFaults(found)
      setError(Object.keys(found).length === 0 ? cause : undefined)
      setBusy(false)
      if (found['url']) document.getElementById('webhook-url')?.focus()
    }
  }
  return html`<${Card}>
    <form class="form" onSubmit=${submit} novalidate>
      <${TextField} name="url" label="Address" type="url" value=${url} fault=${faults['url']} onEdit=${(text: string) => edit(() => setUrl(text))} />
      <fieldset class="choice">
        <legend>What it is told</legend>
        <label>
          <input type="checkbox" checked=${isAll} onInput=${() => edit(() => setIsAll(!isAll))} />
          <span>All events <span class="faint">those to come as well</span></span>
        </label>
        ${!isAll && kinds.map((kind) => html`<${Kind} key=${kind.all} kind=${kind} asked=${events} onTurn=${turn} />`)}
        ${faults['events'] && html`<p class="field-error" role="alert">${faults['events']}</p>`}
      </fieldset>
      <${TextField}
        name="description"
        label="Description"
        isOptional
        value=${description}
        fault=${faults['description']}
        onEdit=${(text: string) => edit(() => setDescription(text))}
      />
      <${ErrorNote} error=${error} />
      <div class="form-actions">
        <button type="submit" class="button primary" disabled=${busy}>${props.action}</button>
        <button type="button" class="button" onClick=${props.onCancel}>Cancel</button>
      </div>
    </form>
  <//>`
}

function TextField(props: {
  name: string
  label: string
  type?: string
  isOptional?: boolean
  value: string
  fault: string | undefined
  onEdit: (text: string) => void
}): VNode {
  const { name, fault } = props
  const id = `webhook-${name}`
  return html`<div class="field">
    <label for=${id}>${props.label} ${props.isOptional && html`<span class="faint">optional</span>`}</label>
    <input
      id=${id}
      type=${props.type ?? 'text'}
      autocomplete="off"
      value=${props.value}
      aria-invalid=${fault ? 'true' : undefined}
      aria-describedby=${fault ? `${id}-fault` : undefined}
      onInput=${(event: Event) => props.onEdit(textOf(event))}
    />
    ${fault && html`<p class="field-error" id=${`${id}-fault`}>${fault}</p>`}
  </div>`
}

/** All of a kind, or some of it. */
function Kind({ kind, asked, onTurn }: { kind: EventKind; asked: readonly string[]; onTurn: (name: string) => void }): VNode {
  const hasAll = asked.includes(kind.all)
  return html`<div class="event-kind">
    ${[kind.all, ...kind.names].map(
      (name) => html`<label key=${name}>
        <input
          type="checkbox"
          checked=${hasAll || asked.includes(name)}
          disabled=${hasAll && name !== kind.all}
          onInput=${() => onTurn(name)}
        />
        <code>${name}</code>
      </label>`,
    )}
  </div>`
}
