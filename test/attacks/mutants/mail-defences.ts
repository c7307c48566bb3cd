// The defences of mail on its way out, as in account-defences.ts.
import type { Defence } from './defences.ts'

const test = 'test/api/outgoing-mail.test.ts'
const send = 'src/domains/emails/send-email.ts'

export const mailDefences: readonly Defence[] = [
  {
    name: 'what has expired is not sent',
    file: send,
    from: 'if (expiresAt !== null && expiresAt <= now)',
    to: 'if (expiresAt !== null && expiresAt <= 0)',
    test,
    asked: ['one whose time is over is never sent'],
  },
  {
    name: 'what is to go later is not sent before',
    file: send,
    from: 'if (early > 0)',
    to: 'if (early > Infinity)',
    test,
    asked: ['one that was released too early'],
  },
  {
    name: 'a suppressed address is not written to',
    file: send,
    from: 'if (found === null) return null',
    to: 'if (found === null || found !== null) return null',
    test,
    asked: ['get nothing, and each message says why'],
  },
  {
    name: 'no mail goes with a mark in place of its secret',
    file: send,
    from: 'return secret === null && text.includes(secretMark)',
    to: "return secret === null && text === ''",
    test,
    asked: ['is not what has lost its secret'],
  },
  {
    name: 'a mail that may be there twice says so',
    file: send,
    from: 'attempts - 1 > (failures ?? 0)',
    to: 'attempts < 0',
    test,
    asked: ['an attempt that was cut off on our side'],
  },
  {
    name: 'a refusal of the message takes no address off',
    file: 'src/domains/emails/suppressions.ts',
    from: '/\\b5\\.1\\.(?:1|2|3|6|10)\\b/.test(reply)',
    to: '/\\b5\\.\\d\\.\\d/.test(reply)',
    test,
    asked: ['are those that a receiver says do not exist'],
  },
  {
    name: 'a link to unsubscribe is ours',
    file: 'src/domains/emails/unsubscribe-link.ts',
    from: 'return isEqualSecret(await sign(email), signature)',
    to: 'return (await sign(email)) !== signature || signature !== email',
    test,
    asked: ['has a link that takes its reader off'],
  },
  {
    name: 'a link that somebody made up unsubscribes nobody',
    file: 'src/domains/emails/unsubscribe.ts',
    from: "if (!isGood) throw new EngineError('link_invalid')",
    to: '',
    test,
    asked: ['has a link that takes its reader off'],
  },
  {
    name: 'a second header of a name breaks its signature',
    file: 'src/domains/emails/sign-dkim.ts',
    from: '...(once.includes(name) ? [name] : [])',
    to: '...(once.includes(name) ? [] : [])',
    test: 'src/domains/emails/sign-dkim.test.ts',
    asked: ['each signature is good for what it names'],
  },
  {
    name: 'a login that is refused is no fault of the message',
    file: 'src/domains/emails/transport-smtp.ts',
    from: 'if (!isIn || (code !== undefined && aboutUs.includes(code)))',
    to: 'if (!isIn && code === undefined && aboutUs.includes(0))',
    test: 'src/domains/emails/transport-smtp.test.ts',
    asked: ['it asks for a login only now'],
  },
  {
    name: 'no password goes by a certificate that does not hold',
    file: 'src/domains/emails/transport-smtp.ts',
    from: "rejectUnauthorized: tls !== 'opportunistic' || auth !== null",
    to: "rejectUnauthorized: tls !== 'opportunistic'",
    test: 'src/domains/emails/transport-smtp.test.ts',
    asked: [', with a password'],
  },
  {
    name: 'a way that is broken is asked by one message at a time',
    file: 'src/domains/emails/spare-transport.ts',
    from: 'if (waitMs() > 0 || isProbing)',
    to: 'if (waitMs() > 0)',
    test: 'src/domains/emails/spare-transport.test.ts',
    asked: ['a way that is broken is asked once'],
  },
]
