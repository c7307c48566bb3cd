// PayPal as a server's payment provider: the live one in production, its sandbox in development and on a staging system. Which of
// the two an app belongs to cannot be told from its keys; PayPal knows them at one of its addresses alone.
import { systemClock } from '../base/clock.ts'
import { systemEgress } from '../base/egress.ts'
import { createPayPalProvider } from '../payment-providers/paypal/adapter.ts'
import { livePayPal, sandboxPayPal } from '../payment-providers/paypal/api.ts'
import type { OpenProvider, ProviderPlace } from './open-provider.ts'
import { UsageError } from './settings.ts'

export async function openPayPal({ config, keys, settings }: ProviderPlace): Promise<OpenProvider> {
  const { id, options, isSandboxed, allowsTestKeys } = config
  if (isSandboxed) throw new UsageError("This version has no PayPal of its own yet: give paypal(…) the keys of an app in PayPal's sandbox.")
  const provider = createPayPalProvider({
    id,
    egress: systemEgress,
    clock: systemClock,
    place: settings.isDevelopment || allowsTestKeys ? sandboxPayPal : livePayPal,
    keys: () => ({
      clientId: keys.read('clientId'),
      clientSecret: keys.read('clientSecret'),
      webhookIds: keys.readAll('webhookId'),
    }),
    ...(options['brandName'] === undefined ? {} : { brandName: options['brandName'] }),
  })
  return { provider, pages: null, start() {}, stop() {} }
}
