// The pages of a document: where everything stands. A first page with the addresses where a window of an envelope shows them
// (DIN 5008, form B), a table over as many pages as it takes, then sums, tax by rate and what there is to say.

import { dayText, languageWords } from '../languages/language-texts.ts'
import type { LanguageWords } from '../languages/language-words.ts'
import { amountText, percentText } from './amounts.ts'
import type { DocumentAddress, DocumentTax, InvoiceDocument } from './invoice-document.ts'
import type { Line } from './lines.ts'
import type { Style, Typesetter } from './text.ts'

/** What of pdfkit's document is used here. Points, from the top left. */
type Sheet = {
  addPage(): unknown
  switchToPage(number: number): unknown
  bufferedPageRange(): { readonly count: number }
  moveTo(x: number, y: number): Sheet
  lineTo(x: number, y: number): Sheet
  lineWidth(width: number): Sheet
  strokeColor(color: string): Sheet
  stroke(): Sheet
  rect(x: number, y: number, width: number, height: number): Sheet
  fillColor(color: string): Sheet
  fill(): Sheet
}

const left = 60
const right = 595.28 - 50
/** Where the foot of a page begins. */
const footTop = 770
const ink = '#1d1d1b'
const soft = '#63635f'
const hair = '#d6d6d1'

const text: Style = { size: 9, color: ink }
const small: Style = { size: 7.5, color: soft }
const label: Style = { size: 8.5, color: soft }
const strong: Style = { size: 9, weight: 'bold', color: ink }

const columns = { position: left, name: left + 26, quantity: right - 200, price: right - 128, rate: right - 84, amount: right }
const nameWidth = columns.quantity - 40 - columns.name

type Drawn = {
  readonly sheet: Sheet
  readonly type: Typesetter
  readonly document: InvoiceDocument
  readonly words: LanguageWords['document']
  readonly amount: (minor: number) => string
  /** Of what comes next. */
  y: number
}

export function drawDocument(sheet: Sheet, type: Typesetter, document: InvoiceDocument): void {
  const { language, currency } = document
  const drawn: Drawn = {
    sheet,
    type,
    document,
    words: languageWords(language).document,
    amount: (minor) => amountText(minor, currency, language),
    y: 0,
  }
  sheet.addPage()
  drawHead(drawn)
  drawTable(drawn)
  drawSums(drawn)
  drawNotes(drawn)
  const { count } = sheet.bufferedPageRange()
  for (let page = 0; page < count; page++) {
    sheet.switchToPage(page)
    drawFoot(drawn, page + 1, count)
  }
}

function titleOf({ document, words }: Drawn): string {
  return `${document.kind === 'invoice' ? words.invoice : words.creditNote} ${document.number}`
}

function drawHead(drawn: Drawn): void {
  const { type, document } = drawn
  const { seller, buyer } = document
  sheetBand(drawn)
  const [name] = type.lines(seller.name, { size: 15, weight: 'bold' }, { within: right - left, most: 1 })
  type.draw(name!, { size: 15, weight: 'bold', color: document.accent }, { x: left, y: 62 })
  const sender = [seller.name, ...addressLines(seller.address, seller.address.country)].join(' \u00b7 ')
  const [from] = type.lines(sender, { size: 6.5 }, { within: 235, most: 1 })
  type.draw(from!, { size: 6.5, color: soft }, { x: left, y: 136 })
  let y = 153
  for (const part of [buyer.name, ...addressLines(buyer.address, seller.address.country)])
    for (const line of type.lines(part, { size: 10 }, { within: 235, most: 2 })) {
      type.draw(line, { size: 10, color: ink }, { x: left, y })
      y += 13.5
    }
  const facts = drawFacts(drawn)
  drawn.y = Math.max(y, facts, 240) + 34
  for (const line of type.lines(titleOf(drawn), { size: 17, weight: 'bold' }, { within: right - left, most: 2 })) {
    type.draw(line, { size: 17, weight: 'bold', color: ink }, { x: left, y: drawn.y })
    drawn.y += 22
  }
  drawn.y += 4
}

