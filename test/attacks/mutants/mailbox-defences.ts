// The defences of mailboxes that mail is read from, as in defences.ts.
import type { Defence } from './defences.ts'

const test = 'test/api/mailboxes.test.ts'

export const mailboxDefences: readonly Defence[] = [
  {
    name: 'a mailbox is told of a message once it is stored',
    file: 'src/domains/inbound/read-mailbox.ts',
    from: 'const isNew = await Promise.all(fit.map(',
    to: 'await session.settle(fit.map(({ uid }) => uid))\n  const isNew = await Promise.all(fit.map(',
    test,
    asked: ['is told what was taken only once that is stored'],
  },
  {
    name: 'no message of a mailbox stops those behind it',
    file: 'src/domains/inbound/read-mailbox.ts',
    from: 'row.troubles >= limits.mailboxTroublesMax',
    to: 'row.troubles >= Infinity',
    test,
    asked: ['about one message is left that one'],
  },
  {
    name: 'a message of a mailbox that is not handed over is not passed',
    file: 'src/domains/inbound/read-mailbox.ts',
    from: 'if (withheld !== undefined) {',
    to: 'if (withheld === Infinity) {',
    test,
    asked: ['about one message is left that one'],
  },
  {
    name: 'a server of a mailbox has so much time',
    file: 'src/domains/inbound/mailbox-client.ts',
    from: 'return await Promise.race([call(), late])',
    to: 'return await (late.catch(() => {}), call())',
    test,
    asked: ['about one message is left that one'],
  },
  {
    name: 'a literal of a mailbox has a size',
    file: 'src/domains/inbound/mailbox-client.ts',
    from: 'maxLiteralSize: bytesMax + limits.mailboxBatchBytes,',
    to: '',
    test,
    asked: ['about one message is left that one'],
  },
  {
    name: 'what a server of a mailbox says holds no password',
    file: 'src/domains/inbound/mailbox-client.ts',
    from: "reduce((left, secret) => left.replaceAll(secret, '…'), text)",
    to: 'reduce((left) => left, text)',
    test,
    asked: ['repeats the password'],
  },
  {
    name: 'a message of a mailbox is known by its bytes, whatever its number',
    file: 'src/domains/inbound/receive-mail.ts',
    from: '{ door, recipients, refusal }: Envelope',
    to: '{ door, recipients, place: refusal }: Envelope',
    test,
    asked: ['about its numbers'],
  },
]
