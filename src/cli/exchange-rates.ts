// Exchange rates of an address that the config names. Invariant: only a whole answer is one; all else, and silence, is that it did not say.
import { isDay } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import { type ExchangeRate, type ExchangeRates, exchangeRateForm, type RateQuestion } from '../config/exchange-rates.ts'
import { askService, type ServicePlace } from './ask-service.ts'

export function createExchangeRates({ log, ...place }: ServicePlace & { readonly log: Log }): ExchangeRates {
  return {
    async rate(question) {
      try {
        return rateOf(await askService(place, { question, withinMs: limits.exchangeRatesMs }), question)
      } catch (error) {
        log.write('warn', 'The service of exchange rates did not say a rate: invoices that need one wait for it.', { error })
        return null
      }
    },
  }
}

/** @throws Error where it is no whole answer */
function rateOf({ rate, source, day }: Readonly<Record<string, unknown>>, { day: asked }: RateQuestion): ExchangeRate {
  if (typeof rate !== 'string' || !exchangeRateForm.test(rate))
    throw new Error('It answered a rate that is no decimal text, such as "0.9231".')
  if (typeof source !== 'string' || !/^[^\p{Cc}]{1,100}$/u.test(source)) throw new Error('It answered no source of at most 100 characters.')
  if (typeof day !== 'string' || !isDay(day) || day > asked)
    throw new Error('It answered no day, such as "2026-11-30", or one after the one that was asked for.')
  return { rate, source, day }
}
