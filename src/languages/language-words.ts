// What a language has to say: all that English says.
import type { english } from './english.ts'
import type { MailWords } from './mail-words.ts'

export type AccountMail = keyof (typeof english)['accountMails']
export type OrderMail = keyof (typeof english)['orderMails']

type Texts<TPart extends 'receipt' | 'document' | 'issued' | 'unsubscribe'> = Readonly<Record<keyof (typeof english)[TPart], string>>

export type LanguageWords = {
  readonly accountMails: Readonly<Record<AccountMail, MailWords>>
  readonly orderMails: Readonly<Record<OrderMail, MailWords>>
  /** The table of a receipt. */
  readonly receipt: Texts<'receipt'>
  /** What stands on a document besides its data. */
  readonly document: Texts<'document'>
  /** What is written into a document when it is issued. */
  readonly issued: Texts<'issued'>
  /** Below mails that nobody asked for, and the page that its link leads to. */
  readonly unsubscribe: Texts<'unsubscribe'>
  readonly months: readonly string[]
  /** Between a day and its month. */
  readonly afterDay: string
  /** Of an amount: before the cents, and between thousands. */
  readonly point: string
  readonly group: string
}
