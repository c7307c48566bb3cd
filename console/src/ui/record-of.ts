/** A link to a record of which only the id is known: its prefix tells the collection where we know it. */
import { html, type VNode } from '../../vendor/htm-preact.js'
import { shortId } from '../format.ts'
import { useCollection } from '../schema.ts'
import { RefLink } from './ref-link.ts'

const collections: Record<string, string> = {
  ord: 'orders',
  pay: 'payments',
  usr: 'users',
  eml: 'emails',
  eth: 'emailThreads',
}

export function RecordOf({ id }: { id: string }): VNode {
  const collection = collections[id.split('_')[0] ?? ''] ?? ''
  const known = useCollection(collection)
  if (!known) return html`<span title=${id}>${shortId(id)}</span>`
  return html`<${RefLink} collection=${collection} value=${id} />`
}
