// The frame of each mail, and the parts that mails are made of. Outlook for Windows draws by Word: tables, widths as attributes, no flex, no
// background pictures. Gmail leaves styles out of some mails: all that is needed stands on the elements, and the sheet has only what changes by
// night and on telephones. It is stored with each message, so it is short.
import { escapeHtml } from '../../base/text.ts'
import type { MailColors, MailDesign, MailLayout } from '../../config/project.ts'
import { languageWords, nearestLanguage } from '../../languages/language-texts.ts'

export const soft = 'color:#63635c'
const line = '1px solid #e4e4de'
const font = "-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"

export function defaultLayout({ logo, address, day, night }: MailDesign, name: string, language: string): MailLayout {
  const direction = /^(?:ar|fa|he|ur|yi)\b/.test(language) ? 'rtl' : 'ltr'
  const top =
    logo === null ? plain(name) : `<img src="${plain(logo.url)}" width="${logo.width}" alt="${plain(name)}" style="${imageStyle}">`
  const head = `<!doctype html>
<html lang="${language}" dir="${direction}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<title>{{subject}}</title><style>${sheet(day, night)}</style></head>
<body class="g" style="margin:0;background:#f4f4f1;word-break:break-word">
{{#preheader}}<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">{{preheader}}</div>{{/preheader}}
<table role="presentation" class="g" width="100%" ${noSpace} bgcolor="#f4f4f1" style="font:16px/1.5 ${font};color:#1d1d1b">
<tr><td align="center" style="padding:24px 12px">
<!--[if mso]><table role="presentation" width="600" align="center"><tr><td style="font-family:Arial,sans-serif"><![endif]-->
<table role="presentation" width="100%" ${noSpace} style="max-width:600px">
<tr><td class="t p" style="padding:0 32px 16px;font-weight:600;color:#1d1d1b">${top}</td></tr>
<tr><td class="c p" bgcolor="#ffffff" style="padding:32px 32px 20px;background:#ffffff;border-radius:12px;color:#1d1d1b">
`
  const words = languageWords(nearestLanguage(language)).unsubscribe
  const unsubscribe = `${words.footer} <a href="{{unsubscribeUrl}}" style="color:inherit">${words.link}</a><br>`
  // A mail that says who writes it needs no second name.
  const from = (address.length === 0 ? [name] : address).map(plain).join('<br>')
  const foot = `
</td></tr>
<tr><td class="s p" style="padding:16px 32px 0;font-size:13px;${soft}">{{#unsubscribeUrl}}${unsubscribe}{{/unsubscribeUrl}}${from}</td></tr>
</table>
<!--[if mso]></td></tr></table><![endif]-->
</td></tr></table></body></html>`
  return { head, foot }
}

const noSpace = 'cellpadding="0" cellspacing="0" border="0"'
const imageStyle = 'display:block;max-width:100%;height:auto;border:0'

/** `g`: ground, `c`: card, `t`: text, `s`: what is said softly, `l`: with a line, `b`: button, `p`: is narrower on a telephone. */
function sheet(day: MailColors, night: MailColors): string {
  const nights = [
    '.g{background:#141413!important}',
    '.c{background:#20201e!important;color:#f0f0ec!important}',
    '.t{color:#f0f0ec!important}',
    '.s{color:#b0b0a8!important}',
    '.l{border-color:#3b3b38!important}',
    `.b,.b a{background:${night.button}!important;color:${night.onButton}!important}`,
    `a{color:${night.link}}`,
  ]
  return [
    `a{color:${day.link}}h1{-webkit-hyphens:auto;hyphens:auto}`,
    '@media(max-width:480px){h1{font-size:22px!important}.p{padding-left:20px!important;padding-right:20px!important}}',
    `@media(prefers-color-scheme:dark){${nights.join('')}}`,
  ].join('')
}

export function heading(words: string): string {
  return `<h1 style="margin:0 0 16px;font-size:24px;line-height:1.25;font-weight:600">${words}</h1>`
}

export function paragraph(words: string): string {
  return `<p style="margin:0 0 16px">${words}</p>`
}

/** Below what matters. */
export function note(words: string): string {
  return `<p class="s" style="margin:0 0 12px;font-size:14px;${soft}">${words}</p>`
}

/** Word draws no space around the words of a link: that of the cell is for it alone. In the project's colour, which `queueEmail` gives. */
export function button(words: string, href = '{{url}}'): string {
  const colors = 'background:{{accent.ground}};color:{{accent.text}}'
  const style = `display:inline-block;padding:12px 22px;border-radius:8px;text-decoration:none;font-weight:600;${colors}`
  const cell = `<td class="b" bgcolor="{{accent.ground}}" style="border-radius:8px;mso-padding-alt:12px 22px">`
  const link = `<a href="${href}" style="${style}">${words}</a>`
  return `<table role="presentation" ${noSpace} style="margin:24px 0"><tr>${cell}${link}</td></tr></table>`
}

/** One value, to be typed off or copied. */
export function code(field: string): string {
  const style = `margin:24px 0;padding:14px 16px;border:${line};border-radius:8px;font:600 26px/1.3 Consolas,Menlo,monospace;letter-spacing:2px`
  return `<p class="l" style="${style}">{{${field}}}</p>`
}

/** What is said of a value, above it: both fit on a telephone. `isUnbroken`: it stands on one line. */
export function labelled(label: string, value: string, isUnbroken: boolean): string {
  const style = `margin:0 0 12px${isUnbroken ? ';white-space:nowrap' : ''}`
  return `<p style="margin:0;font-size:14px;${soft}" class="s">${label}</p><p style="${style}">${value}</p>`
}

/** Rows of a table, from one edge to the other. */
export function table(rows: string): string {
  return `<table role="presentation" width="100%" ${noSpace} style="margin:0 0 20px">${rows}</table>`
}

/** A row of what was ordered: a word, and perhaps an amount. */
export function itemRow(words: string, amount = ''): string {
  const cell = `padding:12px 0;border-bottom:${line}`
  const second = amount && `<td class="l" ${opposite} style="${cell};padding-inline-start:12px;${end}">${amount}</td>`
  return `<tr><td class="l" style="${cell}">${words}</td>${second}</tr>`
}

export function sumRow(words: string, amount: string, isTotal = false): string {
  const style = isTotal ? 'padding:10px 0 0;font-size:18px;font-weight:600' : `padding:8px 0 0;${soft}`
  const kind = isTotal ? '' : ' class="s"'
  return `<tr><td${kind} style="${style}">${words}</td><td ${opposite}${kind} style="${style};${end}">${amount}</td></tr>`
}

const end = 'text-align:end;white-space:nowrap'
/** Word knows no `end`. */
const opposite = 'align="right"'

function plain(text: string): string {
  return escapeHtml(text).replaceAll('{{', '&#123;&#123;')
}
