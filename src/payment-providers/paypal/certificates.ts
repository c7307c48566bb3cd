// The certificates that PayPal signs its webhooks with. A message names the address of the one it was signed with, so whoever
// sends it chooses what is asked: nothing is, but a certificate below PayPal's own address, over TLS that vouches for that address.
// Invariant: a key is used only of a certificate that came from there, names PayPal's signer and is within its dates.
import { type KeyObject, X509Certificate } from 'node:crypto'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { plainAddress } from '../../base/web-address.ts'
import type { PayPalParts } from './api.ts'

type Kept = { readonly key: KeyObject; readonly from: number; readonly until: number }

export type Certificates = {
  /**
   * The key that it certifies; null where that address is not PayPal's, or what lies there is no good certificate of PayPal.
   * @throws EngineError overloaded: it cannot be had now
   */
  keyAt(url: string, now: number): Promise<KeyObject | null>
}

export function createCertificates({ egress, place }: Pick<PayPalParts, 'egress' | 'place'>): Certificates {
  const kept = new Map<string, Kept>()
  const missing = new Map<string, number>()
  const asked = new Map<string, Promise<Kept | null>>()

  async function ask(url: string, now: number): Promise<Kept | null> {
    let answer: { readonly status: number; readonly body: string }
    try {
      answer = await egress.request({ method: 'GET', url, isPublicOnly: place.isPublic, headers: { accept: '*/*' } })
    } catch (cause) {
      throw new EngineError('overloaded', { cause })
    }
    if (answer.status === 429 || answer.status >= 500) throw new EngineError('overloaded')
    const found = answer.status === 200 ? readCertificates(answer.body, place.signer) : null
    if (found === null) {
      if (missing.size >= limits.payPalCertificatesMissedMax) missing.clear()
      missing.set(url, now + limits.payPalCertificateMissedMs)
      return null
    }
    if (kept.size >= limits.payPalCertificatesMax) kept.delete(kept.keys().next().value!)
    kept.set(url, found)
    return found
  }

  return {
    async keyAt(text, now) {
      const url = certificateAddress(text, place.certificateUrls)
      if (url === null || (missing.get(url) ?? 0) > now) return null
      let found: Kept | null | undefined = kept.get(url)
      if (found === undefined) {
        let answer = asked.get(url)
        if (answer === undefined) {
          if (asked.size >= limits.payPalCertificatesAskedMax) throw new EngineError('overloaded')
          answer = ask(url, now).finally(() => asked.delete(url))
          asked.set(url, answer)
        }
        found = await answer
      }
      return found !== null && found.from <= now && now <= found.until ? found.key : null
    },
  }
}

/** As it will be asked; null where it leads anywhere else than to PayPal's certificates. */
function certificateAddress(text: string, folders: readonly string[]): string | null {
  const href = text.length > 500 ? undefined : plainAddress(text)?.href
  const folder = folders.find((one) => href?.startsWith(one))
  return href !== undefined && folder !== undefined && /^[\w-]{1,100}$/.test(href.slice(folder.length)) ? href : null
}

/** The first is the signer's; where others follow, each must vouch for the one before it. */
function readCertificates(text: string, signer: string): Kept | null {
  const blocks =
    text.length > limits.payPalCertificateCharactersMax
      ? []
      : (text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [])
  if (blocks.length === 0 || blocks.length > limits.payPalCertificateChainMax) return null
  try {
    const chain = blocks.map((block) => new X509Certificate(block))
    const [own] = chain
    const isChain = chain.every((one, index) => {
      const above = chain[index + 1]
      return above === undefined || (above.ca && one.checkIssued(above) && one.verify(above.publicKey))
    })
    const isSigner = own!.subject.split('\n').includes(`CN=${signer}`)
    if (!isChain || !isSigner) return null
    const { publicKey: key } = own!
    if (key.asymmetricKeyType !== 'rsa' || (key.asymmetricKeyDetails?.modulusLength ?? 0) < 2_048) return null
    return {
      key,
      from: Math.max(...chain.map((one) => Date.parse(one.validFrom))),
      until: Math.min(...chain.map((one) => Date.parse(one.validTo))),
    }
  } catch {
    return null
  }
}
