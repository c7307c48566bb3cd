import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccountsConfig } from '../../config/backend-config.ts'
import { apple, google, microsoft, oidc } from '../../config/sign-in-providers.ts'
import { defineSecret } from '../../extend/own-secret.ts'
import { ConfigError, createBackend } from '../backend.ts'
import { unlistedIn } from './unlisted.ts'

const surroundings = { publicUrl: 'https://shop.example', isDevelopment: false, paymentProviders: [] }
const secret = defineSecret('PROVIDER_SECRET')
const corp = { name: 'corp', issuer: 'https://id.example.com', clientId: 'c' }

function mistakes(accounts: AccountsConfig, readSecret?: (name: string) => string | undefined): string[] {
  try {
    createBackend({ name: 'Shop', accounts }, { ...surroundings, ...(readSecret ? { readSecret } : {}) })
    return []
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.mistakes.map(({ path, message }) => `${path}: ${message}`)
  }
}
const of = (...providers: readonly unknown[]) => mistakes({ providers } as AccountsConfig)

test('what providers may be', () => {
  const tenant = '11111111-2222-3333-4444-555555555555'
  const all = [
    google({ clientId: 'g', clientSecret: secret }),
    microsoft({ clientId: 'm', clientSecret: secret, tenant, trustsEmail: true }),
    apple({ clientId: 'a', teamId: 'T', keyId: 'K', privateKey: secret }),
    oidc({ ...corp, issuer: 'http://localhost:3000', scopes: ['openid'], privateNetwork: true }),
  ]
  assert.deepEqual(of(...all), [])
  assert.deepEqual(unlistedIn({ name: 'Shop', accounts: { providers: all } }), [])
})

test('a missing secret of a provider is told before anything is opened', () => {
  const providers = [oidc({ ...corp, clientSecret: secret })]
  const [told, ...others] = mistakes({ providers }, () => undefined)
  assert.match(told!, /^secrets\.PROVIDER_SECRET: is not set: give it in the environment/)
  assert.deepEqual(others, [])
})

test('each mistake has its place', () => {
  const wrong: readonly [given: unknown, told: RegExp][] = [
    ['google', /^accounts\.providers\[0\]: must be made by google/],
    [oidc({ ...corp, issuer: 'http://id.example.com' }), /^accounts\.providers\[0\]\.issuer: must be an address/],
    [oidc({ ...corp, issuer: 'https://user@id.example.com' }), /issuer: must be an address/],
    [oidc({ ...corp, name: 'a/b' }), /name: must be a name such as corp/],
    [oidc({ ...corp, name: 'exchange' }), /name: "exchange" is an address of Kingpost/],
    [oidc({ ...corp, scopes: ['email'] }), /scopes: must have openid/],
    [oidc({ ...corp, clientSecret: 'in the clear' as never }), /clientSecret: must be made by defineSecret/],
    [google({ clientId: 'g' } as never), /clientSecret: is missing/],
    [microsoft({ clientId: 'm', clientSecret: secret, tenant: 'contoso.com' }), /tenant: must be the id of a directory/],
    [microsoft({ clientId: 'm', clientSecret: secret, trustsEmail: true }), /trustsEmail: is for one directory of your own/],
  ]
  for (const [given, told] of wrong) {
    const said = of(given)
    assert.equal(said.length, 1, said.join('\n'))
    assert.match(said[0]!, told)
  }
  assert.match(of(oidc(corp), oidc(corp))[0]!, /^accounts\.providers\[1\]\.name: "corp" is named twice/)
})

test('a program is sent to an address that runs nothing', () => {
  const told = (address: string) => mistakes({ returnAddresses: [address] })
  for (const good of ['myapp://signed-in', 'com.example.app:/in', 'https://app.example/in?a=b', 'http://127.0.0.1/in'])
    assert.deepEqual(told(good), [])
  for (const wrong of [
    'javascript:alert(1)',
    'data:text/html,a',
    'http://app.example/in',
    'https://a@app.example',
    'https://app.example/#a',
    '/in',
    'a b:c',
  ])
    assert.match(told(wrong)[0]!, /^accounts\.returnAddresses\[0\]: must be an address/, wrong)
})
