// Addresses at the domain where mail comes in that say which message of ours they belong to: `reply+<token>@in.shop.example`. Who has one was
// written to by us, or got it from who was; it proves nothing else of them. An HMAC makes up what nobody may make up, so a guessed one is
// refused without a look at the database. Invariant: small letters and digits alone, for mail programs that change the case of an address.
import { createHmac } from 'node:crypto'
import { isEqualSecret } from '../../base/secret.ts'
import { createKeptKey } from '../../settings/kept-key.ts'

export type AddressKey = () => Promise<Uint8Array>

/** `reply`: where an answer to the message goes. `bounce`: where mail systems tell what became of it. */
export type AddressUse = 'reply' | 'bounce'

/** Which message of ours, and for what. */
export type SignedPlace = { readonly use: AddressUse; readonly email: string }

export function createAddressKey(parts: Parameters<typeof createKeptKey>[0]): AddressKey {
  return createKeptKey(parts, { name: 'mailAddressKey', operation: 'emails.makeAddressKey', bytes: 32 })
}

/** Of the key that signs: another one gets another letter, and addresses of before stay good as long as its key is kept. */
const keyId = 'a'
/** RFC 5321 section 4.5.3.1.1 has 64 characters: `bounce+`, the id of the key, 26 of the message's id and these. */
const signatureCharacters = 20
const idPrefix = 'eml_'

/** @throws never: an id of ours is 26 characters behind its prefix */
export async function signedAddress(key: AddressKey, { use, email }: SignedPlace, domain: string): Promise<string> {
  const id = email.slice(idPrefix.length)
  return `${use}+${keyId}${id}${await signatureOf(key, use, id)}@${domain}`
}

/** Null: it is none of ours, or somebody changed it. `-` in place of `+` is taken, too: some mail systems have no `+`. */
export async function readSignedAddress(key: AddressKey, address: string, domain: string): Promise<SignedPlace | null> {
  const at = address.lastIndexOf('@')
  if (address.slice(at + 1).toLowerCase() !== domain) return null
  const [, use, id, signature] =
    /^(reply|bounce)[+-]a([0-9a-hjkmnp-tv-z]{26})([0-9a-v]{20})$/.exec(address.slice(0, at).toLowerCase()) ?? []
  if (use === undefined) return null
  if (!isEqualSecret(await signatureOf(key, use as AddressUse, id!), signature!)) return null
  return { use: use as AddressUse, email: `${idPrefix}${id}` }
}

/** 100 bits of an HMAC-SHA256, in base32hex. */
async function signatureOf(key: AddressKey, use: AddressUse, id: string): Promise<string> {
  const digest = createHmac('sha256', await key())
    .update(`mail address\n${use}\n${id}`)
    .digest()
  let text = ''
  for (let index = 0; index < signatureCharacters; index++) text += fiveBits(digest, index * 5).toString(32)
  return text
}

function fiveBits(bytes: Uint8Array, bit: number): number {
  const place = bit >> 3
  const two = (bytes[place]! << 8) | bytes[place + 1]!
  return (two >> (11 - (bit & 7))) & 31
}
