// Templates: Mustache, which has no logic and escapes HTML by default, over a view prepared by code.
// A template's text and HTML are made in the transaction that owes the message, so what is sent later
// is what was true then.
import mustache from 'mustache'
import type { MailDesign } from '../../config/project.ts'
import { languageWords, nearestLanguage } from '../../languages/language-texts.ts'
import type { MailCategory } from './categories.ts'
import { defaultLayout, type Layout } from './layout-templates.ts'
import { unsubscribeMark } from './unsubscribe-link.ts'

/** Without HTML the message is text alone. */
export type Template = {
  readonly subject: string
  readonly text: string
  readonly html: string | null
  /** What lists of mails show beside the subject. */
  readonly preheader?: string
  /** That of whom it is for when left out. */
  readonly language?: string
  /** `transactional` when left out. */
  readonly category?: MailCategory
}
export type Rendered = Pick<Template, 'subject' | 'text' | 'html'>
type View = Readonly<Record<string, unknown>>

/** `language`: of what says none of its own. */
export type Look = { readonly shop: string; readonly design: MailDesign; readonly language: string }

/** Renders all parts. HTML values are escaped in the HTML part and nowhere else. */
export function render(template: Template, view: View, look: Look): Rendered {
  const isMarketing = template.category === 'marketing'
  const language = template.language ?? look.language
  // What somebody typed is no mark, and no link: there is one of it, in the footer.
  const withoutMark = (words: string) => (isMarketing ? words.replaceAll(unsubscribeMark, '-unsubscribe-') : words)
  const plain = (text: string) => withoutMark(filled(text, view, oneLine))
  // A line break in a subject would start a header of its own.
  const subject = plain(template.subject)
    .replace(/[\r\n]+/g, ' ')
    .trim()
  const text = `${plain(template.text)}${isMarketing ? unsubscribeLine(language) : ''}`
  if (template.html === null) return { subject, text, html: null }
  const said = withoutMark(filled(template.html, view, escaped))
  const { head, foot } = layoutOf(look, language)
  const preheader = template.preheader === undefined ? '' : plain(template.preheader)
  const around = { subject, preheader, unsubscribeUrl: isMarketing ? unsubscribeMark : '' }
  return { subject, text, html: `${filled(head, around, escaped)}${said}${filled(foot, around, escaped)}` }
}

/** The law of most countries wants it in the mail itself: not every program shows what its header says. */
function unsubscribeLine(language: string): string {
  return `\n${languageWords(nearestLanguage(language)).unsubscribe.footer} ${unsubscribeMark}\n`
}

/** Of a config there is one design, and its languages are few. */
const layouts = new WeakMap<MailDesign, Map<string, Layout>>()

function layoutOf({ design, shop }: Look, language: string): Layout {
  const known = layouts.get(design) ?? new Map<string, Layout>()
  layouts.set(design, known)
  const layout = known.get(language) ?? defaultLayout(design, shop, language)
  known.set(language, layout)
  return layout
}

const writer = new mustache.Writer()
/** By their texts: Mustache's own cache makes a new key of the whole text at each look. Templates are those of a config, and so few. */
const parsed = new Map<string, ReturnType<typeof writer.parse>>()

function filled(text: string, view: View, made: (value: unknown) => string): string {
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
