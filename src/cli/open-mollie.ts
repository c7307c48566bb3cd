// Mollie for a server: with the project's keys at Mollie itself, or at the sandbox's face of it.
import { systemClock } from '../base/clock.ts'
import { systemEgress } from '../base/egress.ts'
import { createIdSource } from '../base/ids.ts'
import { systemRandom } from '../base/random.ts'
import { createMollieProvider, type MollieOptions } from '../payment-providers/mollie/adapter.ts'
import { mollieUrl } from '../payment-providers/mollie/api.ts'
import { mollieFace } from '../sandbox/faces/mollie.ts'
import { mollieKeys } from '../sandbox/faces/mollie-webhooks.ts'
import { createKeptKey } from '../settings/kept-key.ts'
import { openFace } from './open-face.ts'
import type { OpenProvider, ProviderPlace } from './open-provider.ts'

/** https://docs.mollie.com/reference/authentication */
function modeOf(key: string) {
  const [, mode] = /^(live|test)_\w+$/.exec(key) ?? []
  return mode === undefined ? null : (mode as 'live' | 'test')
}

/** @throws UsageError */
export async function openMollie(place: ProviderPlace): Promise<OpenProvider> {
  const own = { id: place.config.id, egress: systemEgress, clock: systemClock, addressSecret: await addressSecretOf(place) }
  if (place.config.isSandboxed) return await openSandboxed(place, own)
  const { config, keys } = place
  keys.checkMode('apiKey', modeOf, {
    like: place.settings.isDevelopment ? 'test_…' : 'live_…',
    at: 'https://my.mollie.com/dashboard/developers/api-keys',
  })
  const { webhookSecret, accessToken } = config.secrets
  const provider = createMollieProvider({
    ...own,
    url: mollieUrl,
    apiKey: () => keys.read('apiKey'),
    ...(accessToken === undefined ? {} : { accessToken: () => keys.read('accessToken') }),
    webhookSecrets: () => (webhookSecret === undefined ? [] : keys.readAll('webhookSecret')),
  })
  return { provider, pages: null, start() {}, stop() {} }
}

type Own = Pick<MollieOptions, 'id' | 'egress' | 'clock' | 'addressSecret'>

async function openSandboxed(place: ProviderPlace, own: Own): Promise<OpenProvider> {
  const { url, secret, ...face } = await openFace(mollieFace, place)
  const { apiKey, accessToken, webhookSecret } = mollieKeys(secret)
  const keys = { apiKey: () => apiKey, accessToken: () => accessToken, webhookSecrets: () => [webhookSecret] }
  return { ...face, provider: createMollieProvider({ ...own, ...keys, url }) }
}

/** Made at the first start and kept: Mollie calls the address of a payment for half a year. */
async function addressSecretOf({ storage, model }: Pick<ProviderPlace, 'storage' | 'model'>): Promise<string> {
  const parts = { storage, model, clock: systemClock, random: systemRandom, newId: createIdSource(systemClock, systemRandom) }
  const key = createKeptKey(parts, { name: 'webhookAddresses', operation: 'payments.keepAddressKey', bytes: 32 })
  return Buffer.from(await key()).toString('base64url')
}
