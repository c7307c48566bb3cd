// A provider that does not answer is spared: after some calls in a row of which nobody knows what became of them, or when it
// asks for a pause, nothing is sent to it for a while, then one call to see. Each process learns by itself. What is not sent
// has not happened, which callers are told apart from what is not known.
import type { Clock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import type { PaymentProvider, ProviderResult } from '../domains/payments/provider.ts'

export type SparedProviders = ReadonlyMap<string, PaymentProvider> & { readonly paused: () => readonly string[] }
type Parts = { readonly clock: Pick<Clock, 'now'>; readonly log: Log }

/** The providers by their ids, each spared by itself. */
export function spareProviders(providers: readonly PaymentProvider[], parts: Parts): SparedProviders {
  const circuits = new Map(providers.map(({ id }) => [id, createCircuit(id, parts)]))
  const spared = new Map(providers.map((provider) => [provider.id, spare(provider, circuits.get(provider.id)!)]))
  const paused = () => [...circuits].filter(([, circuit]) => circuit.isPaused()).map(([id]) => id)
  return Object.assign(spared, { paused })
}

type Circuit = ReturnType<typeof createCircuit>

function spare(provider: PaymentProvider, { call, look }: Circuit): PaymentProvider {
  const { resume, capture, list } = provider
  return {
    ...provider,
    start: (request) => call(() => provider.start(request)),
    ...(resume && { resume: (request) => call(() => resume.call(provider, request)) }),
    ...(capture && { capture: (request) => call(() => capture.call(provider, request)) }),
    cancel: (request) => call(() => provider.cancel(request)),
    refund: (request) => call(() => provider.refund(request)),
    fetch: (by) => look(() => provider.fetch(by)),
    ...(list && { list: (since, after) => look(() => list.call(provider, since, after)) }),
  }
}

function createCircuit(id: string, { clock, log }: Parts) {
  let failures = 0
  let pauseMs = 0
  let pausedUntil = 0
  let isProbing = false
  /** Something that moves money was turned away, and has not been sent since. */
  let isOwed = false

  function end(): void {
    if (pauseMs > 0) log.write('info', 'A payment provider answers again.', { provider: id })
    failures = 0
    pauseMs = 0
    pausedUntil = 0
  }

  function pause(askedMs: number | undefined, reason: string): void {
    const isFirst = pauseMs === 0
    pauseMs = Math.min(limits.providerPauseMaxMs, Math.max(pauseMs * 2, limits.providerPauseMs, askedMs ?? 0))
    pausedUntil = clock.now() + pauseMs
    if (isFirst) log.write('warn', 'A payment provider does not answer: it is spared for a while.', { provider: id, reason, pauseMs })
  }

  async function send<T>(work: () => Promise<ProviderResult<T>>): Promise<ProviderResult<T>> {
    const result = await work()
    if (result.result !== 'uncertain' || result.isAnswered) {
      end()
      return result
    }
    failures++
    if (failures >= limits.providerFailuresMax || pauseMs > 0 || result.afterMs !== undefined) pause(result.afterMs, result.reason)
    return result
  }

  /** Which call is the one that is sent to see: where looks alone fail, none of them may stand before a refund for ever. */
  async function turn<T>(work: () => Promise<ProviderResult<T>>, isLook: boolean): Promise<ProviderResult<T>> {
    if (pauseMs === 0) return await send(work)
    const leftMs = pausedUntil - clock.now()
    const isLater = isLook && isOwed && leftMs > -limits.providerTurnMs
    if (leftMs > 0 || isProbing || isLater) {
      isOwed ||= !isLook
      return {
        result: 'unsent',
        reason: 'The payment provider does not answer at the moment.',
        afterMs: Math.max(leftMs, limits.providerPauseMs),
      }
    }
    isProbing = true
    isOwed = false
    try {
      return await send(work)
    } finally {
      isProbing = false
    }
  }

  return {
    isPaused: () => pauseMs > 0,
    call: <T>(work: () => Promise<ProviderResult<T>>) => turn(work, false),
    /** Of what only asks. */
    look: <T>(work: () => Promise<ProviderResult<T>>) => turn(work, true),
  }
}
