/** One field's value as people read it: references as links, money in words, JSON indented. */
import { html, type View, type VNode } from '../../vendor/htm-preact.js'
import { refId } from '../field-input.ts'
import { isMoney, isTime, recordLabel, shortId } from '../format.ts'
import { useLabel } from '../references.ts'
import { recordPath } from '../routes.ts'
import { useCollection, useIdOwner } from '../schema.ts'
import type { FieldInfo } from '../shapes.ts'
import { kindWords } from '../timeline.ts'
import { Amount, Chip, Time } from './parts.ts'

/** A link to a record by its title; by its id until that is known. */
export function RefLink({ collection, value }: { collection: string; value: unknown }): VNode {
  const id = refId(value)
  const text = html`<${RefText} collection=${collection} value=${value} />`
  return useCollection(collection) ? html`<a href=${recordPath(collection, id)}>${text}</a>` : text
}

/** What the record is called. */
export function RefText({ collection, value }: { collection: string; value: unknown }): VNode {
  const id = refId(value)
  // Only what the schema shows may be asked for; anything else would be a needless 404.
  const known = useCollection(collection) !== undefined
  const given = typeof value === 'object' && value !== null ? recordLabel(value as { id: string }) : ''
  const label = useLabel(known && given === '' ? collection : undefined, id)
  return html`<span title=${id}>${given || label || shortId(id)}</span>`
}

/** `compact` is a table cell: one line, no blocks. `bare` has no links of its own: it stands in one. */
export function Value(props: { field: FieldInfo; value: unknown; compact?: boolean; bare?: boolean }): View {
  const { field, value, compact } = props
  const Reference = props.bare ? RefText : RefLink
  const owner = useIdOwner(value)
  if (value === null || value === undefined || value === '' || isEmptyList(value)) {
    return html`<span class="faint" aria-label="empty">–</span>`
  }
  switch (field.kind) {
    case 'money':
      return isMoney(value) ? html`<${Amount} money=${value} />` : plain(value)
    case 'boolean':
      return html`<${Chip} state=${value === true ? 'yes' : 'no'} tone=${value === true ? 'good' : 'quiet'} />`
    case 'dateTime':
      return isTime(value) ? html`<${Time} at=${value} full=${!compact} />` : plain(value)
    case 'enum':
      return html`<${Chip} state=${String(value)} text=${field.name === 'kind' ? kindWords(String(value)) : undefined} />`
    case 'ref':
      return html`<${Reference} collection=${field.ref ?? ''} value=${value} />`
    case 'refs':
      return html`<span class="ref-list">
        ${(Array.isArray(value) ? value : []).map(
          (one) => html`<${RefLink} key=${refId(one)} collection=${field.ref ?? ''} value=${one} />`,
        )}
      </span>`
    case 'id':
      return html`<code class="id">${String(value)}</code>`
    case 'json':
      if (isWordList(value)) return value.join(', ')
      return compact ? html`<code>${JSON.stringify(value)}</code>` : html`<pre class="json">${JSON.stringify(value, null, 2)}</pre>`
    case 'email':
      return compact ? plain(value) : html`<a href=${`mailto:${value}`}>${plain(value)}</a>`
    case 'url':
      // javascript: and friends stay text.
      return !compact && /^https?:/.test(String(value))
        ? html`<a href=${value} target="_blank" rel="noreferrer">${plain(value)}</a>`
        : plain(value)
    case 'longText':
      return compact ? plain(value) : html`<div class="long-text">${plain(value)}</div>`
    default:
      if (owner !== undefined && field.kind === 'text') return html`<${Reference} collection=${owner} value=${value} />`
      return field.kind === 'text' && field.name === 'kind' ? kindWords(String(value)) : plain(value)
  }
}

/** Roles, countries: read as they are said. */
function isWordList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string' && one.length <= 40)
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0
}

function plain(value: unknown): string {
  // A year is a number too: four digits stay together.
  if (typeof value === 'number') return value.toLocaleString(undefined, { useGrouping: 'min2' })
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
