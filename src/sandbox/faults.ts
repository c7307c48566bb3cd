// Faults for the next calls, asked for one by one: `the next capture is carried out, and its answer is lost`. They are kept in
// memory: a sandbox that starts again is kind again.
import type { RefusalCode } from './refusal.ts'

/** What a shop asks of a provider, whatever the dialect; `webhook` is what the provider sends. */
const faultCalls = ['start', 'resume', 'capture', 'cancel', 'refund', 'fetch', 'list', 'webhook', 'any'] as const
export type FaultCall = (typeof faultCalls)[number]
/** A call of a face. `other`: what none of the others is, such as signing in. */
export type CallName = Exclude<FaultCall, 'webhook' | 'any'> | 'other'

/** Struck where a call comes in by HTTP. */
export const wireFaults = [
  /** It is carried out, and the connection is cut. */
  'effect_no_answer',
  /** It is carried out, and no answer ever comes. */
  'effect_hang',
  'no_effect_no_answer',
  'no_effect_hang',
  'effect_500',
  'no_effect_500',
  /** 429 with Retry-After. */
  'rate_limit',
  /** 503. */
  'outage',
  'key_in_use',
  /** Each after the effect. */
  'half_body',
  'html',
  'redirect',
] as const
/** Struck where the book decides. */
const bookFaults = ['decline', 'challenge', 'delay', 'fail_later'] as const
/** Struck where a webhook is sent. */
const webhookFaults = ['repeat', 'late', 'drop', 'bad_signature', 'wrong_amount', 'wrong_currency'] as const

export type WireFault = (typeof wireFaults)[number]
export type BookFault = (typeof bookFaults)[number]
export type WebhookFault = (typeof webhookFaults)[number]
export type FaultKind = WireFault | BookFault | WebhookFault
const kinds: readonly FaultKind[] = [...wireFaults, ...bookFaults, ...webhookFaults]

export type Fault = {
  readonly call: FaultCall
  readonly kind: FaultKind
  /** How many calls it strikes. */
  readonly count: number
  /** Of `late`, `delay`, `rate_limit` and `outage`: how long. */
  readonly ms?: number
}
export type Faults = ReturnType<typeof createFaults>

export const refusalOfFault: Partial<Record<WireFault, RefusalCode>> = {
  rate_limit: 'rate_limited',
  outage: 'unavailable',
  key_in_use: 'key_in_use',
  effect_500: 'unavailable',
  no_effect_500: 'unavailable',
}

const faultsMax = 1_000

export function createFaults(now: () => number) {
  let planned: Fault[] = []
  /** An outage strikes every call until then. */
  let outageUntil = 0
  return {
    plan(fault: Fault): void {
      if (fault.kind === 'outage' && fault.ms !== undefined) outageUntil = now() + fault.ms
      else planned = [...planned, fault].slice(-faultsMax)
    },
    /** The first one planned for this call of one of these kinds, which is used up by it. */
    strike<Kind extends FaultKind>(call: FaultCall | CallName, among: readonly Kind[]): (Fault & { readonly kind: Kind }) | null {
      if (call !== 'webhook' && (among as readonly string[]).includes('outage') && now() < outageUntil)
        return { call: 'any', kind: 'outage' as Kind, count: 1, ms: outageUntil - now() }
      const isMeant = (fault: Fault) =>
        (fault.call === call || (fault.call === 'any' && call !== 'webhook')) && (among as readonly string[]).includes(fault.kind)
      const found = planned.find(isMeant)
      if (found === undefined) return null
      planned = planned.flatMap((one) => (one !== found ? [one] : one.count > 1 ? [{ ...one, count: one.count - 1 }] : []))
      return found as Fault & { readonly kind: Kind }
    },
    planned: (): readonly Fault[] => planned,
    clear(): void {
      planned = []
      outageUntil = 0
    },
  }
}

/** What somebody sent, or null. */
export function readFault(given: unknown): Fault | null {
  if (typeof given !== 'object' || given === null) return null
  const { call, kind, count = 1, ms, ...rest } = given as Record<string, unknown>
  if (Object.keys(rest).length > 0) return null
  if (!faultCalls.includes(call as FaultCall) || !kinds.includes(kind as FaultKind)) return null
  if ((call === 'webhook') !== (webhookFaults as readonly unknown[]).includes(kind)) return null
  if (!isCount(count) || count === 0 || (ms !== undefined && !isCount(ms))) return null
  return { call: call as FaultCall, kind: kind as FaultKind, count, ...(ms === undefined ? {} : { ms }) }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
