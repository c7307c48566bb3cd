// What came in, as it came: for staff alone, handed over as a file to be kept. A stranger wrote every byte of it.
import { Readable } from 'node:stream'
import { staff } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { type Content, type Operation, query } from '../../operation/define.ts'
import type { Reader } from '../../storage/storage.ts'
import { emails } from '../emails/collections.ts'
import { inboundMails } from './collections.ts'
import type { MailReader } from './parse-mail.ts'
import { rawOf } from './receive-mail.ts'

const id = Type.String({ maxLength: limits.idCharactersMax })
const idInput = Type.Object({ id }, { additionalProperties: false })

export function openMailOperations(reader: MailReader): readonly Operation[] {
  return [rawInbound, rawEmail, enclosedFile(reader)]
}

type Raw = Pick<Parameters<typeof query>[0], 'name' | 'route' | 'summary' | 'scope'> & {
  readonly open: (read: Reader, id: string) => Promise<Buffer>
}

/** A message, byte for byte. */
function rawOperation({ open, ...named }: Raw): Operation {
  return query({
    ...named,
    tag: 'E-mails',
    input: idInput,
    output: Type.String({ format: 'binary' }),
    isPresented: true,
    mediaType: 'message/rfc822',
    errors: ['not_found'],
    access: staff,
    run: async ({ input, read }) => bytesAnswer(await open(read, input.id), 'message/rfc822', `${input.id}.eml`),
  })
}

/** Also of what could not be read. */
const rawInbound = rawOperation({
  name: 'inboundMails.raw',
  route: 'GET /api/inboundMails/:id/raw',
  summary: 'Received mail, byte for byte',
  scope: 'inboundMails:read',
  open: inboundRaw,
})

/** Of one that came in. */
const rawEmail = rawOperation({
  name: 'emails.raw',
  route: 'GET /api/emails/:id/raw',
  summary: 'An e-mail that came in, byte for byte',
  scope: 'emails:read',
  open: emailRaw,
})

/** `GET /api/emails/{id}/attachments/{place}` */
function enclosedFile({ readEnclosed }: MailReader): Operation {
  return query({
    name: 'emails.attachment',
    route: 'GET /api/emails/:id/attachments/:place',
    summary: 'A file that came with an e-mail',
    tag: 'E-mails',
    scope: 'emails:read',
    input: Type.Object({ id, place: Type.String({ pattern: '^[0-9]{1,3}$' }) }, { additionalProperties: false }),
    output: Type.String({ format: 'binary' }),
    isPresented: true,
    mediaType: 'application/octet-stream',
    errors: ['not_found', 'overloaded'],
    access: staff,
    async run({ input, read }) {
      const asked = Number(input.place)
      const file = (await read.get(emails, input.id))?.enclosed?.find(({ place }) => place === asked)
      if (file === undefined) throw new EngineError('not_found')
      const bytes = await readEnclosed(await emailRaw(read, input.id), asked)
      if (bytes === null) throw new EngineError('not_found')
      // Whatever it calls itself: a browser keeps it, and opens nothing of it here.
      return bytesAnswer(bytes, 'application/octet-stream', file.name)
    },
  })
}

/** @throws not_found */
async function emailRaw(read: Reader, id: string): Promise<Buffer> {
  const email = await read.get(emails, id)
  if (email?.inbound == null) throw new EngineError('not_found')
  return await inboundRaw(read, email.inbound)
}

/** @throws not_found */
async function inboundRaw(read: Reader, id: string): Promise<Buffer> {
  const mail = await read.get(inboundMails, id)
  const raw = mail === null ? null : await rawOf(read, mail)
  if (raw === null) throw new EngineError('not_found')
  return raw
}

function bytesAnswer(bytes: Uint8Array, type: string, name: string) {
  const plain = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_')
  const encoded = encodeURIComponent(name).replaceAll(/['()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
  const headers = {
    'content-type': type,
    'content-disposition': `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`,
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    'cache-control': 'private, no-cache',
  }
  const open: Content['open'] = async (range) => Readable.from([range === null ? bytes : bytes.subarray(range.first, range.last + 1)])
  return { output: '', headers, content: { size: bytes.length, open } }
}
