// Answers that staff write again and again, with places that the conversation and its record fill. Invariant: what is filled in is text, once:
// nothing in it is a place again; and it is what whoever answers may read.
import { staff } from '../../access/rule.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { type Language, languages } from '../../base/language.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { dayText, moneyText } from '../../languages/language-texts.ts'
import { type Operation, type QueryContext, query } from '../../operation/define.ts'
import { presentAll } from '../../records/present.ts'
import { type BeforeChange, collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { type EmailThread, emailThreads } from '../emails/threads.ts'
import { findRecord } from './find-record.ts'

export const savedReplies = collection('savedReplies', {
  prefix: 'srep',
  title: 'Saved replies',
  search: 'parts',
  fields: {
    title: field.text({ required: true, unique: true, search: true, max: 100 }),
    text: field.longText({ required: true, search: true, max: limits.savedReplyCharactersMax }),
  },
  personal: { freeForm: 'delete' },
  access: { read: staff, create: staff, update: staff, delete: staff },
  async beforeChange({ after }: BeforeChange) {
    checkPlaces(String(after['text']))
    return {}
  },
})
export type SavedReply = NonNullable<(typeof savedReplies)['record']>

const place = /(?<!\{)\{\{\s*([A-Za-z][\w.]*)\s*\}\}(?!\})/g
const known = ['shop', 'name', 'address', 'subject'] as const

/** @throws validation_failed */
function checkPlaces(text: string): void {
  const left = text.replaceAll(place, '')
  if (left.includes('{{') || left.includes('}}')) throw invalid('/text', 'schema', 'has braces that are no place such as {{record.number}}')
  for (const [, name = ''] of text.matchAll(place))
    if (!name.startsWith('record.') && !known.some((one) => one === name))
      throw invalid('/text', 'schema', `has {{${name}}}: there are ${known.join(', ')} and fields of the record, such as record.number`)
}

export type FilledReply = { readonly text: string; readonly missing: readonly string[] }
type Filling = Pick<QueryContext<unknown>, 'read' | 'model' | 'actor' | 'project'>

/** `missing`: names of what is not there. They stand in the text as they were written. */
export async function filledReply(work: Filling, { text }: Pick<SavedReply, 'text'>, thread: EmailThread): Promise<FilledReply> {
  const { read, model, actor, project } = work
  const found = thread.record === null ? null : await findRecord(work, thread.record)
  const [record] = found === null ? [] : await presentAll(read, model.get({ name: found.name }), actor, [found.record])
  const { name, address, subject } = thread
  const view: Values = { shop: project.name, name, address, subject, record }
  const asked = found?.record['language']
  const language = languages.find((one) => one === asked) ?? project.mail.language
  const missing: string[] = []
  const filled = text.replaceAll(place, (whole, path: string) => {
    const word = wordOf(valueAt(view, path), language)
    if (word === null) missing.push(path)
    return word ?? whole
  })
  return { text: filled, missing: [...new Set(missing)] }
}

type Values = Readonly<Record<string, unknown>>
const isValues = (value: unknown): value is Values => typeof value === 'object' && value !== null && !Array.isArray(value)

function valueAt(view: Values, path: string): unknown {
  let value: unknown = view
  for (const step of path.split('.')) value = isValues(value) && Object.hasOwn(value, step) ? value[step] : undefined
  return value
}

/** As a customer reads it; null where there is nothing, or what no sentence can hold. */
function wordOf(value: unknown, language: Language): string | null {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (isValues(value) && typeof value['amount'] === 'number' && typeof value['currency'] === 'string')
    return moneyText({ amount: value['amount'], currency: value['currency'] }, language)
  if (typeof value !== 'string' || value === '') return null
  // Times are on the wire as RFC 3339.
  const day = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z$/.exec(value)?.[1]
  return day === undefined ? value : dayText(day, language)
}

const id = Type.String({ maxLength: limits.idCharactersMax })

/** `GET /api/emailThreads/{id}/savedReplies/{reply}`: to be looked at and changed before it is sent. */
export const fillSavedReply: Operation = query({
  name: 'emailThreads.fillReply',
  route: 'GET /api/emailThreads/:id/savedReplies/:reply',
  summary: 'A saved reply, filled in for a conversation',
  tag: 'E-mails',
  scope: 'emailThreads:read',
  input: Type.Object({ id, reply: id }, { additionalProperties: false }),
  output: Type.Object({ text: Type.String(), missing: Type.Array(Type.String()) }),
  errors: ['not_found'],
  access: staff,
  async run(context) {
    const { read, input } = context
    const [thread, saved] = await Promise.all([read.get(emailThreads, input.id), read.get(savedReplies, input.reply)])
    if (thread === null || saved === null) throw new EngineError('not_found')
    return { output: await filledReply(context, saved, thread) }
  },
})