/** A stripe of the shop's colour along the upper edge. */
function sheetBand({ sheet, document }: Drawn): void {
  sheet.rect(0, 0, 595.28, 7).fillColor(document.accent).fill()
}

/** What there is to know of it, to the right of the address. Answers where it ends. */
function drawFacts({ type, document, words }: Drawn): number {
  const { language, order, corrects, shipTo, buyer, seller } = document
  const facts: [string, string][] = [
    [words.number, document.number],
    [words.date, dayText(document.issuedOn, language)],
    [words.order, order.number],
    [words.ordered, dayText(order.placedOn, language)],
  ]
  if (document.suppliedOn !== null) facts.push([words.supplied, dayText(document.suppliedOn, language)])
  if (corrects !== null) facts.push([words.corrects, `${corrects.number} ${words.of} ${dayText(corrects.issuedOn, language)}`])
  if (buyer.vatId !== null) facts.push([words.yourVatId, buyer.vatId])
  if (shipTo !== null) facts.push([words.shipTo, [shipTo.name, ...addressLines(shipTo.address, seller.address.country)].join(', ')])
  const x = 345
  let y = 136
  for (const [name, value] of facts) {
    type.draw(name, label, { x, y })
    for (const line of type.lines(value, text, { within: right - x - 72, most: 4 })) {
      type.draw(line, text, { x: x + 72, y })
      y += 12.5
    }
    y += 1.5
  }
  return y
}

/** As it is written on a letter. The country stands where it is another than the seller's. */
function addressLines({ lines, line1, line2, postalCode, city, region, country, countryName }: DocumentAddress, home: string): string[] {
  const own = lines ?? [line1, line2, [postalCode, city].filter(Boolean).join(' '), region]
  return [...own, country === home ? null : countryName].filter((line): line is string => Boolean(line))
}

function drawTable(drawn: Drawn): void {
  const { type, document, amount } = drawn
  tableHead(drawn)
  document.lines.forEach((line, index) => {
    const name = type.lines(line.name, text, { within: nameWidth, most: 8 })
    const more = [
      ...(line.sku === null ? [] : [line.sku]),
      ...(line.discount === 0 ? [] : [`${drawn.words.discount}: \u2212${amount(line.discount)}`]),
    ]
    row(drawn, { name, more }, [
      String(index + 1),
      String(line.quantity),
      amount(line.unitPrice),
      rateText(drawn, line),
      amount(line.total),
    ])
  })
  for (const one of document.shipping) {
    const name = type.lines(one.title, text, { within: nameWidth, most: 2 })
    row(drawn, { name, more: [] }, ['', '', '', rateText(drawn, one), amount(one.total)])
  }
}

function rateText({ document }: Drawn, { ratePpm }: { readonly ratePpm: number }): string {
  return `${percentText(ratePpm, document.language)} %`
}

function tableHead(drawn: Drawn): void {
  const { type, words, document, sheet } = drawn
  const { y } = drawn
  const head: Style = { size: 8, weight: 'bold', color: document.accent }
  type.draw(words.position, head, { x: columns.position, y })
  type.draw(words.description, head, { x: columns.name, y })
  for (const [name, x] of [
    [words.quantity, columns.quantity],
    [words.unitPrice, columns.price],
    [words.rate, columns.rate],
    [`${words.amount} ${document.currency}`, columns.amount],
  ] as const)
    type.draw(name, head, { x, y, align: 'right' })
  rule(sheet, { from: left, y: y + 5 }, { color: document.accent, width: 0.9 })
  drawn.y += 19
}

type Named = { readonly name: readonly Line[]; readonly more: readonly string[] }

