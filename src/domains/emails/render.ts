// Templates: Mustache, which has no logic and escapes HTML by default, over a view prepared by code.
// A template's text and HTML are made in the transaction that owes the message, so what is sent later
// is what was true then.
import mustache from 'mustache'
import { hashSecret } from '../../base/secret.ts'
import type { MailDesign, MailLayout, MailTemplate } from '../../config/project.ts'
import { languageWords, nearestLanguage } from '../../languages/language-texts.ts'
import { defaultLayout } from './layout-templates.ts'
import { unsubscribeMark } from './unsubscribe-link.ts'

export type Template = MailTemplate
export type Rendered = Pick<Template, 'subject' | 'text' | 'html'>
type View = Readonly<Record<string, unknown>>

/** `language`: of what says none of its own. `layouts`: the project's own. */
export type Look = {
  readonly shop: string
  readonly design: MailDesign
  readonly language: string
  readonly layouts?: ReadonlyMap<string, MailLayout>
}

/** Renders all parts. HTML values are escaped in the HTML part and nowhere else. */
export function render(template: Template, given: View, look: Look): Rendered {
  const isMarketing = template.category === 'marketing'
  const language = template.language ?? look.language
  const { button: ground, onButton: text } = look.design.day
  const view = { shop: look.shop, accent: { ground, text }, language, ...given, unsubscribeUrl: isMarketing ? unsubscribeSlot : '' }
  // What somebody typed is no mark, and no link: there is one of it, in the footer.
  const marked = (words: string) =>
    isMarketing ? words.replaceAll(unsubscribeMark, '-unsubscribe-').replaceAll(String(unsubscribeSlot), unsubscribeMark) : words
  const plain = (words: string) => marked(filled(words, view, oneLine))
  // A line break in a subject would start a header of its own.
  const subject = plain(template.subject)
    .replace(/[\r\n]+/g, ' ')
    .trim()
  const said = plain(template.text)
  const whole = isMarketing && !said.includes(unsubscribeMark) ? `${said.trimEnd()}\n\n${unsubscribeLine(language)}` : said
  if (template.html === null) return { subject, text: whole, html: null }
  const body = marked(filled(template.html, view, escaped))
  const preheader = template.preheader === undefined ? '' : plain(template.preheader)
  return { subject, text: whole, html: framed(body, { ...view, subject, preheader }, { ...look, language, isWhole: template.isWhole }) }

  function framed(inner: string, around: View, of: Look & { readonly isWhole: boolean | undefined }): string {
    if (of.isWhole || /^\s*<(?:!doctype|html)\b/i.test(inner)) return isMarketing ? withFooter(inner, language) : inner
    const { head, foot } = layoutOf(of, language)
    const all = `${marked(filled(head, around, escaped))}${inner}${marked(filled(foot, around, escaped))}`
    return isMarketing ? withFooter(all, language) : all
  }
}

/** Stands for the link until all is filled in: no value is this object, and none keeps a control character. */
const unsubscribeSlot = { toString: () => '\u0001' }

/** The law of most countries wants it in the mail itself: not every program shows what its header says. */
function unsubscribeLine(language: string): string {
  return `${languageWords(nearestLanguage(language)).unsubscribe.footer} ${unsubscribeMark}\n`
}

/** Of a layout that has no place for it. */
function withFooter(html: string, language: string): string {
  if (html.includes(unsubscribeMark)) return html
  const { footer, link } = languageWords(nearestLanguage(language)).unsubscribe
  const line = `<p style="margin:24px;font-size:14px">${footer} <a href="${unsubscribeMark}" style="color:inherit">${link}</a></p>`
  const end = html.search(/<\/body>/i)
  return end < 0 ? `${html}${line}` : `${html.slice(0, end)}${line}${html.slice(end)}`
}

/** Of a config there is one design, and its languages are few. */
const known = new WeakMap<MailDesign, Map<string, MailLayout>>()

function layoutOf({ design, shop, layouts }: Look, language: string): MailLayout {
  const ofDesign = known.get(design) ?? new Map<string, MailLayout>()
  known.set(design, ofDesign)
  const own = layouts === undefined ? null : findWritten(layouts, 'layout', language)
  const layout = own ?? ofDesign.get(language) ?? defaultLayout(design, shop, language)
  if (own === null) ofDesign.set(language, layout)
  return layout
}

/** Of a template and the layout that it stands in: twelve signs that are others once one of both is. */
export function versionOf(template: Template, look: Look): string {
  const { head, foot } = layoutOf(look, template.language ?? look.language)
  const key = template.html ?? template.text
  const known = versions.get(key) ?? new Map<string, string>()
  versions.set(key, known)
  const version = known.get(head) ?? hashSecret(JSON.stringify([template, head, foot])).slice(0, 12)
  known.set(head, version)
  return version
}
/** By their texts, as what is parsed: templates are few. */
const versions = new Map<string, Map<string, string>>()

/** For whoever reads `de-AT`: of that, then of `de`, then what is for all. */
export function findWritten<T>(of: ReadonlyMap<string, T>, name: string, language: string): T | null {
  for (const ending of [`.${language}`, `.${language.split('-')[0]}`, '']) {
    const found = of.get(`${name}${ending}`)
    if (found !== undefined) return found
  }
  return null
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
  if (value === unsubscribeSlot) return String(unsubscribeSlot)
  return String(value).replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
}
