// What browsers and authenticators send, held against what others recorded: the examples of the standard, and registrations by
// real devices. What only this product asks for (user verification, no frame of another site) makes some of them refused.
// databases: sqlite
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { cbor, createAuthenticator } from '../../../test/support/authenticator.ts'
import type { Project } from '../../config/project.ts'
import type { Passkey } from './passkeys.ts'
import { creationOptions, readAssertion, readRegistration, requestOptions } from './webauthn.ts'

type Vector = {
  readonly section: string
  readonly id: string
  readonly registration: { readonly clientDataJSON: string; readonly attestationObject: string }
  readonly assertion: { readonly clientDataJSON: string; readonly authenticatorData: string; readonly signature: string }
}
type Recorded = Vector['registration'] & {
  readonly name: string
  readonly origin: string
  readonly id: string
  readonly publicKey: string
  readonly signCount: number
}
const read = JSON.parse(readFileSync(join(import.meta.dirname, '../../../test/support/webauthn-vectors.json'), 'utf8')) as {
  vectors: Vector[]
  recorded: Recorded[]
}

const at = (publicUrl: string, isDevelopment = false) => ({ name: 'Test shop', publicUrl, isDevelopment }) as Project
const project = at('https://example.org')
const wire = <T extends object>(id: string, response: T) => ({ id, rawId: id, type: 'public-key' as const, response })
const account = { id: 'usr_1', email: 'ada@mail.example', name: null } as never

describe('the examples of WebAuthn Level 3', () => {
  /** Whether its user was verified at the registration, and at the use: as the flags of the example say. */
  const expected: Readonly<Record<string, { made: boolean; used: boolean }>> = {
    'none-es256': { made: false, used: false },
    'packed-self-es256': { made: true, used: false },
    'none-es256-crossOrigin': { made: false, used: false },
    'packed-es256': { made: true, used: true },
    'packed-es512': { made: false, used: false },
    'packed-rs256': { made: true, used: false },
    'tpm-es256': { made: true, used: true },
  }
  for (const { section, id, registration, assertion } of read.vectors) {
    const name = section.replace('sctn-test-vectors-', '')
    test(name, async () => {
      const { made, used } = expected[name]!
      const passkey = await readRegistration(project, wire(id, registration))
      assert.equal(passkey !== null, made)
      if (passkey === null) return
      assert.equal(passkey.credential, id)
      const stored = { ...passkey, user: 'usr_1' } as Passkey
      assert.equal((await readAssertion(project, wire(id, assertion), stored)) !== null, used)
      // Of another site, and with another byte in what is signed.
      assert.equal(await readAssertion(at('https://example.com'), wire(id, assertion), stored), null)
      assert.equal(await readRegistration(at('https://www.example.org'), wire(id, registration)), null)
      const data = Buffer.from(assertion.authenticatorData, 'base64url')
      data[36]! ^= 1
      assert.equal(await readAssertion(project, wire(id, { ...assertion, authenticatorData: data.toString('base64url') }), stored), null)
    })
  }
})

for (const { name, origin, id, clientDataJSON, attestationObject, publicKey, signCount } of read.recorded)
  test(`recorded with ${name}`, async () => {
    const registration = wire(id, { clientDataJSON, attestationObject })
    assert.deepEqual(await readRegistration(at(origin), registration), {
      credential: id,
      publicKey,
      signCount,
      isSynced: false,
      transports: [],
    })
    assert.equal(await readRegistration(project, registration), null)
    assert.equal(await readRegistration(at(origin), { ...registration, id: 'another', rawId: 'another' }), null)
  })

test('in development a page of this machine may have another port, and no other address may', async () => {
  const options = creationOptions(at('http://localhost:8090'), account, { challenge: 'a', known: [] })
  const madeAt = (origin: string) => createAuthenticator(origin).create(options) as never
  for (const [place, origin, isMade] of [
    [at('http://localhost:8090', true), 'http://localhost:5173', true],
    [at('http://localhost:8090', false), 'http://localhost:5173', false],
    [at('http://localhost:8090', true), 'http://localhost.evil.example', false],
    [at('http://localhost:8090', true), 'https://localhost', false],
    [at('http://localhost:8090', true), 'http://localhost:8090@evil.example', false],
  ] as const)
    assert.equal((await readRegistration(place, madeAt(origin))) !== null, isMade, origin)
})

test('bytes that are none are refused, not broken by', async () => {
  const authenticator = createAuthenticator('https://example.org')
  const made = authenticator.create(creationOptions(project, account, { challenge: 'a', known: [] })) as never
  const passkey = { ...(await readRegistration(project, made))!, user: 'usr_1' } as Passkey
  const used = authenticator.get(requestOptions(project, { challenge: 'a', known: [passkey] })) as unknown as ReturnType<typeof wire>
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.from([0xff]),
    Buffer.from([0xa1]),
    cbor(new Map([['authData', 'text']])),
    cbor(new Map([['authData', Buffer.alloc(40, 0x45)]])),
    Buffer.alloc(30_000, 0x81),
    Buffer.from('null'),
    Buffer.from('[]'),
    Buffer.from('{"type":1,"challenge":{},"origin":[]}'),
  ]) {
    const text = bytes.toString('base64url')
    const inner = (made as { response: object }).response
    assert.equal(await readRegistration(project, wire(passkey.credential, { ...inner, attestationObject: text }) as never), null)
    assert.equal(await readRegistration(project, wire(passkey.credential, { ...inner, clientDataJSON: text }) as never), null)
    for (const part of ['clientDataJSON', 'authenticatorData', 'signature'])
      assert.equal(await readAssertion(project, wire(passkey.credential, { ...used.response, [part]: text }) as never, passkey), null, part)
  }
  assert.notEqual(await readAssertion(project, used as never, passkey), null)
})

test('a site is named by the configured address, and an account by no address', () => {
  const { rp, user, ...rest } = creationOptions(at('https://shop.example:8443'), account, { challenge: 'a', known: [] })
  assert.deepEqual([rp.id, Buffer.from(user.id, 'base64url').toString()], ['shop.example', 'usr_1'])
  assert.deepEqual(rest.authenticatorSelection, { residentKey: 'required', requireResidentKey: true, userVerification: 'required' })
})
