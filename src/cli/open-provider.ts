import type { IncomingMessage, ServerResponse } from 'node:http'
import type { PaymentProviderConfig } from '../config/payment-makers.ts'
import type { PaymentProvider } from '../domains/payments/provider.ts'
import type { Model } from '../schema/model.ts'
import type { StorageAdapter } from '../storage/storage.ts'
import type { PaymentKeys } from './payment-keys.ts'
import type { ProcessSettings } from './settings.ts'

/** What a provider is opened with: the settings of the server that it works for, and its parts. */
export type ProviderPlace = {
  /** As the project asks for it. */
  readonly config: PaymentProviderConfig
  readonly keys: PaymentKeys
  readonly settings: ProcessSettings
  readonly publicUrl: string
  readonly port: number
  readonly storage: StorageAdapter
  readonly model: Model
}

/** A payment provider at work in a server. */
export type OpenProvider = {
  readonly provider: PaymentProvider
  /** Pages of its own that this process serves, where it has some. */
  readonly pages: ((request: IncomingMessage, response: ServerResponse) => unknown) | null
  start(): void
  stop(): void
}
