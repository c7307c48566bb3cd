// Blobs in a container of Azure Blob Storage, each a block blob. One of more than one part is sent in blocks and put together at the
// end, so that no more than one part is in memory; a blob is there whole or not at all.
// https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api
import type { Clock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import { type AzureCredentials, signAzure } from './azure-signature.ts'
import { type BlobStore, checkKey } from './blob-store.ts'
import { createStoreClient, partsOf, readsOf, type StoreClient, textsOf, wholeText } from './store-client.ts'

/** `url`: of the container, without a slash at its end. */
export type AzurePlace = AzureCredentials & { readonly url: string }

export function createAzureBlobs(place: AzurePlace, clock: Clock): BlobStore {
  const ask = createStoreClient(place.url, (request) => signAzure(request, place), clock)

  return {
    async write(key, bytes) {
      checkKey(key)
      const parts = partsOf(bytes)
      const first = (await parts.next()).value ?? Buffer.alloc(0)
      if (first.length < limits.blobPartBytes) return await put(ask, key, first)
      const blocks: string[] = []
      const sendBlock = async (body: Buffer) => {
        // All of one length, in base64.
        const blockid = Buffer.from(String(blocks.length).padStart(6, '0')).toString('base64')
        ;(await ask({ method: 'PUT', key, query: { comp: 'block', blockid }, body }, 201)).resume()
        blocks.push(blockid)
      }
      try {
        await sendBlock(first)
        for await (const part of parts) await sendBlock(part)
        const list = blocks.map((block) => `<Latest>${block}</Latest>`).join('')
        const body = Buffer.from(`<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`)
        ;(await ask({ method: 'PUT', key, query: { comp: 'blocklist' }, body }, 201)).resume()
      } catch (error) {
        await discard(ask, key).catch(() => {})
        throw error
      }
    },

    ...readsOf(ask, 'x-ms-range'),

    async remove(key) {
      checkKey(key)
      if (await removeWhole(ask, key)) return
      // Blocks that nothing came of are seen nowhere, and would be kept for a week.
      const left = await ask({ method: 'GET', key, query: { comp: 'blocklist', blocklisttype: 'uncommitted' } }, 200, 404)
      left.resume()
      if (left.statusCode === 200) await discard(ask, key)
    },

    async *keys() {
      let marker = ''
      do {
        const page = await wholeText(
          await ask({ method: 'GET', query: { restype: 'container', comp: 'list', ...(marker && { marker }) } }, 200),
        )
        // Others may keep something in the container, too.
        for (const name of textsOf(page, 'Name')) if (/^[0-9a-f]{32}(?:\.\d+)?$/.test(name)) yield name
        marker = textsOf(page, 'NextMarker')[0] ?? ''
      } while (marker !== '')
    },
  }
}

async function put(ask: StoreClient, key: string, body: Buffer): Promise<void> {
  ;(await ask({ method: 'PUT', key, headers: { 'x-ms-blob-type': 'BlockBlob' }, body }, 201)).resume()
}

/** Whether there was one. */
async function removeWhole(ask: StoreClient, key: string): Promise<boolean> {
  const answer = await ask({ method: 'DELETE', key, headers: { 'x-ms-delete-snapshots': 'include' } }, 202, 404)
  answer.resume()
  return answer.statusCode === 202
}

/** A blob that is written as a whole takes the place of blocks that were sent before. */
async function discard(ask: StoreClient, key: string): Promise<void> {
  await put(ask, key, Buffer.alloc(0))
  await removeWhole(ask, key)
}
