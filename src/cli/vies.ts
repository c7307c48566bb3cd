// VAT numbers asked of VIES, the register of the EU's countries, by its REST interface (POST check-vat-number of
// https://ec.europa.eu/taxation_customs/vies/#/technical-information). With our own number beside it the answer has a consultation number,
// which tax offices take as evidence of the question. Invariant: only a plain yes or no is one; all else is that it did not say.
import type { Clock } from '../base/clock.ts'
import type { Egress } from '../base/egress.ts'
import { limits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import type { VatRegister } from '../operation/define.ts'

export const viesUrl = 'https://ec.europa.eu/taxation_customs/vies/rest-api'

type Parts = { readonly egress: Egress; readonly clock: Pick<Clock, 'now' | 'after'>; readonly log: Log; readonly url?: string }
type Answer = Awaited<ReturnType<VatRegister['check']>>

const silent: Answer = { state: 'unavailable', reference: null }

export function createVies({ egress, clock, log, url = viesUrl }: Parts): VatRegister {
  /** By country: each answers for itself, and often one is not there. */
  const pausedUntil = new Map<string, number>()
  return {
    async check(vatId, requester) {
      const country = vatId.slice(0, 2)
      if (clock.now() < (pausedUntil.get(country) ?? 0)) return silent
      const asked = {
        countryCode: country,
        vatNumber: vatId.slice(2),
        requesterMemberStateCode: requester.slice(0, 2),
        requesterNumber: requester.slice(2),
      }
      try {
        const { status, body } = await egress.request({
          method: 'POST',
          url: `${url}/check-vat-number`,
          headers: { 'content-type': 'application/json', accept: 'application/json', 'user-agent': 'kingpost' },
          body: JSON.stringify(asked),
          withinMs: limits.vatRegisterMs,
        })
        return answerOf(status, body)
      } catch (error) {
        pausedUntil.set(country, clock.now() + limits.vatRegisterPauseMs)
        log.write('warn', 'VIES did not say whether a VAT number is valid: tax is charged until it does.', { error, country })
        return silent
      }
    },
  }
}

/** @throws Error where it is neither yes nor no, such as MS_UNAVAILABLE */
function answerOf(status: number, body: string): Answer {
  const answer = status === 200 ? (JSON.parse(body) as Record<string, unknown>) : {}
  const { valid, requestIdentifier, errorWrappers, actionSucceed } = answer
  if (typeof valid !== 'boolean' || errorWrappers !== undefined || actionSucceed === false)
    throw new Error(`It answered ${status}${reasonIn(errorWrappers)}.`)
  const reference = typeof requestIdentifier === 'string' && requestIdentifier !== '' ? requestIdentifier.slice(0, 100) : null
  return { state: valid ? 'valid' : 'invalid', reference }
}

/** The code alone: of the rest nobody knows what stands in it. */
function reasonIn(errors: unknown): string {
  const [first] = Array.isArray(errors) ? (errors as readonly { readonly error?: unknown }[]) : []
  const code = first?.error
  return typeof code === 'string' && /^[A-Z_]{1,60}$/.test(code) ? ` ${code}` : ''
}
