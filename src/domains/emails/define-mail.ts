// Mails of a project: templates of its own, with the data that each takes. They go through the one outbox, as ours do.
import { isEngineError } from '../../base/engine-error.ts'
import { declare, placeOfDeclaration } from '../../base/place.ts'
import type { Static, TObject } from '../../contract/type.ts'
import { validatorOf } from '../../schema/validate.ts'
import type { Filled } from './template-names.ts'

export type OwnMail<TData = never> = {
  readonly kind: 'mail'
  readonly name: string
  readonly data: TObject
  /** Its words. Null where they stand in files: mail-files.ts. */
  readonly subject: string | null
  readonly text: string | null
  readonly html: string | null
  readonly category: 'transactional' | 'marketing'
  /** What it is shown with where somebody looks at it. */
  readonly sample: Readonly<Record<string, unknown>> | null
  /** Carries the type only. */
  readonly types?: (data: TData) => void
}
export type AnyOwnMail = Omit<OwnMail, 'types'>

/**
 * Declares a template, in Mustache. `{{shop}}` is the name of the project; everything else comes from `data`. Values are escaped in the HTML
 * and stand on one line each; without HTML the mail is text alone. Without `subject` and `text` its words stand in files beside the config:
 * `mails/<name>.html`, `.txt` or `.mjml`.
 */
export function defineMail<
  TData extends TObject,
  const TSubject extends string = string,
  const TText extends string = string,
  const THtml extends string = string,
>(
  name: string,
  spec: {
    readonly data: TData
    readonly subject?: Filled<TSubject, NameIn<TData>>
    readonly text?: Filled<TText, NameIn<TData>>
    readonly html?: Filled<THtml, NameIn<TData>>
    /** `marketing` of what its reader did not ask for: it can be switched off, and then is not sent. */
    readonly category?: 'transactional' | 'marketing'
    /** Data to look at it with, in the console. Something of each type when left out. */
    readonly sample?: Static<TData>
  },
): OwnMail<Static<TData>> {
  const { data, subject = null, text = null, html = null, category = 'transactional', sample = null } = spec
  const mail = { kind: 'mail', name, data, subject, text, html, category, sample } as const
  return declare(mail as OwnMail<Static<TData>>, { name, ...spec }, placeOfDeclaration())
}

type NameIn<TData extends TObject> = keyof Static<TData> & string

/** What is wrong with the data of a mail: a path and a sentence, or null. */
export function dataMisfit({ data: schema }: AnyOwnMail, data: unknown): { readonly path: string; readonly message: string } | null {
  try {
    validatorOf(schema)(data)
    return null
  } catch (error) {
    if (!isEngineError(error, 'validation_failed')) throw error
    const [issue] = error.errors ?? []
    return { path: issue?.path ?? '', message: issue?.message ?? error.detail }
  }
}
