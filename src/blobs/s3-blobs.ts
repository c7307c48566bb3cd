// Blobs in a bucket of Amazon S3, or of a store that speaks the same (Google Cloud Storage, Cloudflare R2, VersityGW and others).
// Objects of more than one part are sent as a multipart upload, so that no more than one part is in memory; an object is there
// whole or not at all. https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
import { text as textOf } from 'node:stream/consumers'
import type { Clock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import { type BlobStore, checkKey } from './blob-store.ts'
import { createS3Client, type S3Client, type S3Place, unavailable } from './s3-client.ts'

export function createS3Blobs(place: S3Place, clock: Clock): BlobStore {
  const ask = createS3Client(place, clock)

  return {
    async write(key, bytes) {
      checkKey(key)
      const parts = partsOf(bytes)
      const first = (await parts.next()).value ?? Buffer.alloc(0)
      if (first.length >= limits.blobPartBytes) return await inParts(ask, key, { first, rest: parts })
      const answer = await ask({ method: 'PUT', key, body: first }, 200)
      answer.resume()
    },

    async read(key, range) {
      checkKey(key)
      const headers = range === undefined ? {} : { range: `bytes=${range.first}-${range.last}` }
      const answer = await ask({ method: 'GET', key, headers }, 200, 206, 404)
      if (answer.statusCode !== 404) return answer
      answer.resume()
      return null
    },

    async sizeOf(key) {
      checkKey(key)
      const answer = await ask({ method: 'HEAD', key }, 200, 404)
      answer.resume()
      return answer.statusCode === 404 ? null : Number(answer.headers['content-length'])
    },

    async remove(key) {
      checkKey(key)
      const answer = await ask({ method: 'DELETE', key }, 200, 204, 404)
      answer.resume()
    },

    async *keys() {
      let from: string | null = null
      do {
        const query: Record<string, string> = { 'list-type': '2', ...(from === null ? {} : { 'continuation-token': from }) }
        const page = await textOf(await ask({ method: 'GET', query }, 200))
        // Others may keep something in the bucket, too.
        for (const [, key] of page.matchAll(/<Key>([0-9a-f]{32}(?:\.\d+)?)<\/Key>/g)) yield key!
        from = /<IsTruncated>true</.test(page) ? oneOf(page, 'NextContinuationToken') : null
      } while (from !== null)
    },
  }
}

/** Each of the size that a part of a multipart upload has, the last one smaller; at least one. */
async function* partsOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, undefined> {
  let held: Uint8Array[] = []
  let size = 0
  for await (const some of bytes) {
    held.push(some)
    size += some.length
    if (size < limits.blobPartBytes) continue
    yield Buffer.concat(held)
    held = []
    size = 0
  }
  if (size > 0) yield Buffer.concat(held)
}

function oneOf(xml: string, name: string): string {
  const found = new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1]
  if (found === undefined) throw unavailable(new Error(`The store of files gave no ${name}: ${xml.slice(0, 500)}`))
  return found.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>')
}

async function inParts(
  ask: S3Client,
  key: string,
  { first, rest }: { readonly first: Buffer; readonly rest: AsyncIterable<Buffer> },
): Promise<void> {
  const begun = await textOf(await ask({ method: 'POST', key, query: { uploads: '' } }, 200))
  const uploadId = oneOf(begun, 'UploadId')
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
    const ended = await textOf(await ask({ method: 'POST', key, query: { uploadId }, body }, 200))
    // It may have begun to answer 200 before it knew.
    if (ended.includes('<Error>')) throw unavailable(new Error(ended.slice(0, 500)))
  } catch (error) {
    await ask({ method: 'DELETE', key, query: { uploadId } }, 204, 404).then(
      (answer) => answer.resume(),
      () => {},
    )
    throw error
  }
}
