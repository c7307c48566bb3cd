/** One field's value as people read it: references as links, money and structures in words. */
import { html, type View } from '../../vendor/htm-preact.js'
import { isPoint, refId } from '../field-input.ts'
import { isMoney, isTime } from '../format.ts'
import { useIdOwner } from '../schema.ts'
import type { FieldInfo } from '../shapes.ts'
import { kindWords } from '../timeline.ts'
import { FileList } from './file-list.ts'
import { Amount, Chip, Time } from './parts.ts'
import { RefLink, RefText } from './ref-link.ts'
import { Structure } from './structure.ts'

/** `compact` is a table cell: one line, no blocks. `bare` has no links of its own: it stands in one. */
export function Value(props: { field: FieldInfo; value: unknown; compact?: boolean; bare?: boolean }): View {
  const { field, value, compact } = props
  const Reference = props.bare ? RefText : RefLink
  const owner = useIdOwner(value)
  if (value === null || value === undefined || value === '' || isEmptyList(value)) {
    return html`<span class="faint" aria-label="empty">–</span>`
  }
  switch (field.display) {
    case 'money':
      return isMoney(value) ? html`<${Amount} money=${value} />` : plain(value)
    case 'boolean':
      return html`<${Chip} state=${value === true ? 'yes' : 'no'} tone=${value === true ? 'good' : 'quiet'} />`
    case 'dateTime':
      return isTime(value) ? html`<${Time} at=${value} full=${!compact} />` : plain(value)
    case 'choice':
      return html`<${Chip} state=${String(value)} text=${field.name === 'kind' ? kindWords(String(value)) : undefined} />`
    case 'reference':
      return html`<${Reference} collection=${field.ref ?? ''} value=${value} />`
    case 'references':
      return html`<span class="ref-list">
        ${(Array.isArray(value) ? value : []).map(
          (one) => html`<${RefLink} key=${refId(one)} collection=${field.ref ?? ''} value=${one} />`,
        )}
      </span>`
    case 'point':
      return isPoint(value) ? `${value.lat}, ${value.lng}` : plain(value)
    case 'list':
      return Array.isArray(value) ? value.join(', ') : plain(value)
    case 'file':
    case 'files':
      return html`<${FileList} files=${[value].flat()} compact=${compact} />`
    case 'id':
      return html`<code class="id">${String(value)}</code>`
    case 'json':
      if (isWordList(value)) return value.join(', ')
      return compact ? html`<code>${JSON.stringify(value)}</code>` : html`<${Structure} value=${value} />`
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
      if (owner !== undefined && field.display === 'text') return html`<${Reference} collection=${owner} value=${value} />`
      return field.display === 'text' && field.name === 'kind' ? kindWords(String(value)) : plain(value)
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
