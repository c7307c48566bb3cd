// An outside tax service, asked by one POST of JSON: a project's own bridge to whichever company knows its taxes. Invariant: only a whole
// answer with a rate for each line is one; all else, and silence, is that it did not say, and no rate is made of it.
import { limits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import type { TaxAnswer, TaxQuestion, TaxService } from '../config/tax-service.ts'
import { askService, type ServicePlace } from './ask-service.ts'

export function createTaxService({ log, ...place }: ServicePlace & { readonly log: Log }): TaxService {
  return {
    async quote(question) {
      try {
        return answerOf(await askService(place, { question, withinMs: limits.taxServiceMs }), question)
      } catch (error) {
        log.write('warn', 'The tax service did not say what is due: carts that it is asked for are not checked out.', { error })
        return null
      }
    },
  }
}

/** @throws Error where it is no whole answer. What stands in it is in no log. */
function answerOf(said: Readonly<Record<string, unknown>>, question: TaxQuestion): TaxAnswer {
  const { lines, shipping = 0, reference = null } = said
  if (!Array.isArray(lines) || lines.length !== question.lines.length) throw new Error('It answered without a rate for each line.')
  const isWhole = lines.every(isRate) && isRate(shipping) && (question.shipping === null || said['shipping'] !== undefined)
  if (!isWhole) throw new Error('It answered with rates that are no parts per million.')
  return { lines, shipping, reference: typeof reference === 'string' ? reference.slice(0, limits.codeCharactersMax) : null }
}

function isRate(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 1_000_000
}