function row(
  drawn: Drawn,
  { name, more }: Named,
  [position = '', quantity = '', price = '', rate = '', total = '']: readonly string[],
): void {
  const { type, sheet } = drawn
  const height = name.length * 12 + more.length * 10 + 7
  if (drawn.y + height - 12 > footTop - 14) {
    nextPage(drawn)
    tableHead(drawn)
  }
  let { y } = drawn
  type.draw(position, label, { x: columns.position, y })
  type.draw(quantity, text, { x: columns.quantity, y, align: 'right' })
  type.draw(price, text, { x: columns.price, y, align: 'right' })
  type.draw(rate, label, { x: columns.rate, y, align: 'right' })
  type.draw(total, text, { x: columns.amount, y, align: 'right' })
  for (const line of name) {
    type.draw(line, text, { x: columns.name, y })
    y += 12
  }
  for (const line of more) {
    type.draw(line, small, { x: columns.name, y: y - 1 })
    y += 10
  }
  rule(sheet, { from: left, y: drawn.y + height - 12 + 2 }, { color: hair, width: 0.4 })
  drawn.y += height + 3
}

function nextPage(drawn: Drawn): void {
  const { sheet, type, words } = drawn
  sheet.addPage()
  sheetBand(drawn)
  type.draw(`${titleOf(drawn)} \u00b7 ${words.continued}`, label, { x: left, y: 48 })
  drawn.y = 76
}

function rule(
  sheet: Sheet,
  { from, to = right, y }: { readonly from: number; readonly to?: number; readonly y: number },
  line: { readonly color: string; readonly width: number },
): void {
  sheet.moveTo(from, y).lineTo(to, y).lineWidth(line.width).strokeColor(line.color).stroke()
}

/** The sums to the right, and tax by rate to the left of them: always on one page. */
function drawSums(drawn: Drawn): void {
  const { document, words, amount, type, sheet } = drawn
  const { taxes, totals, paid, kind, setOff = 0 } = document
  const sums: [string, string][] = [[words.sumNet, amount(totals.net)]]
  for (const one of taxes) if (one.tax !== 0 || taxes.length > 1) sums.push([`${words.tax} ${rateText(drawn, one)}`, amount(one.tax)])
  const isOpen = kind === 'invoice' && totals.total !== paid
  const height =
    Math.max(sums.length * 14 + (kind === 'invoice' && totals.total > 0 ? (setOff > 0 ? 72 : 58) : 30), taxes.length * 13 + 30) + 24
  if (drawn.y + height > footTop) nextPage(drawn)
  const top = drawn.y + 12
  const x = right - 200
  let y = top
  for (const [name, value] of sums) {
    type.draw(name, text, { x, y })
    type.draw(value, text, { x: right, y, align: 'right' })
    y += 14
  }
  sheet
    .rect(x - 8, y - 7, right - x + 16, 24)
    .fillColor('#f1f1ee')
    .fill()
  y += 9
  type.draw(`${words.sum} ${document.currency}`, { size: 11, weight: 'bold', color: ink }, { x, y })
  type.draw(amount(totals.total), { size: 11, weight: 'bold', color: ink }, { x: right, y, align: 'right' })
  y += 22
  if (kind === 'invoice' && totals.total > 0) {
    const rest: [string, string][] = paid > setOff || setOff === 0 ? [[words.paid, amount(paid - setOff)]] : []
    if (setOff > 0) rest.push([words.setOff, amount(setOff)])
    if (isOpen) rest.push([words.due, amount(totals.total - paid)])
    for (const [name, value] of rest) {
      type.draw(name, name === words.due ? strong : text, { x, y })
      type.draw(value, name === words.due ? strong : text, { x: right, y, align: 'right' })
      y += 14
    }
  }
  drawn.y = Math.max(y, drawTaxes(drawn, taxes, top)) + 12
}

