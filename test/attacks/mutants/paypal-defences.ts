// The defences of payments by PayPal, as in account-defences.ts.
import type { Defence } from './defences.ts'

const folder = 'src/payment-providers/paypal'
const webhook = { file: `${folder}/webhook.ts`, test: `${folder}/webhook.test.ts` }
const certificates = { file: `${folder}/certificates.ts`, test: `${folder}/webhook.test.ts` }
const adapter = { file: `${folder}/adapter.ts`, test: `${folder}/adapter.test.ts` }

export const payPalDefences: readonly Defence[] = [
  {
    name: "a message of PayPal's is signed",
    ...webhook,
    from: 'return webhookIds.some((webhookId) => verify(',
    to: 'return webhookIds.some((webhookId) => true || verify(',
    asked: ['what is altered'],
  },
  {
    name: "a message of PayPal's is signed by the one algorithm",
    ...webhook,
    from: "if (headers['paypal-auth-algo'] !== 'SHA256withRSA' || ",
    to: 'if (',
    asked: ['what is altered'],
  },
  {
    name: "a message of PayPal's has its time",
    ...webhook,
    from: 'if (!(now - sentAt <= olderMs && sentAt - now <= newerMs)) return false',
    to: '',
    asked: ['PayPal repeats a message'],
  },
  {
    name: "no address but PayPal's is asked for a certificate",
    ...certificates,
    from: 'const folder = folders.find((one) => href?.startsWith(one))',
    to: "const folder = href?.replace(/[^/]*$/, '')",
    asked: ['no address is asked'],
  },
  {
    name: "nothing of PayPal's but certificates is asked for",
    ...certificates,
    from: String.raw` && /^[\w-]{1,100}$/.test(href.slice(folder.length))`,
    to: '',
    asked: ['no address is asked'],
  },
  {
    name: "a certificate names PayPal's signer",
    ...certificates,
    from: ' || !isSigner',
    to: '',
    asked: ['a file that is no good certificate'],
  },
  {
    name: 'a certificate has its dates',
    ...certificates,
    from: 'return found !== null && found.from <= now && now <= found.until ? found.key : null',
    to: 'return found !== null ? found.key : null',
    asked: ['a file that is no good certificate', 'a certificate that ends'],
  },
  {
    name: 'certificates that follow one another vouch for one another',
    ...certificates,
    from: 'if (!isChain || ',
    to: 'if (',
    asked: ['a file that is no good certificate'],
  },
  {
    name: 'a certificate has a key that cannot be guessed',
    ...certificates,
    from: ' || (key.asymmetricKeyDetails?.modulusLength ?? 0) < 2_048',
    to: '',
    asked: ['a file that is no good certificate'],
  },
  {
    name: 'a few certificates are asked for at once',
    ...certificates,
    from: "if (asked.size >= limits.payPalCertificatesAskedMax) throw new EngineError('overloaded')",
    to: '',
    asked: ['made-up names of certificates'],
  },
  {
    name: 'an answer that is none of PayPal says nothing',
    file: `${folder}/api.ts`,
    from: ' && issue !== null && !mayPass',
    to: ' && !mayPass',
    test: `${folder}/api.test.ts`,
    asked: ['an answer that PayPal did not plainly give'],
  },
  {
    name: 'PayPal has no payment only where all of its time is listed',
    file: `${folder}/find-order.ts`,
    from: 'if (toldUntil !== null && toldUntil >= end) return',
    to: 'if (toldUntil !== null) return',
    test: `${folder}/adapter.test.ts`,
    asked: ['it is answered that there is none', 'an order that PayPal does not know'],
  },
  {
    name: 'a refund that PayPal knows is not sent again',
    ...adapter,
    from: 'if (order.value.refunds.some((one) => one.reference === reference)) return ok(viewOf(order.value))',
    to: '',
    asked: ['a refund goes to the capture'],
  },
  {
    name: 'a capture that PayPal knows is not sent again',
    ...adapter,
    from: 'if (order.value.captures.some((one) => one.reference === reference)) return ok(viewOf(order.value))',
    to: '',
    asked: ['a capture names ours'],
  },
  {
    name: 'what a dispute took is no refund besides',
    file: `${folder}/view.ts`,
    from: 'const refunds = order.refunds.filter(({ id }) => !told.taken.has(id))',
    to: 'const { refunds } = order',
    test: `${folder}/adapter.test.ts`,
    asked: ['what a dispute took'],
  },
  {
    name: 'what PayPal answers is what it was asked for',
    file: 'src/payment-providers/paypal/adapter.ts',
    from: 'order === null || order.id !== id ? unreadable',
    to: "order === null || id === '' ? unreadable",
    test: 'src/payment-providers/strange-answers.test.ts',
    asked: ['another object than was asked for'],
  },
  {
    name: 'no pause that PayPal asks for lasts for ever',
    file: 'src/payment-providers/paypal/api.ts',
    from: '/^[1-9]\\d{0,3}$/.test(header)',
    to: 'Number(header) > 0',
    test: 'src/payment-providers/paypal/api.test.ts',
    asked: ['is none to be kept'],
  },
  {
    name: 'an answer of PayPal is read to its end',
    file: 'src/payment-providers/paypal/api.ts',
    from: 'const charactersMax = limits.paymentAnswerCharactersMax',
    to: 'const charactersMax = 100_000',
    test: 'src/payment-providers/strange-answers.test.ts',
    asked: ['1,500 parts went back'],
  },
]
