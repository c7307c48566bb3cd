// Calls that change something at Stripe. It remembers a key for 24 hours, and with it a failure, its own too: so a repeat that is answered
// with an old failure first looks for what the first call has made. Invariant: another key is used only when that is certainly not there.
import { timeOfId } from '../../base/ids.ts'
import type { PaymentCall, ProviderResult, ProviderView } from '../../domains/payments/provider.ts'
import type { ApiAnswer, Form, StripeApi } from './api.ts'
import { createFinder, isSession, reading } from './find.ts'
import { markIn, nameIn, paymentMark, Unreadable, type Written } from './read.ts'
import { type Found, viewOf } from './view.ts'

/** Stripe may forget a key after 24 hours. */
const keyKeptMs = 20 * 60 * 60_000
/** Keys of one call: each but the last was answered with a failure, and has made nothing. */
const keysOfCall = 4

export type Viewed = ProviderResult<ProviderView>
/** What a call is to make, should it be there already. */
export type LookUp = () => Promise<ProviderResult<ProviderView | null>>
export type Call = { readonly path: string; readonly form: Form; readonly key: string; readonly find: LookUp }
/** A payment as Stripe has it now; `intent`: the name of its PaymentIntent, once there is one. */
export type Known = { readonly found: Found; readonly view: ProviderView; readonly intent: string | null }

export type Desk = ReturnType<typeof createDesk>

export function createDesk(api: StripeApi, now: () => number) {
  const finder = createFinder(api, now)

  async function send({ path, form, key, find }: Call): Promise<ApiAnswer | { readonly result: 'found'; readonly value: ProviderView }> {
    let answer = await api.post(path, form, key)
    for (let number = 2; number <= keysOfCall && answer.result !== 'ok' && answer.isReplayed; number++) {
      const found = await find()
      if (found.result !== 'ok') return { result: 'uncertain', reason: found.reason, isReplayed: false }
      if (found.value !== null) return { result: 'found', value: found.value }
      answer = await api.post(path, form, `${key}:${number}`)
    }
    return answer
  }

  return {
    finder,

    async call(call: Call, view: (object: Written) => Promise<ProviderView>): Promise<Viewed> {
      const answer = await send(call)
      if (answer.result === 'found') return { result: 'ok', value: answer.value }
      if (answer.result === 'ok') return await reading(() => view(answer.body))
      if (answer.result === 'refused') return { result: 'refused', reason: answer.reason }
      const { reason, afterMs } = answer
      return { result: 'uncertain', reason, ...(afterMs === undefined ? {} : { afterMs }) }
    },

    /** The payment that a call is about. */
    async get({ providerRef }: PaymentCall): Promise<ProviderResult<Known | null>> {
      return await reading(async () => {
        const found = await finder.byName(providerRef)
        return found && { found, view: viewOf(found), intent: found.intent === null ? null : nameIn(found.intent, 'id') }
      })
    },

    async viewOf(object: Written): Promise<ProviderView> {
      return viewOf(await (isSession(object) ? finder.ofSession(object) : finder.ofIntent(object)))
    },

    /** What a start has made: it has our name. */
    async viewOfNew(object: Written, reference: string): Promise<ProviderView> {
      if (markIn(object, paymentMark) !== reference)
        throw new Unreadable('Stripe answered with a payment that is not the one it was asked to make.')
      return await this.viewOf(object)
    },

    /** Of a session whose PaymentIntent was changed. */
    async viewWith(session: Written | null, intent: Written): Promise<ProviderView> {
      const { refunds, disputes } = await finder.ofIntent(intent)
      return viewOf({ session, intent, refunds, disputes })
    },

    /** Its key may be forgotten by now: a call under it would act again. */
    isOld: (reference: string): boolean => now() - (timeOfId(reference) ?? 0) > keyKeptMs,
  }
}

/** The view of a payment of which something holds by now; null where it does not. */
export async function once(
  desk: Desk,
  request: PaymentCall,
  holds: (known: Known) => boolean,
): Promise<ProviderResult<ProviderView | null>> {
  const known = await desk.get(request)
  if (known.result !== 'ok') return known
  return { result: 'ok', value: known.value !== null && holds(known.value) ? known.value.view : null }
}

/** After a refusal: what it was to bring about may have come about otherwise, such as by an earlier call whose answer was lost. */
export async function unlessDone(answer: Viewed, find: LookUp): Promise<Viewed> {
  if (answer.result !== 'refused') return answer
  const found = await find()
  if (found.result !== 'ok') return found
  return found.value === null ? answer : { result: 'ok', value: found.value }
}

export const refused = (reason: string) => ({ result: 'refused', reason }) as const
