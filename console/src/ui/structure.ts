/** A structured value as people read it: names in words, money and times written out, ids as links. */
import { html, type View } from '../../vendor/htm-preact.js'
import { countryName, humanize, isMoney, isTime } from '../format.ts'
import { useIdOwner } from '../schema.ts'
import { Amount, Time } from './parts.ts'
import { RefLink } from './ref-link.ts'

// Deeper than anything of ours; a project's own JSON may go further and is then shown as it is.
const depthMax = 5

export function Structure({ value, depth = 0 }: { value: unknown; depth?: number }): View {
  if (typeof value !== 'object' || value === null) return html`<${Leaf} value=${value} />`
  if (isMoney(value)) return html`<${Amount} money=${value} />`
  if (depth >= depthMax) return html`<code>${JSON.stringify(value)}</code>`
  if (Array.isArray(value)) {
    if (value.length === 0) return html`<span class="faint">none</span>`
    return html`<ol class="structure">
      ${value.map((one, index) => html`<li key=${index}><${Structure} value=${one} depth=${depth + 1} /></li>`)}
    </ol>`
  }
  return html`<dl class="structure">
    ${Object.entries(value).map(
      ([name, part]) => html`<div class="structure-row" key=${name}>
        <dt title=${name}>${humanize(name)}</dt>
        <dd>${name === 'country' && typeof part === 'string' ? countryName(part) : html`<${Structure} value=${part} depth=${depth + 1} />`}</dd>
      </div>`,
    )}
  </dl>`
}

function Leaf({ value }: { value: unknown }): View {
  const owner = useIdOwner(value)
  if (owner !== undefined) return html`<${RefLink} collection=${owner} value=${value} />`
  if (value === null || value === undefined || value === '') return html`<span class="faint" aria-label="empty">–</span>`
  if (typeof value === 'boolean') return value ? 'Yes' : 'No'
  return isTime(value) ? html`<${Time} at=${value} full />` : String(value)
}
