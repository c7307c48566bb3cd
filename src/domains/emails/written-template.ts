// Mails that exist in each language: one source for text and HTML, so that both say the same.
import type { Language } from '../../base/language.ts'
import type { MailLine as Line, MailWords } from '../../languages/mail-words.ts'
import { button, code, heading, itemRow, labelled, note, paragraph, table } from './layout-templates.ts'
import type { Template } from './render.ts'

const trackingText = '{{#tracking}}\n{{carrier}}: {{number}}{{#url}}  {{url}}{{/url}}\n{{/tracking}}'
const trackingHtml = '{{#tracking}}{{carrier}}: {{#url}}<a href="{{url}}">{{number}}</a>{{/url}}{{^url}}{{number}}{{/url}}<br>{{/tracking}}'

/** What somebody types off, or copies, stands on one line. */
const isUnbroken = (field: string) => ['iban', 'bic', 'reference'].includes(field)

type Named = Template & { readonly name: string }

/** A template with its name, as `queueEmail` takes it. Made once: what is made of it is found again by it. */
export function writtenTemplate(name: string, language: Language, words: MailWords): Named {
  const key = `${name}.${language}`
  const known = made.get(key) ?? write(name, language, words)
  made.set(key, known)
  return known
}
const made = new Map<string, Named>()

function write(name: string, language: Language, words: MailWords): Named {
  const { subject, lines, hasItems = false, hasTracking = false, rows = [], hasCode = false, after } = words
  const text = [
    words.heading,
    ...lines,
    ...(hasItems ? ['{{#items}}\n{{quantity}} x {{title}}\n{{/items}}'] : []),
    ...(hasTracking ? ([['tracking.length', trackingText]] as const) : []),
    ...(rows.length > 0 ? [rows.map(([label, field]) => `{{#${field}}}\n${label}: {{${field}}}\n{{/${field}}}`).join('\n')] : []),
    ...(hasCode ? ['{{code}}'] : []),
    ...(words.button === undefined ? [] : [`{{#url}}${words.button}: {{url}}{{/url}}`]),
    ...after,
  ].map((line) => (typeof line === 'string' ? `${line}\n\n` : `${opened(line[0])}\n${line[1]}\n\n${closed(line[0])}\n`))
  const html = [
    heading(words.heading),
    ...lines.map((line) => said(line, paragraph)),
    ...(hasItems ? [said(['items.length', `{{#items}}${itemRow('{{quantity}} × {{title}}')}{{/items}}`], table)] : []),
    ...(hasTracking ? [said(['tracking.length', trackingHtml], paragraph)] : []),
    ...rows.map(([label, field]) => `{{#${field}}}${labelled(label, `{{${field}}}`, isUnbroken(field))}{{/${field}}}`),
    ...(hasCode ? [code('code')] : []),
    ...(words.button === undefined ? [] : [said(['url', words.button], button)]),
    ...after.map((line) => said(line, note)),
  ]
  const [first] = lines
  const preheader = typeof first === 'string' ? { preheader: first } : {}
  return { name, subject, text: `${text.join('')}{{shop}}\n`, html: html.join('\n'), language, ...preheader }
}

/** Where the view has what it asks for. */
function said(line: Line, part: (words: string) => string): string {
  return typeof line === 'string' ? part(line) : `${opened(line[0])}${part(line[1])}${closed(line[0])}`
}

const opened = (when: string) => (when.startsWith('^') ? `{{${when}}}` : `{{#${when}}}`)
const closed = (when: string) => `{{/${when.replace('^', '')}}}`
