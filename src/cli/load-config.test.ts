import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileConfig } from './load-config.ts'

test('a storefront that is not there is a mistake of the config', () => {
  const loaded = { config: { name: 'Shop', shop: false, storefront: './nope' }, path: '/none/kingpost.config.ts', folder: '/none' } as const
  const surroundings = { publicUrl: 'http://localhost', isDevelopment: true, paymentProviders: [] }
  assert.throws(() => compileConfig(loaded, surroundings), {
    message: 'One thing is wrong in /none/kingpost.config.ts:\n  storefront: there is no folder /none/nope',
  })
})
