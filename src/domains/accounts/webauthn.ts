// What goes to a browser for a passkey and what comes back, as WebAuthn Level 3 has it (its JSON forms are those of section 5.1),
// and whether it is right: by @simplewebauthn/server, with what this product asks for beside it. What an authenticator says of
// its own make (attestation) is neither asked for nor looked at, so no certificate of a stranger is read.
// Invariant: site and origin are those of the configured address, never of the request.
import { limits } from '../../base/limits.ts'
import type { Project } from '../../config/project.ts'
import { type Static, Type } from '../../contract/type.ts'
import type { User } from './collections.ts'
import type { Passkey } from './passkeys.ts'

/** EdDSA, ES256, RS256 (RFC 9053; RFC 8812): those that section 5.4 names, and the newest systems of all makers know. */
const algorithms = [-8, -7, -257]
const transportsKnown: readonly string[] = ['usb', 'nfc', 'ble', 'smart-card', 'hybrid', 'internal']

const base64url = (maxLength: number) => Type.String({ pattern: '^[A-Za-z0-9_-]+$', maxLength })
const part = base64url(limits.passkeyPartCharactersMax)
const id = base64url(limits.passkeyIdCharactersMax)
const credential = {
  id,
  rawId: id,
  type: Type.Unsafe<'public-key'>({ type: 'string', enum: ['public-key'] }),
  authenticatorAttachment: Type.Optional(
    Type.Unsafe<string | null>({ type: ['string', 'null'], maxLength: limits.passkeyWordCharactersMax }),
  ),
  clientExtensionResults: Type.Optional(Type.Unsafe<unknown>({ description: 'Not looked at: no extension is asked for.' })),
}

/** Later browsers may say more there, as they have before. */
const isOpen = { additionalProperties: true }
const isClosed = { additionalProperties: false }
export const registrationInput = Type.Object(
  {
    ...credential,
    response: Type.Object(
      {
        clientDataJSON: part,
        attestationObject: part,
        transports: Type.Optional(
          Type.Array(Type.String({ maxLength: limits.passkeyWordCharactersMax }), { maxItems: limits.passkeyTransportsMax }),
        ),
      },
      isOpen,
    ),
  },
  { ...isClosed, description: 'A `RegistrationResponseJSON`, as `PublicKeyCredential.toJSON()` makes it.' },
)
export type Registration = Static<typeof registrationInput>

const assertion = {
  ...credential,
  response: Type.Object(
    {
      clientDataJSON: part,
      authenticatorData: part,
      signature: part,
      userHandle: Type.Optional(
        Type.Unsafe<string | null>({ type: ['string', 'null'], pattern: '^[A-Za-z0-9_-]*$', maxLength: limits.passkeyWordCharactersMax }),
      ),
    },
    isOpen,
  ),
}
const isAssertion = { ...isClosed, description: 'An `AuthenticationResponseJSON`, as `PublicKeyCredential.toJSON()` makes it.' }
export const assertionInput = Type.Object(assertion, isAssertion)
export type Assertion = Static<typeof assertionInput>
/** With the token of a sign-in that waits for a second factor, where it ends one. */
export const signInAssertionInput = Type.Object(
  { ...assertion, pending: Type.Optional(Type.String({ maxLength: limits.tokenCharactersMax })) },
  isAssertion,
)

const descriptors = Type.Array(
  Type.Object({ type: Type.String(), id: Type.String(), transports: Type.Array(Type.String()) }, { title: 'PasskeyDescriptor' }),
)
export const creationOptionsOutput = Type.Object(
  {
    challenge: Type.String(),
    rp: Type.Object({ id: Type.String(), name: Type.String() }),
    user: Type.Object({ id: Type.String(), name: Type.String(), displayName: Type.String() }),
    pubKeyCredParams: Type.Array(Type.Object({ type: Type.String(), alg: Type.Integer() })),
    timeout: Type.Integer(),
    attestation: Type.String(),
    excludeCredentials: descriptors,
    authenticatorSelection: Type.Object({
      residentKey: Type.String(),
      requireResidentKey: Type.Boolean(),
      userVerification: Type.String(),
    }),
  },
  { title: 'PasskeyCreationOptions', description: 'For `PublicKeyCredential.parseCreationOptionsFromJSON()`.' },
)
export const requestOptionsOutput = Type.Object(
  {
    challenge: Type.String(),
    rpId: Type.String(),
    timeout: Type.Integer(),
    userVerification: Type.String(),
    allowCredentials: descriptors,
  },
  { title: 'PasskeyRequestOptions', description: 'For `PublicKeyCredential.parseRequestOptionsFromJSON()`.' },
)

/** The site that a passkey is good for, and no other. */
function siteOf({ publicUrl }: Pick<Project, 'publicUrl'>): string {
  return new URL(publicUrl).hostname
}

/** In development a page may come from another port of this machine, such as that of a bundler. */
function isOurOrigin({ publicUrl, isDevelopment }: Project, origin: string): boolean {
  return origin === new URL(publicUrl).origin || (isDevelopment && siteOf({ publicUrl }) === 'localhost' && isLocal(origin))
}

function isLocal(origin: string): boolean {
  return /^http:\/\/localhost(?::\d{1,5})?$/.test(origin)
}

/** The account's id: it opens nothing, and says nothing of whose it is. */
function handleOf({ id }: Pick<User, 'id'>): string {
  return Buffer.from(id).toString('base64url')
}

export function creationOptions(project: Project, user: User, { challenge, known }: Asked): Static<typeof creationOptionsOutput> {
  return {
    challenge,
    rp: { id: siteOf(project), name: project.name },
    // What the browser shows in its list: it stays on the devices of the owner.
    user: { id: handleOf(user), name: user.email, displayName: user.name ?? user.email },
    pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
    timeout: limits.passkeyChallengeMs,
    attestation: 'none',
    excludeCredentials: known.map(descriptorOf),
    authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
  }
}

