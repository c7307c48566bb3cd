// The secret of the feed's ids: an id of one process is good for all of them.
import { createKeptKey } from '../settings/kept-key.ts'
import { placesKeyBytes } from './places.ts'

export function createPlacesKey(parts: Parameters<typeof createKeptKey>[0]): () => Promise<Uint8Array> {
  return createKeptKey(parts, { name: 'placesKey', operation: 'changes.makePlacesKey', bytes: placesKeyBytes })
}
