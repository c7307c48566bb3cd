// What happens to webhooks.
import { event } from '../../contract/events.ts'
import type { Webhook } from './collections.ts'

/** Nothing has arrived there for days, or it answered that it is gone: it is switched off. */
export const webhookDisabled = event('webhook.disabled').with<{ readonly webhook: Webhook }>()
