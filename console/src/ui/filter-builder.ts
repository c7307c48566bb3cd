/** The filters of a list as words that can be edited and removed, and the small form that adds one. */
import { html, useEffect, useRef, useState, type VNode } from '../../vendor/htm-preact.js'
import { localInput } from '../field-input.ts'
import { formatTime, humanize, isTime } from '../format.ts'
import { type FilterTerm, type Operator, operatorWords } from '../query-state.ts'
import type { FieldInfo } from '../shapes.ts'
import { Icon } from './icons.ts'
import { textOf } from './parts.ts'

export function FilterBuilder(props: {
  fields: readonly FieldInfo[]
  filters: readonly FilterTerm[]
  onChange: (filters: FilterTerm[]) => void
}): VNode | null {
  // The index of the term in the form: -1 is a new one, undefined no form.
  const [editing, setEditing] = useState<number | undefined>(undefined)
  const fields = props.fields.filter((field) => field.filterable)
  if (fields.length === 0) return null
  const save = (term: FilterTerm) => {
    const next = [...props.filters]
    if (editing === undefined || editing < 0) next.push(term)
    else next[editing] = term
    setEditing(undefined)
    props.onChange(next)
  }
  return html`<div class="filters">
    ${props.filters.map(
      (term, index) => html`<span class="filter-token" key=${`${index}${term.field}${term.op}${term.value}`}>
        <button type="button" class="token-text" onClick=${() => setEditing(index)}>
          ${humanize(term.field)} <span class="faint">${wordsOf(term)}</span> ${valueWords(term)}
        </button>
        <button
          type="button"
          class="token-remove"
          aria-label=${`Remove the filter on ${humanize(term.field)}`}
          onClick=${() => props.onChange(props.filters.filter((_, at) => at !== index))}
        >
          <${Icon} name="close" size=${14} />
        </button>
      </span>`,
    )}
    ${
      editing === undefined
        ? html`<button type="button" class="button ghost small" onClick=${() => setEditing(-1)}>
          <${Icon} name="filter" size=${16} />Filter
        </button>`
        : html`<${FilterForm}
          key=${editing}
          fields=${fields}
          term=${props.filters[editing]}
          onSave=${save}
          onCancel=${() => setEditing(undefined)}
        />`
    }
  </div>`
}

function wordsOf(term: FilterTerm): string {
  if (term.op !== 'null') return operatorWords[term.op]
  return term.value === 'false' ? 'is not empty' : 'is empty'
}

function valueWords(term: FilterTerm): string {
  if (term.op === 'null') return ''
  return isTime(term.value) ? formatTime(term.value) : term.value
}

function FilterForm(props: {
  fields: readonly FieldInfo[]
  term: FilterTerm | undefined
  onSave: (term: FilterTerm) => void
  onCancel: () => void
}): VNode {
  const { fields, term } = props
  const [name, setName] = useState(term?.field ?? fields[0]?.name ?? '')
  const field = fields.find((one) => one.name === name)
  const offered = field?.operators ?? (['eq', 'ne', 'in', 'null'] satisfies Operator[])
  const [op, setOp] = useState<Operator>(term?.op ?? offered[0] ?? 'eq')
  const [value, setValue] = useState(term?.value ?? '')
  const first = useRef<HTMLSelectElement | null>(null)
  useEffect(() => {
    first.current?.focus()
  }, [])
  const pick = (next: string) => {
    const chosen = fields.find((one) => one.name === next)
    setName(next)
    setOp(chosen?.operators[0] ?? 'eq')
    setValue('')
  }
  const submit = (event: Event) => {
    event.preventDefault()
    const text = value === '' ? defaultValue(field, op) : value
    if (text !== '') props.onSave({ field: name, op, value: text })
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape') props.onCancel()
  }
  const ops = offered.includes(op) ? offered : [op, ...offered]
  return html`<form class="filter-form" onSubmit=${submit} onKeyDown=${onKey}>
    <select aria-label="Field" ref=${first} value=${name} onChange=${(event: Event) => pick(textOf(event))}>
      ${!field && html`<option value=${name}>${name}</option>`}
      ${fields.map((one) => html`<option key=${one.name} value=${one.name}>${humanize(one.name)}</option>`)}
    </select>
    <select
      aria-label="Operator"
      value=${op}
      onChange=${(event: Event) => {
        setOp(textOf(event) as Operator)
        setValue('')
      }}
    >
      ${ops.map((one) => html`<option key=${one} value=${one}>${operatorWords[one]}</option>`)}
    </select>
    <${FilterValue} field=${field} op=${op} value=${value} onChange=${setValue} />
    <button type="submit" class="button primary small">Apply</button>
    <button type="button" class="button ghost small" onClick=${props.onCancel}>Cancel</button>
  </form>`
}

const hints: Partial<Record<Operator, string>> = { near: '52.52,13.405,5000 (m)', within: 'south,west,north,east' }

/** What a select shows first counts as chosen. */
function defaultValue(field: FieldInfo | undefined, op: Operator): string {
  if (op === 'null' || field?.input === 'boolean') return 'true'
  if (field?.input === 'choice' && op !== 'in') return field.options?.[0] ?? ''
  return ''
}

function FilterValue(props: { field: FieldInfo | undefined; op: Operator; value: string; onChange: (value: string) => void }): VNode {
  const { field, op, value } = props
  const onText = (event: Event) => props.onChange(textOf(event))
  const select = (options: [string, string][]) => html`<select aria-label="Value" value=${value || options[0]?.[0]} onChange=${onText}>
    ${options.map(([key, text]) => html`<option key=${key} value=${key}>${text}</option>`)}
  </select>`
  if (op === 'null')
    return select([
      ['true', 'yes'],
      ['false', 'no'],
    ])
  if (field?.input === 'boolean')
    return select([
      ['true', 'yes'],
      ['false', 'no'],
    ])
  if (field?.input === 'choice' && op !== 'in' && op !== 'nin') {
    return select((field.options ?? []).map((option) => [option, humanize(option)]))
  }
  if (field?.input === 'dateTime') {
    // The API compares instants; people think in their own zone.
    const onTime = (event: Event) => {
      const date = new Date(textOf(event))
      props.onChange(Number.isNaN(date.getTime()) ? '' : date.toISOString())
    }
    return html`<input type="datetime-local" aria-label="Value" value=${localInput(value)} onChange=${onTime} />`
  }
  const hint = op === 'in' || op === 'nin' ? 'a,b,c' : (hints[op] ?? (field?.input === 'money' ? 'in cents: 1999' : 'value'))
  return html`<input
    type=${field?.input === 'date' ? 'date' : 'text'}
    aria-label="Value"
    placeholder=${hint}
    value=${value}
    onInput=${onText}
  />`
}
