// Stripe for a server: with the project's keys at Stripe itself, or at the sandbox's face of it.
import { systemClock } from '../base/clock.ts'
import { systemEgress } from '../base/egress.ts'
import { createStripeProvider, type StripeParts, stripeUrl } from '../payment-providers/stripe/adapter.ts'
import { stripeFace, stripeFaceKeys } from '../sandbox/faces/stripe.ts'
import { openFace } from './open-face.ts'
import type { OpenProvider, ProviderPlace } from './open-provider.ts'

/** Secret keys and restricted ones: https://docs.stripe.com/keys. */
function modeOf(key: string) {
  const [, mode] = /^[sr]k_(live|test)_\w+$/.exec(key) ?? []
  return mode === undefined ? null : (mode as 'live' | 'test')
}

export async function openStripe(place: ProviderPlace): Promise<OpenProvider> {
  const { config, keys } = place
  const { isDevelopment } = place.settings
  const mode = isDevelopment ? 'test' : 'live'
  const open = (parts: Pick<StripeParts, 'url' | 'readKey' | 'readWebhookSecrets'>) =>
    createStripeProvider({ id: config.id, egress: systemEgress, now: () => systemClock.now(), ...parts })
  if (config.isSandboxed) {
    const { url, secret, ...face } = await openFace(stripeFace, place)
    const { secretKey, webhookSecret } = stripeFaceKeys(secret)
    return { ...face, provider: open({ url, readKey: () => secretKey, readWebhookSecrets: () => [webhookSecret] }) }
  }
  keys.checkMode('secretKey', modeOf, {
    like: `sk_${mode}_… or rk_${mode}_…`,
    at: `https://dashboard.stripe.com/${isDevelopment ? 'test/' : ''}apikeys`,
  })
  keys.checkForm('webhookSecret', /^whsec_\S+$/, { like: 'whsec_…', at: 'the page of the webhook endpoint, under Signing secret' })
  const provider = open({
    url: stripeUrl,
    readKey: () => keys.read('secretKey'),
    readWebhookSecrets: () => keys.readAll('webhookSecret'),
  })
  return { provider, pages: null, start() {}, stop() {} }
}
