// Makes X.509 certificates (RFC 5280), as a provider has them that signs its webhooks by one. Node reads certificates and makes
// none; what is needed of DER is a page.
import { generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto'

export type MadeCertificate = { readonly pem: string; readonly privateKey: KeyObject }

export type CertificateRequest = {
  /** Whom it names: `messageverificationcerts.paypal.com`. */
  readonly commonName: string
  readonly from: number
  readonly until: number
  /** Who vouches for it; itself when left out. */
  readonly issuer?: { readonly commonName: string; readonly privateKey: KeyObject }
  /** It may vouch for others. */
  readonly isAuthority?: boolean
  readonly bits?: number
}

/** An RSA key of 2,048 bits when no other length is asked for: some 100 ms. */
export function makeCertificate({
  commonName,
  from,
  until,
  issuer,
  isAuthority = false,
  bits = 2_048,
}: CertificateRequest): MadeCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: bits })
  const info = publicKey.export({ type: 'spki', format: 'der' })
  const constraints = sequence(objectId('551d13'), Buffer.from('0101ff', 'hex'), element(0x04, sequence(Buffer.from('0101ff', 'hex'))))
  const content = sequence(
    element(0xa0, integer(Buffer.from([2]))),
    // Its number is made of its key. DER has no integer that begins with zeros.
    integer(Buffer.concat([Buffer.from([1]), hash('sha256', info, 'buffer').subarray(0, 8)])),
    sha256WithRsa,
    nameOf(issuer?.commonName ?? commonName),
    sequence(timeOf(from), timeOf(until)),
    nameOf(commonName),
    info,
    ...(isAuthority ? [element(0xa3, sequence(constraints))] : []),
  )
  const signature = sign('sha256', content, issuer?.privateKey ?? privateKey)
  const whole = sequence(content, sha256WithRsa, element(0x03, Buffer.from([0]), signature))
  const lines = whole.toString('base64').match(/.{1,64}/g)!
  return { pem: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`, privateKey }
}

function element(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content)
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body])
  const length = Buffer.from(body.length.toString(16).padStart(body.length > 0xff ? 4 : 2, '0'), 'hex')
  return Buffer.concat([Buffer.from([tag, 0x80 + length.length]), length, body])
}

const sequence = (...content: readonly Uint8Array[]) => element(0x30, ...content)
const objectId = (hex: string) => element(0x06, Buffer.from(hex, 'hex'))
const integer = (bytes: Buffer) => element(0x02, bytes)
const sha256WithRsa = sequence(objectId('2a864886f70d01010b'), Buffer.from('0500', 'hex'))
const nameOf = (commonName: string) => sequence(element(0x31, sequence(objectId('550403'), element(0x0c, Buffer.from(commonName)))))

/** From 2050 on the year has four digits. */
function timeOf(time: number): Buffer {
  const text = new Date(time).toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  return Number(text.slice(0, 4)) < 2050 ? element(0x17, Buffer.from(text.slice(2))) : element(0x18, Buffer.from(text))
}
