/**
 * The form of a record, drawn from its schema. Holds the draft; the page sends it and gives back the error.
 * Invariant: a message stands only as long as what it is about: until its field is changed or the form is sent again.
 */

import { ApiError } from '/client/index.ts'
import { html, useEffect, useState, type View, type VNode } from '../../vendor/htm-preact.js'
import { currencyKey, type Draft, draftOf, editableFields, fieldErrors, readDraft, type Values } from '../field-input.ts'
import { humanize } from '../format.ts'
import type { FieldInfo } from '../shapes.ts'
import { FileInput } from './file-input.ts'
import { ErrorNote, textOf } from './parts.ts'
import { RefPicker } from './ref-picker.ts'

interface Messages {
  byField: { [field: string]: string }
  /** What belongs to no field of the form. */
  whole: unknown
}
const noMessages: Messages = { byField: {}, whole: undefined }

function messagesOf(error: unknown, fields: readonly FieldInfo[], draft: Draft): Messages {
  if (!(error instanceof ApiError) || error.errors.length === 0) return { byField: {}, whole: error }
  const byField = fieldErrors(error.errors, draft, fields)
  const known = new Set(fields.map((field) => field.name))
  return { byField, whole: Object.keys(byField).every((name) => known.has(name)) ? undefined : error }
}

export function RecordForm(props: {
  fields: readonly FieldInfo[]
  /** What the draft is compared with: `{}` for a new record. */
  record: Values
  /** What the last sending met; undefined from the moment it is sent. */
  error: unknown
  busy: boolean
  action: string
  /** Stands beside the buttons: that is where the eye is after pressing one. */
  note?: View
  onSubmit: (values: Values) => void
  onCancel: () => void
}): VNode {
  const fields = editableFields(props.fields)
  const [draft, setDraft] = useState<Draft>(() => draftOf(fields, props.record))
  const [messages, setMessages] = useState(noMessages)
  const [sent, setSent] = useState(0)
  useEffect(() => setMessages(messagesOf(props.error, fields, draft)) as undefined, [props.error])
  const set = (name: string, text: string) => {
    setDraft((old) => ({ ...old, [name]: text }))
    const field = name.split('\u0000')[0] ?? ''
    setMessages(({ byField: { [field]: _, ...byField }, whole }) => ({ byField, whole }))
  }
  const submit = (event: Event) => {
    event.preventDefault()
    const reading = readDraft(fields, draft, props.record)
    setMessages({ byField: reading.errors, whole: undefined })
    setSent(sent + 1)
    if (Object.keys(reading.errors).length === 0) props.onSubmit(reading.values)
  }
  const wrong = fields.filter((field) => messages.byField[field.name] !== undefined)
  useEffect(() => {
    // Only when messages come: whoever mends one field is not carried off to the next.
    if (wrong[0]) document.getElementById(`field-${wrong[0].name}`)?.focus()
  }, [sent, messages.whole, props.error === undefined, wrong.length > 0])
  return html`<form class="form" onSubmit=${submit} novalidate>
    ${fields.map((field) => {
      const error = messages.byField[field.name]
      return html`<div class="field" key=${field.name}>
        <label for=${`field-${field.name}`}>
          ${humanize(field.name)}
          ${!field.required && html`<span class="faint">optional</span>`}
        </label>
        <${Input} field=${field} draft=${draft} set=${set} invalid=${error !== undefined} />
        ${error && html`<p class="field-error" id=${`error-${field.name}`}>${error}</p>`}
      </div>`
    })}
    ${props.note ?? html`<${ErrorNote} error=${messages.whole} />`}
    ${wrong.length > 1 && html`<p class="field-error" role="alert">${`Not saved: ${wrong.length} fields need another look.`}</p>`}
    <div class="form-actions">
      <button type="submit" class="button primary" disabled=${props.busy}>${props.action}</button>
      <button type="button" class="button" onClick=${props.onCancel}>Cancel</button>
    </div>
  </form>`
}

function Input(props: { field: FieldInfo; draft: Draft; set: (name: string, text: string) => void; invalid: boolean }): VNode {
  const { field, draft, set, invalid } = props
  const value = draft[field.name] ?? ''
  const common = {
    id: `field-${field.name}`,
    name: field.name,
    value,
    'aria-invalid': invalid ? 'true' : undefined,
    'aria-describedby': invalid ? `error-${field.name}` : undefined,
    onInput: (event: Event) => set(field.name, textOf(event)),
  }
  switch (field.input) {
    case 'lines':
    case 'textarea':
      return html`<textarea ...${common} rows="6" />`
    case 'json':
      return html`<textarea ...${common} rows="8" class="mono" spellcheck=${false} />`
    case 'boolean':
      return html`<select ...${common}>
        ${(!field.required || value === '') && html`<option value="">–</option>`}
        <option value="true">Yes</option>
        <option value="false">No</option>
      </select>`
    case 'choice':
      return html`<select ...${common}>
        ${(!field.required || value === '') && html`<option value="">–</option>`}
        ${(field.options ?? []).map((option) => html`<option key=${option} value=${option}>${humanize(option)}</option>`)}
      </select>`
    case 'money': {
      const key = currencyKey(field.name)
      return html`<div class="money-input">
        <input ...${common} type="text" inputmode="decimal" placeholder="0.00" />
        ${
          field.currency !== undefined && draft[key] === field.currency
            ? html`<span class="money-currency">${field.currency}</span>`
            : html`<input
          type="text"
          aria-label="Currency"
          maxlength="3"
          placeholder="Currency"
          value=${draft[key] ?? ''}
          onInput=${(event: Event) => set(key, textOf(event).toUpperCase())}
        />`
        }
      </div>`
    }
    case 'reference':
    case 'references':
      return html`<${RefPicker}
        id=${common.id}
        collection=${field.ref ?? ''}
        many=${field.input === 'references'}
        value=${value}
        invalid=${invalid}
        onChange=${(next: string) => set(field.name, next)}
      />`
    case 'file':
    case 'files':
      return html`<${FileInput} ...${common} field=${field} set=${set} />`
    case 'dateTime':
      return html`<input ...${common} type="datetime-local" step="1" />`
    default:
      return html`<input
        ...${common}
        type=${{ date: 'date', email: 'email', url: 'url' }[field.input as string] ?? 'text'}
        inputmode=${{ integer: 'numeric', decimal: 'decimal' }[field.input as string]}
        autocomplete="off" placeholder=${field.input === 'point' ? '52.52, 13.405' : undefined}
      />`
  }
}
