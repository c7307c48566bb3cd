// Templates: Mustache, which has no logic and escapes HTML by default, over a view prepared by code.
// A template's text and HTML are made in the transaction that owes the message, so what is sent later
// is what was true then.
import mustache from 'mustache'
import type { Language } from '../../base/language.ts'
import { languageWords } from '../../languages/language-texts.ts'
import type { MailCategory } from './categories.ts'
import { unsubscribeMark } from './unsubscribe-link.ts'

/** Without HTML the message is text alone. */
export type Template = {
  readonly subject: string
  readonly text: string
  readonly html: string | null
  /** English when left out. */
  readonly language?: Language
  /** `transactional` when left out. */
  readonly category?: MailCategory
}
export type Rendered = Omit<Template, 'language' | 'category'>

/** Renders all parts. HTML values are escaped in the HTML part and nowhere else. `otherwise`: of what says no language of its own. */
export function render(template: Template, view: Readonly<Record<string, unknown>>, otherwise: Language = 'en'): Rendered {
  const isMarketing = template.category === 'marketing'
  // What somebody typed is no mark, and no link: there is one of it, in the footer.
  const withoutMark = (words: string) => (isMarketing ? words.replaceAll(unsubscribeMark, '-unsubscribe-') : words)
  const plain = (text: string) => withoutMark(filled(text, view, oneLine))
  const subject = plain(template.subject)
  const footer = isMarketing ? unsubscribeFooter(template.language ?? otherwise) : { text: '', html: '' }
  return {
    // A line break in a subject would start a header of its own.
    subject: subject.replace(/[\r\n]+/g, ' ').trim(),
    text: `${plain(template.text)}${footer.text}`,
    html:
      template.html &&
      layout(`${withoutMark(filled(template.html, view, escaped))}${footer.html}`, {
        title: subject,
        language: template.language ?? 'en',
      }),
  }
}

/** The law of most countries wants it in the mail itself: not every program shows what its header says. */
function unsubscribeFooter(language: Language): { readonly text: string; readonly html: string } {
  const { footer, link } = languageWords(language).unsubscribe
  const style = 'margin:24px 0 0;font-size:14px;color:#6b6b66'
  return {
    text: `\n${footer} ${unsubscribeMark}\n`,
    html: `\n<p style="${style}">${footer} <a href="${unsubscribeMark}" style="color:inherit">${link}</a></p>`,
  }
}

const writer = new mustache.Writer()
/** By their texts: Mustache's own cache makes a new key of the whole text at each look. Templates are those of a config, and so few. */
const parsed = new Map<string, ReturnType<typeof writer.parse>>()

function filled(text: string, view: Readonly<Record<string, unknown>>, made: (value: unknown) => string): string {
  const tokens = parsed.get(text) ?? writer.parse(text)
  parsed.set(text, tokens)
  return writer.renderTokens(tokens, new mustache.Context(view), undefined, text, { escape: made })
}

function escaped(value: unknown): string {
  return mustache.escape(oneLine(value))
}

/** A value is a word of a line: what somebody typed never begins one of its own. */
function oneLine(value: unknown): string {
  return String(value).replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
}

/** One column, system fonts, both colour schemes: what every mail program shows alike. */
function layout(body: string, { title, language }: { readonly title: string; readonly language: Language }): string {
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<title>${mustache.escape(title)}</title></head>
<body style="margin:0;padding:24px 12px;background:#f4f4f1;font:16px/1.5 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;color:#1d1d1b">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:560px;background:#ffffff;border-radius:12px"><tr><td style="padding:32px 28px">
${body}
</td></tr></table></td></tr></table></body></html>`
}
