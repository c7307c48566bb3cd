// Whether the certificate of a mail server is the one that its DNS names (DANE, RFC 7672 section 3). Pure.
import { createHash, type X509Certificate } from 'node:crypto'
import type { DnsRecord } from '../../base/dns-wire.ts'
import { limits } from '../../base/limits.ts'

export type TlsaRecord = DnsRecord['TLSA']

/** Of the certificate itself (3), or of one that has signed it (2). The others are for browsers (section 3.1.3). */
const [ofSigner, ofServer] = [2, 3]

const isUsable = ({ usage, selector, match, bytes }: TlsaRecord) =>
  (usage === ofSigner || usage === ofServer) && selector <= 1 && match <= 2 && bytes.length === ([bytes.length, 32, 64][match] ?? -1)

/** Those that can be held against a certificate. None of some: it must be TLS, by any certificate (section 2.2). */
export function usableTlsa(records: readonly TlsaRecord[]): readonly TlsaRecord[] {
  return records.filter(isUsable)
}

/** `names`: that a certificate of whoever was signed for may be for. */
export type DaneCheck = { readonly records: readonly TlsaRecord[]; readonly names: readonly string[]; readonly now: number }

/** Null: it is. Else why not. */
export function daneMisfit(certificate: X509Certificate, { records, names, now }: DaneCheck): string | null {
  // Neither its name nor its dates count then: it is this one (section 3.1.1).
  if (records.some((record) => record.usage === ofServer && isOf(record, certificate))) return null
  const signers = records.filter(({ usage }) => usage === ofSigner)
  if (signers.length === 0) return 'its certificate is not the one that the DNS names'
  const chain = chainOf(certificate)
  const place = chain.findIndex((one, above) => above > 0 && signers.some((record) => isOf(record, one)))
  if (place < 0) return 'its certificate is signed by none that the DNS names'
  if (chain.slice(0, place + 1).some((one) => Date.parse(one.validFrom) > now || Date.parse(one.validTo) < now))
    return 'its certificate is out of date'
  return names.some((name) => certificate.checkHost(name) !== undefined) ? null : `its certificate is not for ${names.join(' or ')}`
}

/** It and those above it, each of which has signed the one before. */
function chainOf(certificate: X509Certificate): X509Certificate[] {
  const chain = [certificate]
  for (
    let above = certificate.issuerCertificate;
    above !== undefined && chain.length < limits.mailChainMax;
    above = above.issuerCertificate
  ) {
    const below = chain.at(-1)!
    if (above.fingerprint256 === below.fingerprint256 || !below.checkIssued(above) || !below.verify(above.publicKey)) break
    chain.push(above)
  }
  return chain
}

function isOf({ selector, match, bytes }: TlsaRecord, certificate: X509Certificate): boolean {
  const content = selector === 0 ? certificate.raw : certificate.publicKey.export({ type: 'spki', format: 'der' })
  const told =
    match === 0
      ? content
      : createHash(match === 1 ? 'sha256' : 'sha512')
          .update(content)
          .digest()
  return told.equals(bytes)
}
