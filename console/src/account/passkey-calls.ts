/**
 * Passkeys as browsers have them: what the server asks for goes in, and their answer comes out as JSON (WebAuthn Level 3, section 5.1).
 * Written out here, since not all browsers that have passkeys do that themselves yet: one way for all of them.
 */

import { client } from '../client.ts'

/** Not on pages that came by plain HTTP from another machine, and not in old browsers. */
export const hasPasskeys = typeof PublicKeyCredential === 'function'

/** Makes one on a device of whoever is signed in. Answers recovery codes where it is the first factor of the account. */
export async function addPasskey(): Promise<readonly string[] | null> {
  const options = await client.call<PublicKeyCredentialCreationOptionsJSON>('POST', '/api/auth/passkeys/register/start', { body: {} })
  const made = await navigator.credentials.create({ publicKey: creationOptions(options) })
  const body = wireOf(made as PublicKeyCredential)
  return (await client.call<{ recoveryCodes: string[] | null }>('POST', '/api/auth/passkeys/register/finish', { body })).recoveryCodes
}

type Asked = {
  /** Where the server gives what is to be signed. */
  readonly path: string
  readonly body?: object
  /** Shown among what the browser fills in, and not in a window of its own. */
  readonly isQuiet?: boolean
  readonly signal?: AbortSignal
}

/** The answer of a passkey, for the server. */
export async function askPasskey({ path, body = {}, isQuiet = false, signal }: Asked): Promise<object> {
  const options = await client.call<PublicKeyCredentialRequestOptionsJSON>('POST', path, { body })
  const publicKey = requestOptions(options)
  const used = await navigator.credentials.get({
    publicKey,
    ...(isQuiet ? { mediation: 'conditional' as const } : {}),
    ...(signal ? { signal } : {}),
  })
  return wireOf(used as PublicKeyCredential)
}

/** Whether the browser can offer passkeys where it fills in an address. */
export async function canOfferQuietly(): Promise<boolean> {
  return hasPasskeys && (await PublicKeyCredential.isConditionalMediationAvailable?.()) === true
}

/** `name` of the error of a browser, or empty. `AbortError`: we gave it up. `NotAllowedError`: its user did, or it took too long. */
export function browserRefusal(error: unknown): string {
  return error instanceof DOMException ? error.name : ''
}

function creationOptions({ challenge, user, excludeCredentials = [], ...options }: PublicKeyCredentialCreationOptionsJSON) {
  return {
    ...options,
    challenge: bytesOf(challenge),
    user: { ...user, id: bytesOf(user.id) },
    excludeCredentials: excludeCredentials.map(parsedOf),
  } as unknown as PublicKeyCredentialCreationOptions
}

function requestOptions({ challenge, allowCredentials = [], ...options }: PublicKeyCredentialRequestOptionsJSON) {
  const parsed = { ...options, challenge: bytesOf(challenge), allowCredentials: allowCredentials.map(parsedOf) }
  return parsed as unknown as PublicKeyCredentialRequestOptions
}

function parsedOf(descriptor: PublicKeyCredentialDescriptorJSON) {
  return { ...descriptor, id: bytesOf(descriptor.id) }
}

/** What the server takes, and nothing else that a browser may say. */
function wireOf({ id, type, response }: PublicKeyCredential): object {
  const parts: Record<string, unknown> = { clientDataJSON: textOf(response.clientDataJSON) }
  if (response instanceof AuthenticatorAttestationResponse) {
    parts.attestationObject = textOf(response.attestationObject)
    parts.transports = response.getTransports?.() ?? []
  } else {
    const { authenticatorData, signature, userHandle } = response as AuthenticatorAssertionResponse
    Object.assign(parts, { authenticatorData: textOf(authenticatorData), signature: textOf(signature) })
    if (userHandle) parts.userHandle = textOf(userHandle)
  }
  return { id, rawId: id, type, response: parts }
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0))
}

function textOf(bytes: ArrayBuffer): string {
  const letters = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join('')
  return btoa(letters).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
