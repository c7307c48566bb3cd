// The defences of Stripe's adapter, as in account-defences.ts.
import type { Defence } from './defences.ts'

const folder = 'src/payment-providers/stripe'
const webhooks = `${folder}/webhook.test.ts`
const calls = 'src/sandbox/faces/stripe.test.ts'

export const stripeDefences: readonly Defence[] = [
  {
    name: 'a webhook of Stripe is signed by one of the secrets',
    file: `${folder}/webhook.ts`,
    from: 'return given.slice(0, 10).some((signature) => isEqualSecret(signature, expected))',
    to: 'return given.length > 0 && expected.length > 0',
    test: webhooks,
    asked: ['whatever is altered is refused'],
  },
  {
    name: 'a webhook of Stripe is of these minutes',
    file: `${folder}/webhook.ts`,
    from: ' || Math.abs(now / 1_000 - Number(time)) > toleranceSeconds) return false',
    to: ') return false',
    test: webhooks,
    asked: ['whatever is altered is refused'],
  },
  {
    name: 'an event of Stripe that may be stale tells nothing',
    file: `${folder}/webhook.ts`,
    from: "wordIn(session, 'payment_status') === 'paid' && ",
    to: '',
    test: webhooks,
    asked: ['an event names its payment'],
  },
  {
    name: 'a failure that Stripe repeats is looked at before another key is used',
    file: `${folder}/desk.ts`,
    from: "      if (found.value !== null) return { result: 'found', value: found.value }\n",
    to: '',
    test: calls,
    asked: ['a failure that Stripe repeats'],
  },
  {
    name: 'a key that Stripe may have forgotten is not trusted',
    file: `${folder}/desk.ts`,
    from: 'now() - (timeOfId(reference) ?? 0) > keyKeptMs',
    to: 'now() < (timeOfId(reference) ?? 0)',
    test: calls,
    asked: ['a key that Stripe has forgotten'],
  },
  {
    name: 'an answer of Stripe that is not whole leaves it open what happened',
    file: `${folder}/api.ts`,
    from: "    return body === null\n      ? { result: 'uncertain'",
    to: "    return body === null\n      ? { result: 'ok', body: {} }\n      : body === null\n      ? { result: 'uncertain'",
    test: calls,
    asked: ['whatever goes wrong'],
  },
  {
    name: 'a test key of a provider starts no production',
    file: 'src/cli/payment-keys.ts',
    from: "if (mode === 'test' && !isDevelopment && !config.allowsTestKeys)",
    to: "if (mode === 'test' && isDevelopment && !config.allowsTestKeys)",
    test: 'src/cli/payment-keys.test.ts',
    asked: ['test and live are never mixed'],
  },
  {
    name: 'what Stripe answers is what it was asked for',
    file: `${folder}/find.ts`,
    from: '    namedAs(object, providerRef)\n',
    to: '',
    test: 'src/payment-providers/strange-answers.test.ts',
    asked: ['another object than was asked for'],
  },
  {
    name: 'a payment that Stripe begins is the one it was asked for',
    file: `${folder}/desk.ts`,
    from: 'if (markIn(object, paymentMark) !== reference)',
    to: "if (reference === '')",
    test: 'src/payment-providers/strange-answers.test.ts',
    asked: ["somebody else's payment"],
  },
  {
    name: 'an answer of Stripe is read to its end',
    file: 'src/payment-providers/stripe/api.ts',
    from: 'const charactersMax = limits.paymentAnswerCharactersMax',
    to: 'const charactersMax = 10_000',
    test: 'src/payment-providers/strange-answers.test.ts',
    asked: ['1,500 parts went back'],
  },
]
