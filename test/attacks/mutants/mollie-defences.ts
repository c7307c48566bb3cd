// The defences of Mollie's adapter, as in account-defences.ts.
import type { Defence } from './defences.ts'

const folder = 'src/payment-providers/mollie'
const test = `${folder}/adapter.test.ts`

export const mollieDefences: readonly Defence[] = [
  {
    name: 'an unsigned webhook of Mollie comes to an address that we made',
    file: `${folder}/webhook.ts`,
    from: ' || !isEqualSecret(proof, proofOf(payment, secret))) return null',
    to: ') return null',
    test,
    asked: ['a classic webhook counts'],
  },
  {
    name: 'an unsigned webhook of Mollie is a form with one id',
    file: `${folder}/webhook.ts`,
    from: '/^id=(tr_\\w{1,64})$/',
    to: '/^id=(tr_.*)/',
    test,
    asked: ['a classic webhook counts'],
  },
  {
    name: 'a payment that Mollie says is of another tells nothing of ours',
    file: `${folder}/adapter.ts`,
    from: "found.result !== 'ok' || found.value.reference !== payment)",
    to: "found.result !== 'ok')",
    test,
    asked: ['a classic webhook that Mollie'],
  },
  {
    name: 'a signature of Mollie is of one of the secrets',
    file: `${folder}/webhook.ts`,
    from: 'return given.some((one) => isEqualSecret(one, made))',
    to: 'return made.length > 0 && given.length > 0',
    test,
    asked: ['a signed webhook names'],
  },
  {
    name: 'a webhook of the test world tells nothing in the live one',
    file: `${folder}/webhook.ts`,
    from: "if (entity !== null && entity['mode'] !== mode) return []",
    to: '',
    test,
    asked: ['a signed webhook names'],
  },
  {
    name: 'a start that may be forgotten at Mollie is looked for',
    file: `${folder}/adapter.ts`,
    from: 'if (madeAt === null || given.clock.now() - madeAt > keyKeptMs) {',
    to: 'if (madeAt === null) {',
    test,
    asked: ['a start whose key'],
  },
  {
    name: 'a refund that Mollie has is not sent again',
    file: `${folder}/adapter.ts`,
    from: "  if (isThere) return { result: 'ok', value: viewOf(before.value) }\n",
    to: '',
    test,
    asked: ['a refund is sent once'],
  },
  {
    name: 'amounts of Mollie have the digits of their currency',
    file: `${folder}/read.ts`,
    from: 'if (fraction.length !== digits) throw new Unreadable()',
    to: '',
    test,
    asked: ['what cannot be used'],
  },
  {
    name: 'what Mollie answers is what it was asked for',
    file: 'src/payment-providers/mollie/adapter.ts',
    from: "payment.result === 'ok' && payment.value.id !== id ? another : payment",
    to: "payment.result === 'ok' && id === '' ? another : payment",
    test: 'src/payment-providers/strange-answers.test.ts',
    asked: ['another object than was asked for'],
  },
  {
    name: 'an answer of Mollie is read to its end',
    file: 'src/payment-providers/mollie/api.ts',
    from: 'const charactersMax = limits.paymentAnswerCharactersMax',
    to: 'const charactersMax = 100_000',
    test: 'src/payment-providers/strange-answers.test.ts',
    asked: ['1,500 parts went back'],
  },
]
