// The defences of mail that comes in, as in defences.ts.
import type { Defence } from './defences.ts'

const test = 'test/api/inbound-mail.test.ts'

export const inboundDefences: readonly Defence[] = [
  {
    name: 'CR or LF alone ends no line of a message',
    file: 'src/domains/inbound/smtp-receiver.ts',
    from: 'if (hasBareNewline(raw)) return',
    to: 'if (false as boolean) return',
    test,
    asked: ['smuggling'],
  },
  {
    name: 'mail to an address that there is not is refused',
    file: 'src/domains/inbound/known-address.ts',
    from: 'return (await readSignedAddress(key, `${name}@${domain}`, domain)) !== null',
    to: 'return true',
    test,
    asked: ['refuses recipients'],
  },
  {
    name: 'nobody makes up an address to answer to',
    file: 'src/domains/emails/signed-address.ts',
    from: 'if (!isEqualSecret(await signatureOf(key, use as AddressUse, id!), signature!)) return null',
    to: '',
    test,
    asked: ['finds the order by the address'],
  },
  {
    name: 'a Message-ID of ours is the whole of it',
    file: 'src/domains/inbound/file-letter.ts',
    from: 'return found?.messageId === messageId ? found : null',
    to: 'return found',
    test,
    asked: ['finds it by the Message-ID'],
  },
  {
    name: 'a message is taken once it is stored',
    file: 'src/domains/inbound/smtp-receiver.ts',
    from: 'const { id } = await inTime(clock, storeMs, receive(raw, envelopeOf(session)))',
    to: "const { id } = { id: (void receive(raw, envelopeOf(session)).catch(() => {}), 'inm_1') }",
    test,
    asked: ['a database that is away'],
  },
  {
    name: 'an answer goes to whom the conversation is with',
    file: 'src/domains/inbound/file-letter.ts',
    from: "const to = answered?.direction === 'out' ? answered.to : address",
    to: 'const to = address',
    test,
    asked: ['staff answer in the same thread'],
  },
  {
    name: 'what a program wrote opens no conversation again',
    file: 'src/domains/inbound/file-letter.ts',
    from: 'if (parsed.isAutomatic) return thread',
    to: '',
    test,
    asked: ['a program'],
  },
  {
    name: 'a report is believed at the return path alone',
    file: 'src/domains/inbound/file-letter.ts',
    from: "const place = recognised.places.find(({ use }) => use === 'bounce')",
    to: 'const [place] = recognised.places',
    test,
    asked: ['whoever was handed a mail'],
  },
  {
    name: 'a complaint has the form that mail systems give it',
    file: 'src/domains/inbound/note-report.ts',
    from: "if (source === 'part') await suppress(",
    to: 'await suppress(',
    test,
    asked: ['a complaint ends'],
  },
  {
    name: 'what a person pasted is no report',
    file: 'src/domains/inbound/file-letter.ts',
    from: "if (mail.from !== null && report.source !== 'part') return null",
    to: '',
    test,
    asked: ['letters of people'],
  },
]
