import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../base/limits.ts'
import type { Money } from '../base/money.ts'
import type { PaymentProvider, ProviderResult, ProviderView, SettlementLine, WebhookEvent } from '../domains/payments/provider.ts'
import { checkAnswers } from './check-answers.ts'

const most: Money = { amount: limits.moneyMovedMax, currency: 'EUR' }
const beyond = { amount: limits.moneyMovedMax + 1, currency: 'EUR' }
const viewOf = (amount = most, providerRef = 'theirs'): ProviderView => ({
  providerRef,
  facts: [{ kind: 'cap_ok', operationRef: 'cap', amount, providerTime: 0 }],
  phase: 'closed',
  action: null,
  declineReason: null,
})
const lineOf = (amount = most, fee = { amount: 0, currency: 'EUR' }): SettlementLine => ({
  ...{ ref: 'line', kind: 'payment', operationRef: null, providerRef: null, reference: null, at: 0, payoutRef: null },
  ...{ amount, fee },
})

type Said = { readonly view?: ProviderView; readonly line?: SettlementLine; readonly event?: WebhookEvent }
function saying({ view = viewOf(), line = lineOf(), event = { eventId: 'e', reference: null, providerRef: null } }: Said): PaymentProvider {
  const viewed = async (): Promise<ProviderResult<ProviderView>> => ({ result: 'ok', value: view })
  return checkAnswers({
    ...{ id: 'one', apiVersion: '1', methods: [] },
    capabilities: { capturesLater: true, capturesParts: true, capturesOften: true, lists: true, currencies: null },
    ...{ start: viewed, resume: viewed, capture: viewed, cancel: viewed, refund: viewed, fetch: viewed },
    list: async () => ({ result: 'ok', value: { lines: [line], next: null } }),
    verifyWebhook: () => [event],
  })
}

const call = { key: 'k', payment: 'ours', providerRef: 'theirs', reference: 'ours too', amount: most }
const asks: Readonly<Record<string, (provider: PaymentProvider) => Promise<ProviderResult<unknown>>>> = {
  resume: (provider) => provider.resume!({ ...call, capture: 'now' }),
  capture: (provider) => provider.capture!({ ...call, isFinal: true }),
  cancel: (provider) => provider.cancel(call),
  refund: (provider) => provider.refund(call),
  start: (provider) => provider.start({ ...call, method: null, returnUrl: '', description: '', webhookUrl: '' }),
  fetch: (provider) => provider.fetch({ reference: 'ours', providerRef: 'theirs' }),
}

for (const [name, ask] of Object.entries(asks)) {
  test(`${name}: an amount that can be counted is believed, and no other`, async () => {
    assert.equal((await ask(saying({}))).result, 'ok')
    for (const amount of [beyond, { amount: -1, currency: 'EUR' }, { amount: 0.5, currency: 'EUR' }, { amount: 5, currency: 'ZZZ' }]) {
      assert.equal((await ask(saying({ view: viewOf(amount) }))).result, 'uncertain', JSON.stringify(amount))
      const dispute = { ref: 'd', status: 'won', amount, reason: null, evidenceDueAt: null } as const
      assert.equal((await ask(saying({ view: { ...viewOf(), facts: [], disputes: [dispute] } }))).result, 'uncertain')
    }
  })

  // A start has no name there yet, and a look by our name of it may find another.
  if (name !== 'start' && name !== 'fetch')
    test(`${name}: an answer about another payment is not believed`, async () =>
      assert.equal((await ask(saying({ view: viewOf(most, 'another') }))).result, 'uncertain'))
}

test('lines of an account have signs, and amounts that can be counted', async () => {
  for (const amount of [most, { ...most, amount: -most.amount }])
    assert.equal((await saying({ line: lineOf(amount) }).list!(0, null)).result, 'ok')
  for (const line of [
    lineOf(beyond),
    lineOf({ ...beyond, amount: -beyond.amount }),
    lineOf(most, beyond),
    lineOf(most, { ...most, amount: -1 }),
  ])
    assert.equal((await saying({ line }).list!(0, null)).result, 'uncertain')
})

test('a webhook that tells of what cannot be counted only names its payment', async () => {
  const event = { eventId: 'e', reference: 'ours', providerRef: 'theirs' }
  const told = (amount: typeof most) => ({ ...event, told: { facts: viewOf(amount).facts, declineReason: null } })
  const webhook = { body: new Uint8Array(), headers: {}, now: 0 }
  assert.deepEqual(await saying({ event: told(most) }).verifyWebhook(webhook), [told(most)])
  assert.deepEqual(await saying({ event: told(beyond) }).verifyWebhook(webhook), [event])
})
