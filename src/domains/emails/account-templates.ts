// The mails of accounts, in each language (languages/). They say nothing that a stranger typed: anybody can cause most of them. `url` and
// `code` hold the mark of the secret.
import type { Language } from '../../base/language.ts'
import { languageWords } from '../../languages/language-texts.ts'
import type { AccountMail } from '../../languages/language-words.ts'
import type { Template } from './render.ts'
import { writtenTemplate } from './written-template.ts'

export type AccountTemplate = AccountMail

/** A template with its name, as `queueEmail` takes it. */
export function accountTemplate(name: AccountTemplate, language: Language): Template & { readonly name: string } {
  return { ...writtenTemplate(name, language, languageWords(language).accountMails[name]), category: 'account' }
}
