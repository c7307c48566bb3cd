// What providers say, looked at once more for all of them before anything of it is booked. Adapters read answers with care; here stands
// what holds whatever the provider: an answer is about the payment that was asked for, and its amounts can be counted. Entries of the
// ledger stay for ever, so one beyond all counting would stop the balances for good. Invariant: nothing that fails is partly believed.
import { isCurrency } from '../base/currencies.ts'
import { limits } from '../base/limits.ts'
import type { Money } from '../base/money.ts'
import type {
  PaymentCall,
  PaymentProvider,
  ProviderResult,
  ProviderView,
  SettlementPage,
  Told,
  WebhookEvent,
} from '../domains/payments/provider.ts'

type Viewed = ProviderResult<ProviderView>

export function checkAnswers(provider: PaymentProvider): PaymentProvider {
  const { resume, capture, list } = provider
  const about = async (request: PaymentCall, answer: Promise<Viewed>): Promise<Viewed> => {
    const viewed = checked(await answer)
    return viewed.result === 'ok' && viewed.value.providerRef !== request.providerRef ? another : viewed
  }
  return {
    ...provider,
    start: async (request) => checked(await provider.start(request)),
    ...(resume && { resume: (request) => about(request, resume.call(provider, request)) }),
    ...(capture && { capture: (request) => about(request, capture.call(provider, request)) }),
    cancel: (request) => about(request, provider.cancel(request)),
    refund: (request) => about(request, provider.refund(request)),
    // By our name of it the provider may have found another that it has made for us.
    fetch: async (by) => checked(await provider.fetch(by)),
    ...(list && { list: async (since, after) => checkedPage(await list.call(provider, since, after)) }),
    async verifyWebhook(webhook) {
      const events = await provider.verifyWebhook(webhook)
      return events === null ? null : events.map(checkedEvent)
    },
  }
}

const another = { result: 'uncertain', reason: 'The provider answered with another payment than was asked for.', isAnswered: true } as const
const beyond = { result: 'uncertain', reason: 'The provider tells of an amount that cannot be counted.', isAnswered: true } as const

function checked<T extends ProviderView | null>(answer: ProviderResult<T>): ProviderResult<T> {
  return answer.result === 'ok' && answer.value !== null && !isCountable(answer.value) ? beyond : answer
}

function checkedPage(answer: ProviderResult<SettlementPage>): ProviderResult<SettlementPage> {
  if (answer.result !== 'ok') return answer
  const isRight = answer.value.lines.every(({ amount, fee }) => isAmount({ ...amount, amount: Math.abs(amount.amount) }) && isAmount(fee))
  return isRight ? answer : beyond
}

/** It says what to look at, whatever it tells. */
function checkedEvent({ told, ...event }: WebhookEvent): WebhookEvent {
  return told !== undefined && isCountable(told) ? { ...event, told } : event
}

function isCountable({ facts, disputes = [] }: Told): boolean {
  return [...facts, ...disputes].every(({ amount }) => isAmount(amount))
}

function isAmount({ amount, currency }: Money): boolean {
  return Number.isSafeInteger(amount) && amount >= 0 && amount <= limits.moneyMovedMax && isCurrency(currency)
}
