// A link that lets whoever has it read one file until its time is over: an HMAC-SHA256 over the file and that time.
import { isEqualSecret, signHmac } from '../../base/secret.ts'
import { createKeptKey } from '../../settings/kept-key.ts'

export type LinkKey = () => Promise<Uint8Array>

export function createFileLinkKey(parts: Parameters<typeof createKeptKey>[0]): LinkKey {
  return createKeptKey(parts, { name: 'fileLinkKey', operation: 'files.makeLinkKey', bytes: 32 })
}

export type FileLink = { readonly id: string; readonly expires: number }

/** `expires`: milliseconds since 1970. */
export async function signLink(key: LinkKey, { id, expires }: FileLink): Promise<string> {
  return await signText(key, `file\n${id}\n${expires}`)
}

/** What a text says begins with what it is for, so that none is good for something else. */
export async function signText(key: LinkKey, text: string): Promise<string> {
  return signHmac(Buffer.from(await key()).toString('hex'), text)
}

export async function isLinkGood(key: LinkKey, link: FileLink & { readonly signature: string }, now: number): Promise<boolean> {
  return isEqualSecret(await signLink(key, link), link.signature) && now < link.expires
}
