// DKIM (RFC 6376), relaxed/relaxed, by RSA and Ed25519 (RFC 8463). Nodemailer's own signs by RSA alone, leaves `List-Unsubscribe-Post` out,
// and sends unsigned what it fails to sign. Invariant: the same message and key are the same signature, whenever it is made.
import { createHash, createPrivateKey, type KeyObject, sign } from 'node:crypto'

export type DkimKey = { readonly domain: string; readonly selector: string; readonly key: KeyObject }

/**
 * What is signed, where it is there. Those of `once` are named once more than they are there: then nobody adds a second one, of which some
 * programs show the other (RFC 6376 section 8.15). RFC 8058 asks for the two of lists.
 */
const once = ['from', 'to', 'cc', 'reply-to', 'subject', 'date', 'message-id', 'in-reply-to', 'references', 'mime-version', 'content-type']
const signed = [...once, 'content-transfer-encoding', 'list-unsubscribe', 'list-unsubscribe-post', 'auto-submitted']

/** @throws Error of what is no private key, is no RSA or Ed25519 key, or a short one */
export function parseDkimKey(pem: string): KeyObject {
  // What stands in a variable has its line breaks written out, most often.
  const key = createPrivateKey(pem.replaceAll('\\n', '\n'))
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  // RFC 8301 section 3.2.
  if (type === 'rsa' && (details?.modulusLength ?? 0) >= 2_048) return key
  if (type === 'ed25519') return key
  throw new Error('it must be an RSA key of at least 2048 bits, or an Ed25519 key')
}

/** The message with a signature of each key before it. `at`: milliseconds since 1970, the same for each attempt. */
export function signDkim(message: Buffer, keys: readonly DkimKey[], at: number): Buffer {
  if (keys.length === 0) return message
  const end = message.indexOf('\r\n\r\n')
  const headers = message
    .subarray(0, end + 2)
    .toString('latin1')
    .split(/\r\n(?![ \t])/)
    .filter(Boolean)
  const body = message.subarray(end + 4).toString('latin1')
  const bodyHash = createHash('sha256').update(relaxedBody(body), 'latin1').digest('base64')
  const lines = keys.map((key) => signatureLine(headers, { key, bodyHash, at }))
  return Buffer.concat([Buffer.from(lines.join(''), 'latin1'), message])
}

type Signing = { readonly key: DkimKey; readonly bodyHash: string; readonly at: number }

function signatureLine(headers: readonly string[], { key: { domain, selector, key }, bodyHash, at }: Signing): string {
  const isRsa = key.asymmetricKeyType === 'rsa'
  const byName = Map.groupBy(headers, nameOf)
  const names = signed.flatMap((name) => {
    const there = byName.get(name) ?? []
    return [...there.map(() => name), ...(once.includes(name) ? [name] : [])]
  })
  // From the last one up, as RFC 6376 section 5.4.2 takes them; the names beyond what is there stand for nothing.
  const covered = signed.flatMap((name) => (byName.get(name) ?? []).toReversed())
  const tags = [
    'v=1',
    `a=${isRsa ? 'rsa' : 'ed25519'}-sha256`,
    'c=relaxed/relaxed',
    `d=${domain}`,
    `s=${selector}`,
    `t=${Math.floor(at / 1_000)}`,
    `h=${foldedNames(names)}`,
    `bh=${bodyHash}`,
    'b=',
  ]
  const unsigned = `DKIM-Signature: ${tags.join(';\r\n ')}`
  const text = [...covered, unsigned].map(relaxedHeader).join('\r\n')
  const bytes = Buffer.from(text, 'latin1')
  // RFC 8463 section 3: Ed25519 signs the hash.
  const signature = isRsa ? sign('sha256', bytes, key) : sign(null, createHash('sha256').update(bytes).digest(), key)
  return `${unsigned}${signature.toString('base64').replaceAll(/.{72}(?=.)/g, '$&\r\n  ')}\r\n`
}

function foldedNames(names: readonly string[]): string {
  return names.join(':').replaceAll(/.{1,64}:(?=.)/g, '$&\r\n  ')
}

function nameOf(line: string): string {
  return line.slice(0, line.indexOf(':')).trim().toLowerCase()
}

/** RFC 6376 section 3.4.2. */
function relaxedHeader(line: string): string {
  const value = line.slice(line.indexOf(':') + 1).replaceAll('\r\n', '')
  return `${nameOf(line)}:${value.replaceAll(/[ \t]+/g, ' ').replaceAll(/^ | $/g, '')}`
}

/** RFC 6376 section 3.4.4. */
export function relaxedBody(body: string): string {
  const lines = body.split('\r\n').map((line) => line.replaceAll(/[ \t]+/g, ' ').replace(/ $/, ''))
  while (lines.at(-1) === '') lines.pop()
  return lines.length === 0 ? '' : `${lines.join('\r\n')}\r\n`
}
