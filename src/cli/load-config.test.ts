import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileConfig } from './load-config.ts'

test('a storefront that is not there is a mistake of the config', () => {
  const loaded = { config: { name: 'Shop', shop: false, storefront: './nope' }, path: '/none/kingpost.config.ts', folder: '/none' } as const
  const surroundings = { publicUrl: 'http://localhost', isDevelopment: true }
  assert.throws(() => compileConfig(loaded, surroundings), {
    message: 'One thing is wrong in /none/kingpost.config.ts:\n  storefront: there is no folder /none/nope',
  })
})

test('the sandbox takes the money of development, and is refused in production', () => {
  const loaded = { config: { name: 'Shop', shop: { currency: 'EUR' } }, path: '/none/kingpost.config.ts', folder: '/none' } as const
  const named = { ...loaded, config: { ...loaded.config, shop: { currency: 'EUR', payments: [{ provider: 'sandbox' }] } } } as const
  const none = { ...loaded, config: { ...loaded.config, shop: { currency: 'EUR', payments: [] } } } as const
  const providersOf = (config: typeof loaded | typeof named | typeof none, isDevelopment: boolean) =>
    compileConfig(config, { publicUrl: 'http://localhost', isDevelopment }).project.paymentProviders.map(({ id }) => id)
  assert.deepEqual(providersOf(loaded, true), ['sandbox'])
  assert.deepEqual(providersOf(named, true), ['sandbox'])
  assert.deepEqual(providersOf(none, true), [])
  assert.deepEqual(providersOf(loaded, false), [])
  assert.throws(() => providersOf(named, false), /shop\.payments\[0\]\.provider: "sandbox" is not there in production/)
})
