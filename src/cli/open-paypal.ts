// PayPal as a server's payment provider: the live one in production, its sandbox in development and on a staging system, or our own
// sandbox's face of it. Which of PayPal's two an app belongs to cannot be told from its keys; PayPal knows them at one of its addresses alone.
import { systemClock } from '../base/clock.ts'
import { systemEgress } from '../base/egress.ts'
import { createPayPalProvider } from '../payment-providers/paypal/adapter.ts'
import { livePayPal, type PayPalParts, sandboxPayPal } from '../payment-providers/paypal/api.ts'
import { payPalClientId, payPalFace } from '../sandbox/faces/paypal.ts'
import { payPalSigner, payPalWebhookId } from '../sandbox/faces/paypal-webhooks.ts'
import { openFace } from './open-face.ts'
import type { OpenProvider, ProviderPlace } from './open-provider.ts'

export async function openPayPal(place: ProviderPlace): Promise<OpenProvider> {
  const { id, options, isSandboxed, allowsTestKeys } = place.config
  const { keys, settings } = place
  const provide = (parts: Pick<PayPalParts, 'place' | 'keys'>) =>
    createPayPalProvider({
      id,
      egress: systemEgress,
      clock: systemClock,
      ...(options['brandName'] === undefined ? {} : { brandName: options['brandName'] }),
      ...parts,
    })
  if (isSandboxed) return await openFaced(place, provide)
  const provider = provide({
    place: settings.isDevelopment || allowsTestKeys ? sandboxPayPal : livePayPal,
    keys: () => ({
      clientId: keys.read('clientId'),
      clientSecret: keys.read('clientSecret'),
      webhookIds: keys.readAll('webhookId'),
    }),
  })
  return { provider, pages: null, start() {}, stop() {} }
}

type Provide = (parts: Pick<PayPalParts, 'place' | 'keys'>) => OpenProvider['provider']

async function openFaced(place: ProviderPlace, provide: Provide): Promise<OpenProvider> {
  const { url, secret, pages, start, stop } = await openFace(payPalFace, place)
  // The face knows itself by the address that browsers have of it.
  const addresses = [url, `${place.publicUrl}/sandbox/${place.config.id}`]
  const provider = provide({
    place: {
      apiUrl: url,
      certificateUrls: addresses.map((address) => `${address}/v1/notifications/certs/`),
      signer: payPalSigner,
      isPublic: false,
    },
    keys: () => ({ clientId: payPalClientId, clientSecret: secret, webhookIds: [payPalWebhookId] }),
  })
  return { provider, pages, start, stop }
}