function drawTaxes({ type, sheet, words, amount, document }: Drawn, taxes: readonly DocumentTax[], top: number): number {
  const at = { rate: left, net: left + 105, tax: left + 165, gross: left + 232 }
  const head: Style = { size: 7.5, weight: 'bold', color: soft }
  type.draw(words.rate, head, { x: at.rate, y: top })
  type.draw(words.net, head, { x: at.net, y: top, align: 'right' })
  type.draw(words.tax, head, { x: at.tax, y: top, align: 'right' })
  type.draw(words.gross, head, { x: at.gross, y: top, align: 'right' })
  rule(sheet, { from: left, to: at.gross, y: top + 4 }, { color: hair, width: 0.6 })
  let y = top + 16
  for (const { ratePpm, net, tax } of taxes) {
    type.draw(`${percentText(ratePpm, document.language)} %`, label, { x: at.rate, y })
    type.draw(amount(net), label, { x: at.net, y, align: 'right' })
    type.draw(amount(tax), label, { x: at.tax, y, align: 'right' })
    type.draw(amount(net + tax), label, { x: at.gross, y, align: 'right' })
    y += 13
  }
  return y
}

function drawNotes(drawn: Drawn): void {
  const { document, words, type } = drawn
  const { taxes, totals, paid, kind, settlement, terms, notes, taxIn } = document
  const reasons = taxes.flatMap(({ reason }) => reason ?? [])
  const said = [
    ...(taxes.some(({ tax }) => tax !== 0) ? [document.pricesIncludeTax ? words.includesTax : words.addsTax] : []),
    ...new Set(reasons),
    ...(taxIn === undefined ? [] : [taxInText(document, taxIn)]),
    ...(kind === 'invoice' && totals.total > paid && terms !== null ? [terms] : []),
    ...(kind === 'credit_note' ? [settlement ?? words.givenBack] : []),
    ...notes,
  ]
  for (const note of said)
    for (const line of type.lines(note, text, { within: right - left, most: 12 })) {
      if (drawn.y > footTop - 16) nextPage(drawn)
      type.draw(line, text, { x: left, y: drawn.y })
      drawn.y += 12.5
    }
}

function taxInText(
  { language, currency: from }: InvoiceDocument,
  { currency, tax, rate, source, day }: NonNullable<InvoiceDocument['taxIn']>,
) {
  const { document: words, point } = languageWords(language)
  const said = {
    currency,
    from,
    source,
    amount: amountText(tax, currency, language),
    rate: rate.replace('.', point),
    day: dayText(day, language),
  }
  return words.taxIn.replaceAll(/\{(\w+)\}/g, (_, name: keyof typeof said) => said[name])
}

/** Who the seller is, at the foot of each page. */
function drawFoot({ sheet, type, document, words }: Drawn, page: number, count: number): void {
  const { seller } = document
  const { bank } = seller
  rule(sheet, { from: left, y: footTop }, { color: hair, width: 0.6 })
  const blocks = [
    [seller.name, ...addressLines(seller.address, seller.address.country)],
    [seller.email, seller.phone, seller.register],
    [
      seller.vatId === null ? null : `${words.vatId} ${seller.vatId}`,
      seller.taxNumber === null ? null : `${words.taxNumber} ${seller.taxNumber}`,
      ...(bank === null ? [] : [bank.holder, `IBAN ${bank.iban}`, bank.bic === null ? null : `BIC ${bank.bic}`]),
    ],
  ]
  const width = (right - left) / 3
  blocks.forEach((block, index) => {
    let y = footTop + 13
    for (const part of block.filter((one): one is string => one !== null))
      for (const line of type.lines(part, { size: 7 }, { within: width - 10, most: 2 })) {
        if (y > 832) return
        type.draw(line, { size: 7, color: soft }, { x: left + index * width, y })
        y += 9
      }
  })
  type.draw(`${words.page} ${page} / ${count}`, { size: 7, color: soft }, { x: right, y: 48, align: 'right' })
}
