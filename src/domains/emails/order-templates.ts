// The mails to customers, in each language (languages/): of an order, its money, what became of it, and of gift cards and carts. `url` leads
// to the order.
import type { Language } from '../../base/language.ts'
import { languageWords } from '../../languages/language-texts.ts'
import type { AccountMail, OrderMail } from '../../languages/language-words.ts'
import { accountTemplate } from './account-templates.ts'
import { button, heading, itemRow, labelled, note, paragraph, sumRow, table } from './layout-templates.ts'
import type { Template } from './render.ts'
import type { OwnMailName } from './sample-views.ts'
import { type TemplateName, templates } from './templates.ts'
import { writtenTemplate } from './written-template.ts'

type Named = Template & { readonly name: string }

/** A template with its name, as `queueEmail` takes it. */
export function orderTemplate(name: OrderMail, language: Language): Named {
  return writtenTemplate(name, language, languageWords(language).orderMails[name])
}

/** All mails of ours, by name. */
export const ownMailNames: readonly OwnMailName[] = [
  ...(Object.keys(languageWords('en').accountMails) as AccountMail[]),
  'order_receipt',
  ...(Object.keys(languageWords('en').orderMails) as OrderMail[]),
  ...(Object.keys(templates) as TemplateName[]),
]

/** Whether a mail of ours has that name. */
export function isOwnTemplate(name: string): name is OwnMailName {
  return ownMailNames.some((own) => own === name)
}

/** As it is without a file of the project. Those to staff are in English. */
export function ownTemplate(name: OwnMailName, language: Language): Named {
  if (name === 'order_receipt') return receiptTemplate(language)
  if (Object.hasOwn(templates, name)) return { name, ...templates[name as TemplateName], language: 'en' }
  const { accountMails } = languageWords(language)
  return Object.hasOwn(accountMails, name) ? accountTemplate(name as AccountMail, language) : orderTemplate(name as OrderMail, language)
}

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
  const rows = [
    `{{#items}}${itemRow('{{quantity}} × {{title}}', '{{total}}')}{{/items}}`,
    ...sums.map(([label, field, sign]) => `{{#${field}}}${sumRow(label, `${sign}{{${field}}}`)}{{/${field}}}`),
    sumRow(words.total, '{{total}}', true),
  ]
  const html = [
    heading(words.heading),
    paragraph(words.placed),
    table(rows.join('')),
    `{{#taxIncluded}}${note(words.taxIncluded)}{{/taxIncluded}}`,
    `{{#isSent}}${labelled(words.goesTo, '{{#address}}{{.}}<br>{{/address}}', false)}{{/isSent}}`,
    `{{#hasDownloads}}${paragraph(words.downloads)}{{/hasDownloads}}`,
    button(words.button),
    `{{#hasConsent}}${note(words.consent)}{{/hasConsent}}`,
  ].join('\n')
  return { name: 'order_receipt', subject: words.subject, text, html, language, preheader: words.placed }
}
