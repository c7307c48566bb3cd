// The type of a file by its first bytes, and the size of a picture. What is declared counts where the bytes have no signature
// and do not say otherwise: so what is shown as a picture is one, and a page of HTML is nothing else.
// Signatures: https://mimesniff.spec.whatwg.org/#matching-a-mime-type-pattern
import { pictureSize } from './picture-size.ts'

export type Sniffed = { readonly type: string; readonly width: number | null; readonly height: number | null }

export const unknownType = 'application/octet-stream'

type Signature = { readonly type: string; readonly at?: number; readonly bytes: string; readonly also?: { at: number; bytes: string } }

const signatures: readonly Signature[] = [
  { type: 'image/png', bytes: '\x89PNG\r\n\x1a\n' },
  { type: 'image/jpeg', bytes: '\xff\xd8\xff' },
  { type: 'image/gif', bytes: 'GIF87a' },
  { type: 'image/gif', bytes: 'GIF89a' },
  { type: 'image/webp', bytes: 'RIFF', also: { at: 8, bytes: 'WEBP' } },
  { type: 'audio/wav', bytes: 'RIFF', also: { at: 8, bytes: 'WAVE' } },
  { type: 'image/avif', at: 4, bytes: 'ftypavif' },
  { type: 'image/avif', at: 4, bytes: 'ftypavis' },
  { type: 'image/heic', at: 4, bytes: 'ftyphei' },
  { type: 'image/heic', at: 4, bytes: 'ftypmif1' },
  { type: 'video/quicktime', at: 4, bytes: 'ftypqt' },
  { type: 'audio/mp4', at: 4, bytes: 'ftypM4A' },
  { type: 'video/mp4', at: 4, bytes: 'ftyp' },
  { type: 'video/webm', bytes: '\x1a\x45\xdf\xa3' },
  { type: 'audio/mpeg', bytes: 'ID3' },
  { type: 'application/ogg', bytes: 'OggS' },
  { type: 'audio/flac', bytes: 'fLaC' },
  { type: 'application/pdf', bytes: '%PDF-' },
  { type: 'application/zip', bytes: 'PK\x03\x04' },
  { type: 'application/zip', bytes: 'PK\x05\x06' },
  { type: 'application/gzip', bytes: '\x1f\x8b' },
  { type: 'image/bmp', bytes: 'BM' },
  { type: 'image/tiff', bytes: 'II*\0' },
  { type: 'image/tiff', bytes: 'MM\0*' },
]

/** Types that are made of others: the bytes of a document of an office are a ZIP, and only its sender says which. */
const madeOf: Readonly<Record<string, RegExp>> = {
  'application/zip': /^application\/(?:zip|vnd\.[a-z0-9.+-]+|epub\+zip|java-archive)$/,
  'application/ogg': /^(?:audio|video|application)\/ogg$/,
  'video/webm': /^(?:video|audio)\/(?:webm|x-matroska)$/,
  'video/mp4': /^(?:video|audio)\/(?:mp4|3gpp)$/,
  'application/gzip': /^application\/(?:gzip|x-gzip|x-tar)$/,
}

/** Markup that a browser would run, whatever it is called. */
const markup =
  /^(?:\ufeff)?\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|script|iframe|h1|div|font|table|a|style|title|b|br|p|img|svg|\?xml|!--)/is

const textual = /^(?:text\/[a-z0-9.+-]+|application\/(?:json|xml|javascript|[a-z0-9.-]+\+(?:json|xml))|image\/svg\+xml)$/

/** `head`: the first bytes, all of them where there are few. */
export function sniffType(head: Uint8Array, declared: string | null): Sniffed {
  const type = typeOf(head, mediaTypeOf(declared))
  const size = pictureSize(type, head)
  return { type, width: size?.width ?? null, height: size?.height ?? null }
}

function typeOf(head: Uint8Array, declared: string | null): string {
  const signed = signatures.find((signature) => fits(head, signature))?.type
  if (signed !== undefined) return declared !== null && madeOf[signed]?.test(declared) ? declared : signed
  if (!isText(head)) return declared === null || isSigned(declared) || textual.test(declared) ? unknownType : declared
  const text = Buffer.from(head.subarray(0, 1_024)).toString('utf8')
  if (markup.test(text)) return /<svg[\s>]/i.test(text) ? 'image/svg+xml' : declared === 'application/xml' ? declared : 'text/html'
  return declared !== null && textual.test(declared) ? declared : 'text/plain'
}

function fits(head: Uint8Array, { at = 0, bytes, also }: Signature): boolean {
  return startsAt(head, at, bytes) && (also === undefined || startsAt(head, also.at, also.bytes))
}

function startsAt(head: Uint8Array, at: number, bytes: string): boolean {
  return Buffer.from(head.subarray(at, at + bytes.length)).toString('latin1') === bytes
}

/** A type whose bytes would have been recognised. */
function isSigned(type: string): boolean {
  return signatures.some((signature) => signature.type === type) || Object.values(madeOf).some((pattern) => pattern.test(type))
}

/** UTF-8 without the bytes that no text has. Cut in the middle of a letter, it still is. */
function isText(head: Uint8Array): boolean {
  if (head.some((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27) || byte === 127)) return false
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true })
    return true
  } catch {
    return false
  }
}

/** Without parameters, in lower case; null for what is none. */
function mediaTypeOf(declared: string | null): string | null {
  const [type = ''] = (declared ?? '').split(';', 1).map((text) => text.trim().toLowerCase())
  return /^[a-z]+\/[a-z0-9.+-]{1,100}$/.test(type) ? type : null
}
