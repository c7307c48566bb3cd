/** A record by what it is called: as a link, and as text where a link already is. */
import { html, type VNode } from '../../vendor/htm-preact.js'
import { refId } from '../field-input.ts'
import { recordLabel, shortId } from '../format.ts'
import { useLabel } from '../references.ts'
import { recordPath } from '../routes.ts'
import { useCollection } from '../schema.ts'

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
