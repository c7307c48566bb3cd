// An outside tax service, asked by one POST of JSON: a project's own bridge to whichever company knows its taxes. Invariant: only a whole
// answer with a rate for each line is one; all else, and silence, is that it did not say, and no rate is made of it.
import type { Egress } from '../base/egress.ts'
import { limits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import type { TaxAnswer, TaxQuestion, TaxService } from '../config/tax-service.ts'

type Parts = { readonly egress: Egress; readonly log: Log; readonly url: string; readonly secret: string | null }

export function createTaxService({ egress, log, url, secret }: Parts): TaxService {
  return {
    async quote(question) {
      try {
        const { status, body } = await egress.request({
          method: 'POST',
          url,
          headers: {
            'content-type': 'application/json',
            accept: 'application/json',
            'user-agent': 'kingpost',
            ...(secret !== null && { authorization: `Bearer ${secret}` }),
          },
          body: JSON.stringify(question),
          withinMs: limits.taxServiceMs,
        })
        return answerOf(status, body, question)
      } catch (error) {
        log.write('warn', 'The tax service did not say what is due: carts that it is asked for are not checked out.', { error })
        return null
      }
    },
  }
}

/** @throws Error where it is no whole answer. What stands in it is in no log. */
function answerOf(status: number, body: string, question: TaxQuestion): TaxAnswer {
  if (status !== 200) throw new Error(`It answered ${status}.`)
  const { lines, shipping = 0, reference = null } = read(body)
  if (!Array.isArray(lines) || lines.length !== question.lines.length) throw new Error('It answered without a rate for each line.')
  const isWhole = lines.every(isRate) && isRate(shipping) && (question.shipping === null || read(body)['shipping'] !== undefined)
  if (!isWhole) throw new Error('It answered with rates that are no parts per million.')
  return { lines, shipping, reference: typeof reference === 'string' ? reference.slice(0, limits.codeCharactersMax) : null }
}

function read(body: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(body)
  if (typeof value !== 'object' || value === null) throw new Error('It answered no object.')
  return value as Readonly<Record<string, unknown>>
}

function isRate(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 1_000_000
}
