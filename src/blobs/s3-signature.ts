// AWS Signature Version 4, for requests whose body is at hand.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
import { createHmac, hash } from 'node:crypto'
import { toIso } from '../base/clock.ts'
import type { Unsigned } from './store-client.ts'

export type S3Credentials = { readonly accessKey: string; readonly secretKey: string; readonly region: string }

/** Proves who asks, and that nobody has changed what is asked. */
export function signS3(
  { method, url, headers: given, body, now }: Unsigned,
  { accessKey, secretKey, region }: S3Credentials,
): Record<string, string> {
  const time = toIso(now).replace(/[-:]|\.\d{3}/g, '')
  const day = time.slice(0, 8)
  const bodyHash = hash('sha256', body, 'hex')
  const headers = { host: url.host, 'x-amz-content-sha256': bodyHash, 'x-amz-date': time }
  const names = Object.keys(headers).join(';')
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`)
  const canonical = [method, url.pathname, queryOf(url), lines.join(''), names, bodyHash].join('\n')
  const scope = `${day}/${region}/s3/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', time, scope, hash('sha256', canonical, 'hex')].join('\n')
  const key = [day, region, 's3', 'aws4_request'].reduce<Buffer>((above, word) => mac(above, word), Buffer.from(`AWS4${secretKey}`))
  const signature = mac(key, toSign).toString('hex')
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKey}/${scope}, SignedHeaders=${names}, Signature=${signature}`
  return { ...given, ...headers, authorization }
}

function mac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

/** In the order of the names, encoded as RFC 3986 has it. */
function queryOf({ searchParams }: URL): string {
  const encoded = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
  return [...searchParams]
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .toSorted()
    .join('&')
}
