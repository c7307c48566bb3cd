// What a mail says, in any language: one source for its text and its HTML.

/** A paragraph; with a field before it, only where the view has that: `^field`, where it has not. */
export type MailLine = string | readonly [when: string, text: string]

/** In Mustache: {shop}, and the fields named beside it. */
export type MailWords = {
  readonly subject: string
  readonly heading: string
  readonly lines: readonly MailLine[]
  /** Lists `items`, each with its `quantity` and `title`. */
  readonly hasItems?: true
  /** Lists `tracking`, each with its `carrier`, `number` and perhaps `url`. */
  readonly hasTracking?: true
  /** A table: what is said of each field that the view has. */
  readonly rows?: readonly (readonly [label: string, field: string])[]
  /** Its label; it leads to `url`. */
  readonly button?: string
  /** Shows `code`. */
  readonly hasCode?: true
  readonly after: readonly MailLine[]
}

/** What English, which the others are held to, is held to. */
export type WordShape = {
  readonly accountMails: Readonly<Record<string, MailWords>>
  readonly orderMails: Readonly<Record<string, MailWords>>
  readonly receipt: Readonly<Record<string, string>>
  readonly document: Readonly<Record<string, string>>
  readonly issued: Readonly<Record<string, string>>
  readonly unsubscribe: Readonly<Record<string, string>>
  readonly months: readonly string[]
  readonly afterDay: string
  readonly point: string
  readonly group: string
}
