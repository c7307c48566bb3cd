// Mollie for a server: with the project's keys at Mollie itself, or at the sandbox's face of it.
import { systemClock } from '../base/clock.ts'
import { systemEgress } from '../base/egress.ts'
import { createIdSource } from '../base/ids.ts'
import { systemRandom } from '../base/random.ts'
import { createMollieProvider } from '../payment-providers/mollie/adapter.ts'
import { mollieUrl } from '../payment-providers/mollie/api.ts'
import { createKeptKey } from '../settings/kept-key.ts'
import type { OpenProvider, ProviderPlace } from './open-provider.ts'
import { UsageError } from './settings.ts'

/** https://docs.mollie.com/reference/authentication */
function modeOf(key: string) {
  const [, mode] = /^(live|test)_\w+$/.exec(key) ?? []
  return mode === undefined ? null : (mode as 'live' | 'test')
}

export async function openMollie({ config, keys, storage, model }: ProviderPlace): Promise<OpenProvider> {
  if (config.isSandboxed) throw new UsageError('This version has no Mollie of its own yet: give mollie(…) a test key.')
  keys.checkMode('apiKey', modeOf)
  const { webhookSecret, accessToken } = config.secrets
  const provider = createMollieProvider({
    id: config.id,
    url: mollieUrl,
    egress: systemEgress,
    clock: systemClock,
    apiKey: () => keys.read('apiKey'),
    ...(accessToken === undefined ? {} : { accessToken: () => keys.read('accessToken') }),
    webhookSecrets: () => (webhookSecret === undefined ? [] : keys.readAll('webhookSecret')),
    addressSecret: await addressSecretOf({ storage, model }),
  })
  return { provider, pages: null, start() {}, stop() {} }
}

/** Made at the first start and kept: Mollie calls the address of a payment for half a year. */
async function addressSecretOf({ storage, model }: Pick<ProviderPlace, 'storage' | 'model'>): Promise<string> {
  const parts = { storage, model, clock: systemClock, random: systemRandom, newId: createIdSource(systemClock, systemRandom) }
  const key = createKeptKey(parts, { name: 'webhookAddresses', operation: 'payments.keepAddressKey', bytes: 32 })
  return Buffer.from(await key()).toString('base64url')
}
