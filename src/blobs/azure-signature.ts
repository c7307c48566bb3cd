// Azure Storage's authorization by Shared Key, for the Blob service.
// https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
import { createHmac, hash } from 'node:crypto'
import type { Unsigned } from './store-client.ts'

/** `key`: as the portal shows it, in base64. */
export type AzureCredentials = { readonly account: string; readonly key: string }

/** Of the service: what an answer looks like, and what is signed. */
const version = '2021-12-02'

/** A body is not in what is signed, but its checksum is, and the store compares the two. */
export function signAzure({ method, url, headers, body, now }: Unsigned, { account, key }: AzureCredentials): Record<string, string> {
  const sent: Record<string, string> = { ...headers, 'x-ms-date': new Date(now).toUTCString(), 'x-ms-version': version }
  if (body.length > 0) sent['content-md5'] = hash('md5', body, 'base64')
  const standard = [
    'content-encoding',
    'content-language',
    'content-length',
    'content-md5',
    'content-type',
    'date',
    'if-modified-since',
    'if-match',
    'if-none-match',
    'if-unmodified-since',
    'range',
  ].map((name) => (name === 'content-length' && body.length > 0 ? String(body.length) : (sent[name] ?? '')))
  const own = Object.keys(sent)
    .filter((name) => name.startsWith('x-ms-'))
    .toSorted()
    .map((name) => `${name}:${sent[name]}`)
  const toSign = [method, ...standard, ...own, resourceOf(url, account)].join('\n')
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(toSign).digest('base64')
  return { ...sent, authorization: `SharedKey ${account}:${signature}` }
}

/** The account, the path as it is sent, and what is asked in the order of the names. */
function resourceOf({ pathname, searchParams }: URL, account: string): string {
  const asked = [...searchParams].map(([name, value]) => `\n${name.toLowerCase()}:${value}`)
  return `/${account}${pathname}${asked.toSorted().join('')}`
}
