// What staff look at before a mail is sent to anybody: each mail of ours and of the project, made of an example.
import { staff } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { languages } from '../../base/language.ts'
import { limits } from '../../base/limits.ts'
import type { Project } from '../../config/project.ts'
import { Type } from '../../contract/type.ts'
import { nearestLanguage } from '../../languages/language-texts.ts'
import { type Operation, query } from '../../operation/define.ts'
import type { AnyOwnMail } from './define-mail.ts'
import { exampleData } from './mail-files.ts'
import { isOwnTemplate, ownMailNames, ownTemplate } from './order-templates.ts'
import { renderFor, templateFor } from './queue-email.ts'
import { sampleView } from './sample-views.ts'
import { languageTag } from './send-mail.ts'

const listed = Type.Object(
  {
    name: Type.String(),
    origin: Type.Unsafe<'kingpost' | 'project'>({ type: 'string', enum: ['kingpost', 'project'], description: 'Whose mail it is.' }),
    isWritten: Type.Boolean({ description: 'Whether files of the project have its words.' }),
    languages: Type.Array(Type.String()),
    category: Type.String(),
  },
  { title: 'EmailTemplate' },
)

const preview = Type.Object(
  {
    name: Type.String(),
    language: Type.String(),
    version: Type.String({ description: 'Another one, once its words or its look change. Messages keep theirs as `templateVersion`.' }),
    subject: Type.String(),
    text: Type.String(),
    html: Type.Union([Type.String(), Type.Null()]),
    data: Type.Unsafe<Readonly<Record<string, unknown>>>({
      type: 'object',
      additionalProperties: true,
      description: 'What it is made of.',
    }),
  },
  { title: 'EmailPreview' },
)

/** `mails`: of the project. */
export function templateOperations(mails: Iterable<AnyOwnMail>): readonly Operation[] {
  const own = [...mails]
  return [listTemplates(own), previewTemplate(own)]
}

function listTemplates(own: readonly AnyOwnMail[]): Operation {
  return query({
    name: 'emails.listTemplates',
    route: 'GET /api/emailTemplates',
    summary: 'All mails that there are',
    tag: 'E-mails',
    scope: 'emails:read',
    input: Type.Object({}, { additionalProperties: false }),
    output: Type.Object({ items: Type.Array(listed) }),
    access: staff,
    async run({ project }) {
      const ofProject = own.map(({ name, category }) => ({ name, category, origin: 'project' as const }))
      const ours = ownMailNames.map((name) => ({
        name,
        category: ownTemplate(name, 'en').category ?? 'transactional',
        origin: 'kingpost' as const,
      }))
      return { output: { items: [...ofProject, ...ours].map((one) => ({ ...one, ...writtenIn(project, one.name) })) } }
    },
  })
}

function previewTemplate(own: readonly AnyOwnMail[]): Operation {
  return query({
    name: 'emails.previewTemplate',
    route: 'GET /api/emailTemplates/:name',
    summary: 'A mail as it looks, made of an example',
    tag: 'E-mails',
    scope: 'emails:read',
    input: Type.Object(
      {
        name: Type.String({ maxLength: limits.codeCharactersMax }),
        language: Type.Optional(Type.String({ pattern: languageTag, maxLength: limits.languageTagCharactersMax })),
      },
      { additionalProperties: false },
    ),
    output: preview,
    errors: ['not_found'],
    access: staff,
    async run({ project, input: { name, language = project.mail.language } }) {
      const found = exampleOf(own, { name, language, project })
      if (found === null) throw new EngineError('not_found')
      const { template, data } = found
      const { subject, text, html, version } = renderFor(project, template, data)
      return { output: { name, language: template.language ?? language, version, subject, text, html, data } }
    },
  })
}

type Asked = { readonly name: string; readonly language: string; readonly project: Project }

function exampleOf(own: readonly AnyOwnMail[], { name, language, project }: Asked) {
  const mail = own.find((one) => one.name === name)
  if (mail !== undefined) return { template: templateFor(project, mail, language), data: exampleData(mail) }
  if (!isOwnTemplate(name)) return null
  const nearest = nearestLanguage(language)
  return { template: templateFor(project, ownTemplate(name, nearest), language), data: sampleView(name, nearest, project.publicUrl) }
}

function writtenIn({ mail }: Project, name: string) {
  const keys = [...mail.written.templates.keys()].filter((key) => key === name || key.startsWith(`${name}.`))
  const tags = keys.map((key) => key.slice(name.length + 1)).filter((tag) => tag !== '')
  const ours = isOwnTemplate(name) ? languages : []
  return { isWritten: keys.length > 0, languages: [...new Set([...ours, ...tags])] }
}
