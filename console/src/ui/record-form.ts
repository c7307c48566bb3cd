/** The form of a record, drawn from its schema. Holds the draft; the page sends it and gives back errors. */
import { html, useEffect, useState, type View, type VNode } from '../../vendor/htm-preact.js'
import { currencyKey, type Draft, draftOf, editableFields, readDraft, type Values } from '../field-input.ts'
import { humanize } from '../format.ts'
import type { FieldInfo } from '../shapes.ts'
import { textOf } from './parts.ts'
import { RefPicker } from './ref-picker.ts'

export function RecordForm(props: {
  fields: readonly FieldInfo[]
  /** What the draft is compared with: `{}` for a new record. */
  record: Values
  errors: { [field: string]: string }
  busy: boolean
  action: string
  /** Stands beside the buttons: that is where the eye is after pressing one. */
  note?: View
  onSubmit: (values: Values) => void
  onCancel: () => void
}): VNode {
  const fields = editableFields(props.fields)
  const [draft, setDraft] = useState<Draft>(() => draftOf(fields, props.record))
  const [unread, setUnread] = useState<{ [field: string]: string }>({})
  const set = (name: string, text: string) => setDraft((old) => ({ ...old, [name]: text }))
  const submit = (event: Event) => {
    event.preventDefault()
    const reading = readDraft(fields, draft, props.record)
    setUnread(reading.errors)
    if (Object.keys(reading.errors).length === 0) props.onSubmit(reading.values)
  }
  const wrong = Object.keys({ ...props.errors, ...unread })
  const first = fields.find((field) => wrong.includes(field.name))?.name
  useEffect(() => {
    if (first !== undefined) document.getElementById(`field-${first}`)?.focus()
  }, [first, props.errors, unread])
  return html`<form class="form" onSubmit=${submit} novalidate>
    ${fields.map((field) => {
      const error = unread[field.name] ?? props.errors[field.name]
      return html`<div class="field" key=${field.name}>
        <label for=${`field-${field.name}`}>
          ${humanize(field.name)}
          ${!field.required && html`<span class="faint">optional</span>`}
        </label>
        <${Input} field=${field} draft=${draft} set=${set} invalid=${error !== undefined} />
        ${error && html`<p class="field-error" id=${`error-${field.name}`}>${error}</p>`}
      </div>`
    })}
    ${props.note}
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
  switch (field.kind) {
    case 'longText':
      return html`<textarea ...${common} rows="6" />`
    case 'json':
      return html`<textarea ...${common} rows="8" class="mono" spellcheck=${false} />`
    case 'boolean':
      return html`<select ...${common}>
        ${(!field.required || value === '') && html`<option value="">–</option>`}
        <option value="true">Yes</option>
        <option value="false">No</option>
      </select>`
    case 'enum':
      return html`<select ...${common}>
        ${(!field.required || value === '') && html`<option value="">–</option>`}
        ${(field.options ?? []).map((option) => html`<option key=${option} value=${option}>${humanize(option)}</option>`)}
      </select>`
    case 'money': {
      const key = currencyKey(field.name)
      return html`<div class="money-input">
        <input ...${common} type="text" inputmode="decimal" placeholder="0.00" />
        <input
          type="text"
          aria-label="Currency"
          maxlength="3"
          placeholder="EUR"
          value=${draft[key] ?? ''}
          onInput=${(event: Event) => set(key, textOf(event).toUpperCase())}
        />
      </div>`
    }
    case 'ref':
    case 'refs':
      return html`<${RefPicker}
        id=${common.id}
        collection=${field.ref ?? ''}
        many=${field.kind === 'refs'}
        value=${value}
        invalid=${invalid}
        onChange=${(next: string) => set(field.name, next)}
      />`
    case 'dateTime':
      return html`<input ...${common} type="datetime-local" step="1" />`
    default:
      return html`<input
        ...${common}
        type=${{ date: 'date', email: 'email', url: 'url' }[field.kind as string] ?? 'text'}
        inputmode=${{ integer: 'numeric', decimal: 'decimal' }[field.kind as string]}
        autocomplete="off"
      />`
  }
}
