import { systemClock } from '../base/clock.ts'
import { createOfflineProvider } from '../payment-providers/offline/adapter.ts'
import type { OpenProvider, ProviderPlace } from './open-provider.ts'

/** Nobody is called, and there is no page. */
export async function openOffline({ config: { id, options } }: ProviderPlace): Promise<OpenProvider> {
  const { holder, iban, bic = null } = options
  const transfer = holder === undefined || iban === undefined ? null : { holder, iban, bic }
  return { provider: createOfflineProvider({ id, clock: systemClock, transfer }), pages: null, start() {}, stop() {} }
}
