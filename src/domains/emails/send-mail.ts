import { staff } from '../../access/rule.ts'
import { parseIso } from '../../base/clock.ts'
import { normalEmail } from '../../base/email-address.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { command, type Operation } from '../../operation/define.ts'
import { presentAll } from '../../records/present.ts'
import { oneLine } from '../../schema/kinds/text.ts'
import { emails } from './collections.ts'
import { type AnyOwnMail, dataMisfit } from './define-mail.ts'
import { queueEmail } from './queue-email.ts'
import type { Template } from './render.ts'

/** BCP 47, as far as anybody has mails in it. */
export const languageTag = '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$'

const input = Type.Object(
  {
    to: Type.String({ format: 'email', maxLength: limits.emailCharactersMax }),
    template: Type.Optional(Type.String({ maxLength: limits.codeCharactersMax, description: 'Of the project. Or a subject and a text.' })),
    data: Type.Optional(Type.Unsafe<Readonly<Record<string, unknown>>>({ type: 'object', description: 'What the template takes.' })),
    subject: Type.Optional(Type.String({ minLength: 1, maxLength: limits.textCharactersMax, pattern: oneLine })),
    text: Type.Optional(Type.String({ minLength: 1, maxLength: limits.longTextCharactersMax })),
    html: Type.Optional(
      Type.String({ minLength: 1, maxLength: limits.longTextCharactersMax, description: 'As it is: nothing is filled in.' }),
    ),
    language: Type.Optional(
      Type.String({
        pattern: languageTag,
        maxLength: limits.languageTagCharactersMax,
        description: 'What its reader reads, where the template has several: `de`.',
      }),
    ),
    replyTo: Type.Optional(Type.String({ format: 'email', maxLength: limits.emailCharactersMax })),
    category: Type.Optional(
      Type.Unsafe<'transactional' | 'marketing'>({
        type: 'string',
        enum: ['transactional', 'marketing'],
        description: 'Of your own words: `marketing` is what its reader did not ask for, and can switch off. A template has its own.',
      }),
    ),
    sendAt: Type.Optional(Type.String({ format: 'date-time', description: 'Not before. At once when left out, in a year at the latest.' })),
    expiresAt: Type.Optional(Type.String({ format: 'date-time', description: 'It is not sent from then on.' })),
    record: Type.Optional(Type.String({ maxLength: limits.idCharactersMax, description: 'What it is about: staff see the mail there.' })),
  },
  {
    additionalProperties: false,
    examples: [{ to: 'ada@example.com', subject: 'Your order', text: 'It is on its way.' }],
  },
)
type Input = {
  readonly template?: string
  readonly data?: Readonly<Record<string, unknown>>
  readonly subject?: string
  readonly text?: string
  readonly html?: string
  readonly category?: 'transactional' | 'marketing'
}

/** `POST /api/emails`: staff write to somebody, by a template of the project or in their own words. */
export function sendMail(mails: Iterable<AnyOwnMail>): Operation {
  const byName = new Map([...mails].map((mail) => [mail.name, mail]))
  return command({
    name: 'emails.send',
    route: 'POST /api/emails',
    summary: 'Send an e-mail',
    tag: 'E-mails',
    status: 201,
    isPresented: true,
    input,
    output: Type.Unsafe<unknown>({ type: 'object', title: 'emails' }),
    access: staff,
    async run(work) {
      const { tx, input: given, actor, model, newId, now } = work
      const { to, replyTo, record = null, language } = given
      const said = wordsOf(byName, given)
      const email = await queueEmail(work, {
        key: `emails.send:${newId('key')}`,
        to: normalEmail(to),
        record,
        ...timesOf(given, now),
        ...said,
        // A key is a program's, and an advertisement is nobody's letter.
        isByHand: given.template === undefined && given.category !== 'marketing' && actor.session !== null,
        ...(replyTo && { replyTo: normalEmail(replyTo) }),
        ...(language && { language }),
      })
      const [output] = await presentAll(tx, model.get(emails), actor, [email!])
      return { output: output as unknown, status: 201, headers: { location: `/api/emails/${email!.id}` } }
    },
  })
}

/** @throws validation_failed */
function timesOf({ sendAt: begin, expiresAt: end }: { readonly sendAt?: string; readonly expiresAt?: string }, now: number) {
  const sendAt = begin === undefined ? null : parseIso(begin)
  const expiresAt = end === undefined ? null : parseIso(end)
  if (sendAt !== null && sendAt > now + limits.mailAheadMaxMs) throw invalid('/sendAt', 'range', 'must be in a year at the latest')
  if (expiresAt !== null && expiresAt <= Math.max(now, sendAt ?? now))
    throw invalid('/expiresAt', 'range', sendAt === null ? 'must be a time to come' : 'must be after sendAt')
  // What was to go before goes now.
  return { sendAt: sendAt !== null && sendAt > now ? sendAt : null, expiresAt }
}

/** @throws validation_failed */
function wordsOf(mails: ReadonlyMap<string, AnyOwnMail>, { template, data = {}, subject, text, html, category }: Input) {
  if (template === undefined) {
    if (subject === undefined) throw invalid('/subject', 'required', 'is missing, as there is no template')
    if (text === undefined) throw invalid('/text', 'required', 'is missing, as there is no template')
    return {
      template: { ...verbatim, ...(html === undefined ? { html: null } : {}), ...(category && { category }) },
      view: { subject, text, html },
    }
  }
  const words = Object.entries({ subject, text, html, category }).find(([, word]) => word !== undefined)
  if (words !== undefined) throw invalid(`/${words[0]}`, 'unknown_field', 'is what the template says')
  const mail = mails.get(template)
  if (mail === undefined)
    throw new EngineError('validation_failed', {
      detail: `There is no template ${template}.`,
      errors: [
        {
          path: '/template',
          code: 'enum',
          message: mails.size === 0 ? 'the config has no mails' : `must be one of ${[...mails.keys()].join(', ')}`,
        },
      ],
    })
  const misfit = dataMisfit(mail, data)
  if (misfit !== null) throw invalid(`/data${misfit.path}`, 'schema', misfit.message)
  return { template: mail, view: data }
}

/** What is sent as it was given: nothing of it is a template. */
export const verbatim: Template & { readonly name: null } = {
  name: null,
  subject: '{{subject}}',
  text: '{{{text}}}',
  html: '{{{html}}}',
}
