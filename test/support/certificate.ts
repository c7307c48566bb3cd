// A certificate that nobody else signed, in PEM, for tests of TLS: made here, so that no program has to be there.
import { generateKeyPairSync, sign } from 'node:crypto'

/** X.690: one element. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const size = content.length
  const head = size < 0x80 ? [tag, size] : size < 0x100 ? [tag, 0x81, size] : [tag, 0x82, size >> 8, size & 0xff]
  return Buffer.concat([Buffer.from(head), content])
}

const [integer, bits, oid, utf8, time, sequence, set, version] = [0x02, 0x03, 0x06, 0x0c, 0x17, 0x30, 0x31, 0xa0]
/** 2.5.4.3, and ECDSA with SHA-256. */
const commonName = der(oid, Buffer.from('550403', 'hex'))
const algorithm = der(sequence, der(oid, Buffer.from('2a8648ce3d040302', 'hex')))

type Certified = { readonly name: string; readonly key: string; readonly cert: string }

const called = (name: string) => der(sequence, der(set, der(sequence, commonName, der(utf8, Buffer.from(name)))))

/** 2.5.29.19, critical: it may sign others. */
const authority = der(
  0xa3,
  der(
    sequence,
    der(sequence, der(oid, Buffer.from('551d13', 'hex')), Buffer.from('0101ff', 'hex'), der(0x04, Buffer.from('30030101ff', 'hex'))),
  ),
)

type Options = { readonly isAuthority?: boolean; readonly issuer?: Pick<Certified, 'name' | 'key'> }

/** Good until 2049. `issuer`: whose key signs it; its own when left out. */
export function selfSigned(name: string, { isAuthority = false, issuer }: Options = {}): Certified {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const subject = called(name)
  const dates = ['200101000000Z', '491231235959Z'].map((date) => der(time, Buffer.from(date)))
  const body = der(
    sequence,
    der(version, der(integer, Buffer.from([2]))),
    der(integer, Buffer.from([1])),
    algorithm,
    issuer === undefined ? subject : called(issuer.name),
    der(sequence, ...dates),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(isAuthority ? [authority] : []),
  )
  const signature = der(bits, Buffer.from([0]), sign('sha256', body, issuer === undefined ? privateKey : issuer.key))
  const base64 = der(sequence, body, algorithm, signature).toString('base64').replaceAll(/.{64}/g, '$&\n').trimEnd()
  return {
    name,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
  }
}
