// Stripe for a server: with the project's keys at Stripe itself, or at the sandbox's face of it.
import { systemClock } from '../base/clock.ts'
import { systemEgress } from '../base/egress.ts'
import { createStripeProvider, stripeUrl } from '../payment-providers/stripe/adapter.ts'
import type { OpenProvider, ProviderPlace } from './open-provider.ts'
import { UsageError } from './settings.ts'

/** Secret keys and restricted ones: https://docs.stripe.com/keys. */
function modeOf(key: string) {
  const [, mode] = /^[sr]k_(live|test)_\w+$/.exec(key) ?? []
  return mode === undefined ? null : (mode as 'live' | 'test')
}

export function openStripe({ config, keys }: ProviderPlace): OpenProvider {
  if (config.isSandboxed) throw new UsageError('The payment sandbox does not speak as Stripe does yet.')
  keys.checkMode('secretKey', modeOf)
  keys.readAll('webhookSecret')
  const provider = createStripeProvider({
    id: config.id,
    url: stripeUrl,
    egress: systemEgress,
    now: () => systemClock.now(),
    readKey: () => keys.read('secretKey'),
    readWebhookSecrets: () => keys.readAll('webhookSecret'),
  })
  return { provider, pages: null, start() {}, stop() {} }
}
