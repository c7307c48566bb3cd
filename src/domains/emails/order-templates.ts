// The mails to customers, in each language (languages/): of an order, its money, what became of it, and of gift cards and carts. `url` leads
// to the order.
import type { Language } from '../../base/language.ts'
import { languageWords } from '../../languages/language-texts.ts'
import type { OrderMail } from '../../languages/language-words.ts'
import type { Template } from './render.ts'
import { buttonStyle, templates } from './templates.ts'
import { writtenTemplate } from './written-template.ts'

type Named = Template & { readonly name: string }

/** A template with its name, as `queueEmail` takes it. */
export function orderTemplate(name: OrderMail, language: Language): Named {
  return writtenTemplate(name, language, languageWords(language).orderMails[name])
}

/** Whether a mail of ours has that name. */
export function isOwnTemplate(name: string): boolean {
  const { accountMails, orderMails } = languageWords('en')
  return [templates, accountMails, orderMails, { order_receipt: true }].some((of) => Object.hasOwn(of, name))
}

const soft = 'color:#6b6b66'
const cell = 'padding:10px 0;border-bottom:1px solid #e4e4de'

/**
 * {number, url, items: [{title, quantity, total}], subtotal, discount, shipping, taxAdded, total, taxIncluded, address[], isPaid, isSent,
 * hasDownloads, hasConsent}; amounts of nothing are empty
 */
export function receiptTemplate(language: Language): Named {
  const known = receipts.get(language) ?? writeReceipt(language)
  receipts.set(language, known)
  return known
}
/** One text each, so that what is made of it is found again by it. */
const receipts = new Map<Language, Named>()

function writeReceipt(language: Language): Named {
  const words = languageWords(language).receipt
  const sums = [
    [words.subtotal, 'subtotal', ''],
    [words.discount, 'discount', '-'],
    [words.shipping, 'shipping', ''],
    [words.tax, 'taxAdded', ''],
  ] as const
  const wide = Math.max(...[...sums.map(([label]) => label), words.total].map((label) => label.length)) + 2
  const text = `${words.heading}

${words.placed}

{{#items}}
{{quantity}} x {{title}}  {{total}}
{{/items}}

${sums.map(([label, field, sign]) => `{{#${field}}}\n${label.padEnd(wide)}${sign}{{${field}}}\n{{/${field}}}\n`).join('')}${words.total.padEnd(wide)}{{total}}
{{#taxIncluded}}
${words.taxIncluded}
{{/taxIncluded}}

{{#isSent}}
${words.goesTo}
{{#address}}
{{.}}
{{/address}}

{{/isSent}}
{{#hasDownloads}}
${words.downloads}

{{/hasDownloads}}
{{#hasConsent}}
${words.consent}

{{/hasConsent}}
${words.button}: {{url}}

{{shop}}
`
  const row = ([label, field, sign]: (typeof sums)[number]) =>
    `{{#${field}}}<tr><td style="padding:2px 0;${soft}">${label}</td><td align="right" style="padding:2px 0;${soft}">${sign}{{${field}}}</td></tr>{{/${field}}}`
  const html = `<h1 style="margin:0 0 8px;font-size:22px">${words.heading}</h1>
<p style="margin:0 0 24px">${words.placed}</p>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="border-top:1px solid #e4e4de">
{{#items}}<tr><td style="${cell}">{{quantity}} × {{title}}</td><td align="right" style="${cell};white-space:nowrap">{{total}}</td></tr>{{/items}}
${sums.map(row).join('\n')}
<tr><td style="padding:8px 0;font-weight:600">${words.total}</td><td align="right" style="padding:8px 0;font-weight:600">{{total}}</td></tr></table>
{{#taxIncluded}}<p style="margin:0 0 16px;font-size:14px;${soft}">${words.taxIncluded}</p>{{/taxIncluded}}
{{#isSent}}<p style="margin:16px 0 24px;${soft}">${words.goesTo}<br>{{#address}}{{.}}<br>{{/address}}</p>{{/isSent}}
{{#hasDownloads}}<p style="margin:16px 0">${words.downloads}</p>{{/hasDownloads}}
{{#hasConsent}}<p style="margin:16px 0;font-size:14px">${words.consent}</p>{{/hasConsent}}
<p style="margin:0 0 8px"><a href="{{url}}" style="${buttonStyle}">${words.button}</a></p>
<p style="margin:24px 0 0;font-size:14px;${soft}">{{shop}}</p>`
  return { name: 'order_receipt', subject: words.subject, text, html, language }
}
