// Blobs in a bucket of Amazon S3, or of a store that speaks the same (Google Cloud Storage, Cloudflare R2, VersityGW and others).
// Objects of more than one part are sent as a multipart upload, so that no more than one part is in memory; an object is there
// whole or not at all. https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
import type { Clock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import { type BlobStore, checkKey } from './blob-store.ts'
import { type S3Credentials, signS3 } from './s3-signature.ts'
import { createStoreClient, partsOf, readsOf, type StoreClient, textIn, textsOf, unavailable, wholeText } from './store-client.ts'

/** `url`: of the bucket, without a slash at its end. */
export type S3Place = S3Credentials & { readonly url: string }

export function createS3Blobs(place: S3Place, clock: Clock): BlobStore {
  const ask = createStoreClient(place.url, (request) => signS3(request, place), clock)

  return {
    async write(key, bytes) {
      checkKey(key)
      const parts = partsOf(bytes)
      const first = (await parts.next()).value ?? Buffer.alloc(0)
      if (first.length >= limits.blobPartBytes) return await inParts(ask, key, { first, rest: parts })
      const answer = await ask({ method: 'PUT', key, body: first }, 200)
      answer.resume()
    },

    ...readsOf(ask, 'range'),

    async remove(key) {
      checkKey(key)
      const answer = await ask({ method: 'DELETE', key }, 200, 204, 404)
      answer.resume()
      // A multipart upload whose process has died is seen nowhere, and paid for.
      for (const uploadId of await openUploads(ask, key)) await abort(ask, key, uploadId)
    },

    async *keys() {
      let from: string | null = null
      do {
        const query: Record<string, string> = { 'list-type': '2', ...(from === null ? {} : { 'continuation-token': from }) }
        const page = await wholeText(await ask({ method: 'GET', query }, 200))
        // Others may keep something in the bucket, too.
        for (const key of textsOf(page, 'Key')) if (/^[0-9a-f]{32}(?:\.\d+)?$/.test(key)) yield key
        from = textsOf(page, 'IsTruncated')[0] === 'true' ? textIn(page, 'NextContinuationToken') : null
      } while (from !== null)
    },
  }
}

async function inParts(
  ask: StoreClient,
  key: string,
  { first, rest }: { readonly first: Buffer; readonly rest: AsyncIterable<Buffer> },
): Promise<void> {
  const begun = await wholeText(await ask({ method: 'POST', key, query: { uploads: '' } }, 200))
  const uploadId = textIn(begun, 'UploadId')
  try {
    const tags: string[] = []
    const sendPart = async (body: Buffer) => {
      const partNumber = String(tags.length + 1)
      const answer = await ask({ method: 'PUT', key, query: { partNumber, uploadId }, body }, 200)
      answer.resume()
      tags.push(answer.headers.etag ?? '')
    }
    await sendPart(first)
    for await (const part of rest) await sendPart(part)
    const list = tags.map((tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${tag}</ETag></Part>`).join('')
    const body = Buffer.from(`<CompleteMultipartUpload>${list}</CompleteMultipartUpload>`)
    const ended = await wholeText(await ask({ method: 'POST', key, query: { uploadId }, body }, 200))
    // It may have begun to answer 200 before it knew.
    if (ended.includes('<Error>')) throw unavailable(new Error(ended.slice(0, 500)))
  } catch (error) {
    await abort(ask, key, uploadId).catch(() => {})
    throw error
  }
}

async function abort(ask: StoreClient, key: string, uploadId: string): Promise<void> {
  ;(await ask({ method: 'DELETE', key, query: { uploadId } }, 204, 404)).resume()
}

/** Of this key: what is asked for is what begins with it. */
async function openUploads(ask: StoreClient, key: string): Promise<string[]> {
  const found = await wholeText(await ask({ method: 'GET', query: { uploads: '', prefix: key } }, 200))
  return found
    .split('<Upload>')
    .slice(1)
    .flatMap((upload) => (textIn(upload, 'Key') === key ? [textIn(upload, 'UploadId')] : []))
}
