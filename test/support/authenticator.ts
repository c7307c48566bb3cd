// An authenticator in software: makes passkeys and uses them as WebAuthn Level 3 says (sections 6.1 and 6.5), and lies where a test
// asks it to. Its keys and signatures are Node's.
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

type Algorithm = 'ES256' | 'RS256' | 'EdDSA'

/** What it says in place of what is so. */
export type Lies = {
  readonly origin?: string
  readonly rpId?: string
  readonly challenge?: string
  readonly type?: string
  readonly crossOrigin?: boolean
  readonly isVerified?: boolean
  readonly isPresent?: boolean
  readonly userHandle?: string | null
  readonly count?: number
  /** Another key signs. */
  readonly signedBy?: Authenticator
}

type CreationOptions = { readonly challenge: string; readonly rp: { readonly id: string }; readonly user: { readonly id: string } }
type RequestOptions = { readonly challenge: string; readonly rpId: string }

export type Authenticator = {
  readonly id: string
  /** Answers a RegistrationResponseJSON. */
  create(options: CreationOptions, lies?: Lies): Record<string, unknown> & { response: Record<string, unknown> }
  /** Answers an AuthenticationResponseJSON. */
  get(options: RequestOptions, lies?: Lies): Record<string, unknown> & { response: Record<string, unknown> }
  signed(bytes: Uint8Array): Buffer
}

const flagOf = { isPresent: 0x01, isVerified: 0x04, isEligible: 0x08, isSynced: 0x10, hasKey: 0x40 }

/** `isCounting`: each use counts up, as hardware does; otherwise the count is 0 for ever, as of synced ones. */
export function createAuthenticator(
  origin: string,
  {
    algorithm = 'ES256' as Algorithm,
    isCounting = false,
    isSynced = false,
  }: { algorithm?: Algorithm; isCounting?: boolean; isSynced?: boolean } = {},
): Authenticator {
  const { publicKey, privateKey } = keyPair(algorithm)
  const rawId = randomBytes(32)
  const id = rawId.toString('base64url')
  let count = 0
  let handle: string | null = null

  const clientData = (type: string, challenge: string, lies: Lies) =>
    Buffer.from(
      JSON.stringify({
        type: lies.type ?? type,
        challenge: lies.challenge ?? challenge,
        origin: lies.origin ?? origin,
        crossOrigin: lies.crossOrigin ?? false,
      }),
    )
  const authenticatorData = (rpId: string, lies: Lies, attested: Buffer | null) => {
    const flags =
      ((lies.isPresent ?? true) ? flagOf.isPresent : 0) |
      ((lies.isVerified ?? true) ? flagOf.isVerified : 0) |
      (isSynced ? flagOf.isEligible | flagOf.isSynced : 0) |
      (attested === null ? 0 : flagOf.hasKey)
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(lies.count ?? (isCounting ? ++count : 0))
    const hash = createHash('sha256')
      .update(lies.rpId ?? rpId)
      .digest()
    return Buffer.concat([hash, Buffer.from([flags]), counter, attested ?? Buffer.alloc(0)])
  }
  const authenticator: Authenticator = {
    id,
    signed: (bytes) => sign(algorithm === 'EdDSA' ? null : 'sha256', bytes, privateKey),
    create({ challenge, rp, user }, lies = {}) {
      handle = user.id
      const attested = Buffer.concat([Buffer.alloc(16), Buffer.from([0, rawId.length]), rawId, cbor(coseOf(algorithm, publicKey))])
      const authData = authenticatorData(rp.id, lies, attested)
      const attestationObject = cbor(
        new Map<unknown, unknown>([
          ['fmt', 'none'],
          ['attStmt', new Map()],
          ['authData', authData],
        ]),
      )
      return wire({
        clientDataJSON: clientData('webauthn.create', challenge, lies).toString('base64url'),
        attestationObject: attestationObject.toString('base64url'),
        transports: ['internal', 'from the future'],
      })
    },
    get({ challenge, rpId }, lies = {}) {
      const clientDataJSON = clientData('webauthn.get', challenge, lies)
      const data = authenticatorData(rpId, lies, null)
      const toSign = Buffer.concat([data, createHash('sha256').update(clientDataJSON).digest()])
      const userHandle = lies.userHandle === undefined ? handle : lies.userHandle
      return wire({
        clientDataJSON: clientDataJSON.toString('base64url'),
        authenticatorData: data.toString('base64url'),
        signature: (lies.signedBy ?? authenticator).signed(toSign).toString('base64url'),
        ...(userHandle === null ? {} : { userHandle }),
      })
    },
  }
  const wire = (response: Record<string, unknown>) => ({
    id,
    rawId: id,
    type: 'public-key',
    authenticatorAttachment: 'platform',
    clientExtensionResults: { credProps: { rk: true } },
    response,
  })
  return authenticator
}

function keyPair(algorithm: Algorithm): { publicKey: KeyObject; privateKey: KeyObject } {
  switch (algorithm) {
    case 'ES256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' })
    case 'RS256':
      return generateKeyPairSync('rsa', { modulusLength: 2_048 })
    case 'EdDSA':
      return generateKeyPairSync('ed25519')
  }
}

/** RFC 9053, sections 2 and 7; RFC 8230, section 4. */
function coseOf(algorithm: Algorithm, key: KeyObject): Map<unknown, unknown> {
  const { x, y, n, e } = key.export({ format: 'jwk' })
  const bytes = (text: string | undefined) => Buffer.from(text!, 'base64url')
  switch (algorithm) {
    case 'ES256':
      return new Map<unknown, unknown>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, bytes(x)],
        [-3, bytes(y)],
      ])
    case 'RS256':
      return new Map<unknown, unknown>([
        [1, 3],
        [3, -257],
        [-1, bytes(n)],
        [-2, bytes(e)],
      ])
    case 'EdDSA':
      return new Map<unknown, unknown>([
        [1, 1],
        [3, -8],
        [-1, 6],
        [-2, bytes(x)],
      ])
  }
}

/** What authenticators need of CBOR (RFC 8949, section 3): small numbers, texts, bytes and maps. */
export function cbor(value: unknown): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value])
  if (value instanceof Map) return Buffer.concat([head(5, value.size), ...[...value].flat().map(cbor)])
  throw new TypeError('This is not written here.')
}

function head(kind: number, length: number): Buffer {
  if (length < 24) return Buffer.from([(kind << 5) | length])
  if (length < 256) return Buffer.from([(kind << 5) | 24, length])
  return Buffer.from([(kind << 5) | 25, length >> 8, length & 255])
}