/** `known`: those of the account where it is known already; none leaves the choice to the browser. */
export function requestOptions(project: Project, { challenge, known }: Asked): Static<typeof requestOptionsOutput> {
  return {
    challenge,
    rpId: siteOf(project),
    timeout: limits.passkeyChallengeMs,
    userVerification: 'required',
    allowCredentials: known.map(descriptorOf),
  }
}
type Asked = { readonly challenge: string; readonly known: readonly Passkey[] }

function descriptorOf({ credential, transports }: Passkey) {
  return { type: 'public-key', id: credential, transports: [...transports] }
}

/** The challenge that was answered, as the browser says. Null where that cannot be read. */
export function challengeIn({ response }: { readonly response: { readonly clientDataJSON: string } }): string | null {
  const { challenge } = clientDataIn(response.clientDataJSON)
  return typeof challenge === 'string' ? challenge : null
}

type ClientData = { readonly challenge?: unknown; readonly origin?: unknown; readonly crossOrigin?: unknown }
function clientDataIn(text: string): ClientData {
  try {
    return (JSON.parse(Buffer.from(text, 'base64url').toString()) ?? {}) as ClientData
  } catch {
    return {}
  }
}

/** What a check asks for: this site, its origin, and not inside a frame of another. Null where the origin is not ours. */
function expectedOf(project: Project, clientDataJSON: string) {
  const { challenge, origin, crossOrigin } = clientDataIn(clientDataJSON)
  if (typeof challenge !== 'string' || typeof origin !== 'string' || crossOrigin === true || !isOurOrigin(project, origin)) return null
  return { expectedChallenge: challenge, expectedOrigin: origin, expectedRPID: siteOf(project), requireUserVerification: true }
}

export type NewPasskey = Pick<Passkey, 'credential' | 'publicKey' | 'signCount' | 'isSynced' | 'transports'>

/** The passkey that was made; null when it is not right. Its challenge is looked up apart. */
export async function readRegistration(project: Project, response: Registration): Promise<NewPasskey | null> {
  const { verifyRegistrationResponse, helpers } = await library()
  const expected = expectedOf(project, response.response.clientDataJSON)
  if (expected === null) return null
  const verified = await rightOrNull(async () => {
    const { attestationObject } = response.response
    const authData = helpers.decodeAttestationObject(Buffer.from(attestationObject, 'base64url')).get('authData')
    const bare = helpers.isoCBOR.encode(
      new Map<string, unknown>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
        ['authData', authData],
      ]) as never,
    )
    const attested = { ...response.response, attestationObject: Buffer.from(bare).toString('base64url') }
    return await verifyRegistrationResponse({ ...expected, response: wireOf(response, attested), supportedAlgorithmIDs: algorithms })
  })
  if (verified?.verified !== true) return null
  const { credential, credentialBackedUp } = verified.registrationInfo
  const publicKey = Buffer.from(credential.publicKey).toString('base64url')
  // The id outside of what is signed is the one inside.
  if (credential.id !== response.id || publicKey.length > limits.passkeyKeyCharactersMax) return null
  const transports = (response.response.transports ?? []).filter((one) => transportsKnown.includes(one))
  return { credential: credential.id, publicKey, signCount: credential.counter, isSynced: credentialBackedUp, transports }
}

export type Used = Pick<Passkey, 'signCount' | 'isSynced'>

type Checked = Pick<Passkey, 'user' | 'credential' | 'publicKey'>

/** Whose signature nobody can make: what is not known takes the work of what is, and is wrong as well. */
export function passkeyOfNobody(credential: string): Checked {
  const publicKey = 'pQECAyYgASFYIJsZ0jq2rszi3n9dUO9dg5GBIuqVAqQu1hPKcVzwpPZaIlggzv93IK9bEHm8kWgs64pfXB2T-SrO0MloOFrMCieH3FY'
  return { user: '', credential, publicKey }
}

/** What the use of this passkey says; null when it is not right. Challenge and count are looked at apart. */
export async function readAssertion(project: Project, response: Assertion, passkey: Checked): Promise<Used | null> {
  const { verifyAuthenticationResponse } = await library()
  const expected = expectedOf(project, response.response.clientDataJSON)
  if (expected === null) return null
  const { credential: id, publicKey } = passkey
  // A count below every other: what it says counts only where the signature is right, which is looked at later.
  const credential = { id, publicKey: Buffer.from(publicKey, 'base64url'), counter: -1 }
  const verified = await rightOrNull(() =>
    verifyAuthenticationResponse({ ...expected, response: wireOf(response, response.response), credential }),
  )
  // Behind the signature, so that a wrong handle takes as long as a wrong key.
  const { userHandle } = response.response
  if (userHandle && userHandle !== handleOf({ id: passkey.user })) return null
  if (verified?.verified !== true) return null
  return { signCount: verified.authenticationInfo.newCounter, isSynced: verified.authenticationInfo.credentialBackedUp }
}

/** As the library takes it. */
function wireOf(response: Registration | Assertion, inner: object) {
  return { id: response.id, rawId: response.rawId, type: response.type, response: inner, clientExtensionResults: {} } as never
}

/** It throws for whatever is not right, and so does what reads bytes that a stranger made. */
async function rightOrNull<T>(check: () => Promise<T>): Promise<T | null> {
  try {
    return await check()
  } catch {
    return null
  }
}

/** Loaded with the first passkey: it takes 0.1 s and 30 MB, which a project without any need not spend. */
async function library() {
  const [server, helpers] = await Promise.all([import('@simplewebauthn/server'), import('@simplewebauthn/server/helpers')])
  return { ...server, helpers }
}
