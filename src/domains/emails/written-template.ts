// Mails that exist in each language: one source for text and HTML, so that both say the same.
import type { Language } from '../../base/language.ts'
import type { MailLine as Line, MailWords } from '../../languages/mail-words.ts'
import type { Template } from './render.ts'
import { buttonStyle } from './templates.ts'

const trackingText = '{{#tracking}}\n{{carrier}}: {{number}}{{#url}}  {{url}}{{/url}}\n{{/tracking}}'
const trackingHtml = '{{#tracking}}{{carrier}}: {{#url}}<a href="{{url}}">{{number}}</a>{{/url}}{{^url}}{{number}}{{/url}}<br>{{/tracking}}'

/** What somebody types off, or copies, stands on one line. */
const isUnbroken = (field: string) => ['iban', 'bic', 'reference'].includes(field)

const rowHtml = ([label, field]: readonly [string, string]) => {
  const style = `padding:4px 0${isUnbroken(field) ? ';white-space:nowrap' : ''}`
  const value = `<td style="${style}">{{${field}}}</td>`
  return `{{#${field}}}<tr><td style="padding:4px 16px 4px 0;color:#6b6b66">${label}</td>${value}</tr>{{/${field}}}`
}

/** A template with its name, as `queueEmail` takes it. */
export function writtenTemplate(name: string, language: Language, words: MailWords): Template & { readonly name: string } {
  const { subject, heading, lines, hasItems = false, hasTracking = false, rows = [], button, hasCode = false, after } = words
  const text = [
    heading,
    ...lines,
    ...(hasItems ? ['{{#items}}\n{{quantity}} x {{title}}\n{{/items}}'] : []),
    ...(hasTracking ? ([['tracking.length', trackingText]] as const) : []),
    ...(rows.length > 0 ? [rows.map(([label, field]) => `{{#${field}}}\n${label}: {{${field}}}\n{{/${field}}}`).join('\n')] : []),
    ...(hasCode ? ['{{code}}'] : []),
    ...(button === undefined ? [] : [`{{#url}}${button}: {{url}}{{/url}}`]),
    ...after,
  ].map((line) => (typeof line === 'string' ? `${line}\n\n` : `${opened(line[0])}\n${line[1]}\n\n${closed(line[0])}\n`))
  const paragraph = (line: Line, style = '') =>
    typeof line === 'string' ? `<p${style}>${line}</p>` : `${opened(line[0])}<p${style}>${line[1]}</p>${closed(line[0])}`
  const html = [
    `<h1 style="margin:0 0 8px;font-size:22px">${heading}</h1>`,
    ...lines.map((line) => paragraph(line)),
    ...(hasItems ? ['<p style="margin:16px 0">{{#items}}{{quantity}} × {{title}}<br>{{/items}}</p>'] : []),
    ...(hasTracking ? [`{{#tracking.length}}<p style="margin:16px 0">${trackingHtml}</p>{{/tracking.length}}`] : []),
    ...(rows.length > 0
      ? [`<table role="presentation" cellpadding="0" cellspacing="0" style="margin:0 0 16px">${rows.map(rowHtml).join('')}</table>`]
      : []),
    ...(hasCode ? ['<p style="margin:24px 0;font-size:32px;letter-spacing:6px;font-weight:600">{{code}}</p>'] : []),
    ...(button === undefined
      ? []
      : [`{{#url}}<p style="margin:24px 0"><a href="{{url}}" style="${buttonStyle}">${button}</a></p>{{/url}}`]),
    ...after.map((line) => paragraph(line, ' style="font-size:14px;color:#6b6b66"')),
    paragraph('{{shop}}', ' style="margin:24px 0 0;font-size:14px;color:#6b6b66"'),
  ]
  return { name, subject, text: `${text.join('')}{{shop}}\n`, html: html.join('\n'), language }
}

const opened = (when: string) => (when.startsWith('^') ? `{{${when}}}` : `{{#${when}}}`)
const closed = (when: string) => `{{/${when.replace('^', '')}}}`
