// Reading a payment with all that belongs to it, by Stripe's name of it or by ours. By ours it is looked for in the lists of what was
// made at that time, which are complete at once. Stripe's search is not: it finds what is new only after a while (a minute, and up to an
// hour when it is in trouble), so it is asked only for what is older.
import { timeOfId } from '../../base/ids.ts'
import type { ProviderResult, ProviderView } from '../../domains/payments/provider.ts'
import type { ApiAnswer, Form, StripeApi } from './api.ts'
import { isName, listIn, markIn, namedAs, nameIn, paymentMark, Unreadable, type Written, wordIn, written } from './read.ts'
import { type Found, intentIdIn, intentOf, needsMore, refundsWith, viewOf } from './view.ts'

/** A call is made within seconds of the id that it carries; repeats under its key are answered with what the first has made. */
const madeBeforeMs = 60_000
const madeAfterMs = 10 * 60_000
/** Longer than its search lags behind. */
const searchableMs = 60 * 60_000
const pageRows = 100
/** Payments of ten minutes: 2,000. */
const pagesRead = 20

export const chargeParts = 'latest_charge.refunds'
export const sessionParts = [`payment_intent.${chargeParts}`]
export const intentParts = [chargeParts]

/** An answer that is not what was asked for, carried out of the reading. */
class Unanswered extends Error {
  readonly isMissing: boolean

  constructor(reason: string, isMissing = false) {
    super(reason)
    this.isMissing = isMissing
  }
}

export type Finder = ReturnType<typeof createFinder>

function createReader(api: StripeApi) {
  async function get(path: string, query: Form = {}): Promise<Written> {
    return bodyOf(await api.get(path, query))
  }

  async function all(path: string, query: Form, what: string): Promise<Written[]> {
    const rows: Written[] = []
    for (let page = 0; page < pagesRead; page++) {
      const last = rows.at(-1)
      const after = last === undefined ? {} : { starting_after: nameIn(last, 'id') }
      const list = listIn({ list: await get(path, { ...query, limit: pageRows, ...after }) }, 'list')
      rows.push(...list.rows)
      if (!list.hasMore || list.rows.length === 0) return rows
    }
    throw new Unanswered(`Stripe has more ${what} than are read.`)
  }

  /** Null: Stripe has no such object. */
  async function find(path: string, query: Form = {}): Promise<Written | null> {
    try {
      return await get(path, query)
    } catch (error) {
      if (error instanceof Unanswered && error.isMissing) return null
      throw error
    }
  }

  return { get, all, find }
}

export function createFinder(api: StripeApi, now: () => number) {
  const { get, all, find } = createReader(api)

  /** With refunds and disputes that did not come with it. */
  async function complete(session: Written | null, intent: Written | null): Promise<Found> {
    const more = needsMore(intent)
    const of = { payment_intent: intent === null ? '' : nameIn(intent, 'id') }
    return {
      session,
      intent,
      refunds: more.refunds ? await all('refunds', of, 'refunds of one payment') : refundsWith(intent),
      disputes: more.disputes ? await all('disputes', of, 'disputes of one payment') : [],
    }
  }

  async function byName(providerRef: string): Promise<Found | null> {
    const isSession = providerRef.startsWith('cs_')
    // A name of another provider's, or of another time: there is no such payment here.
    if (!isName(providerRef) || !(isSession || providerRef.startsWith('pi_'))) return null
    const [path, expand] = isSession ? ['checkout/sessions', sessionParts] : ['payment_intents', intentParts]
    const object = await find(`${path}/${providerRef}`, { expand })
    if (object === null) return null
    namedAs(object, providerRef)
    return isSession ? await ofSession(object) : await ofIntent(object)
  }

  async function ofSession(session: Written): Promise<Found> {
    const id = intentIdIn(session)
    const intent = intentOf(session) ?? (id === null ? null : namedAs(await get(`payment_intents/${id}`, { expand: intentParts }), id))
    return await complete(session, intent)
  }
  const ofIntent = (intent: Written) => complete(null, intent)

  /** The one that took money, or else the newest: a start whose key was forgotten may have made two. */
  async function byReference(reference: string): Promise<Found | null> {
    const madeAt = timeOfId(reference)
    if (madeAt === null) return null
    const seconds = (ms: number) => Math.floor(ms / 1_000)
    const created = { gte: seconds(madeAt - madeBeforeMs), lte: seconds(madeAt + madeAfterMs) }
    const isOurs = (one: Written) => markIn(one, paymentMark) === reference
    const sessions = (await all('checkout/sessions', { created }, 'payments of that time')).filter(isOurs)
    const taken = sessions.find((one) => wordIn(one, 'status') === 'complete') ?? sessions[0]
    if (taken !== undefined) return await byName(nameIn(taken, 'id'))
    const intents = (await all('payment_intents', { created }, 'payments of that time')).filter(isOurs)
    const intent = intents.find((one) => wordIn(one, 'status') === 'succeeded') ?? intents[0]
    if (intent !== undefined) return await byName(nameIn(intent, 'id'))
    return now() - madeAt < searchableMs ? null : await bySearch(reference)
  }

  async function bySearch(reference: string): Promise<Found | null> {
    if (!isName(reference)) return null
    const answer = await get('payment_intents/search', { query: `metadata['${paymentMark}']:'${reference}'`, limit: 1 })
    const [intent] = listIn({ list: answer }, 'list').rows
    if (intent === undefined) return null
    const name = nameIn(intent, 'id')
    const [session] = listIn({ list: await get('checkout/sessions', { payment_intent: name, limit: 1 }) }, 'list').rows
    return await byName(session === undefined ? name : nameIn(session, 'id'))
  }

  return { byName, byReference, find, get, ofSession, ofIntent, all }
}

function bodyOf(answer: ApiAnswer): Written {
  if (answer.result === 'ok') return answer.body
  const isMissing = answer.result === 'refused' && answer.status === 404
  throw new Unanswered(answer.reason, isMissing)
}

/** Runs what reads answers: whatever is not as it should be leaves it open what happened. */
export async function reading<T>(read: () => Promise<T>): Promise<ProviderResult<T>> {
  try {
    return { result: 'ok', value: await read() }
  } catch (error) {
    if (error instanceof Unanswered || error instanceof Unreadable) return { result: 'uncertain', reason: error.message }
    throw error
  }
}

export async function viewing(read: () => Promise<Found | null>): Promise<ProviderResult<ProviderView | null>> {
  return await reading(async () => {
    const found = await read()
    return found === null ? null : viewOf(found)
  })
}

/** What belongs to an object that was answered to a call. */
export const isSession = (object: Written) => written(object, 'payment')['object'] === 'checkout.session'
