// Documents of every kind, for tests and for the validators of others.
import { type DocumentRate, documentHash, type InvoiceDocument } from '../../src/documents/invoice-document.ts'

type Given = Partial<Omit<InvoiceDocument, 'lines' | 'shipping'>> & {
  readonly lines?: readonly LineGiven[]
  readonly shipping?: readonly (DocumentRate & { readonly title?: string; readonly total: number })[]
  readonly reasons?: Readonly<Record<string, string>>
}
type LineGiven = Partial<DocumentRate> & {
  readonly name?: string
  readonly quantity?: number
  readonly unitPrice: number
  readonly discount?: number
}

const berlin = {
  line1: 'Torstraße 1',
  line2: null,
  postalCode: '10119',
  city: 'Berlin',
  region: null,
  country: 'DE',
  countryName: 'Germany',
}

export const seller: InvoiceDocument['seller'] = {
  name: 'Buchhandlung am Tor GmbH',
  address: berlin,
  vatId: 'DE123456789',
  taxNumber: null,
  register: 'Amtsgericht Berlin HRB 12345 B',
  email: 'hello@books.example',
  phone: '+49 30 1234567',
  bank: { holder: 'Buchhandlung am Tor GmbH', iban: 'DE02 1203 0000 0000 2020 51', bic: 'BYLADEM1001' },
}

/** With sums that agree: tax once per rate, the nets of lines by largest remainder as orders do. */
export function documentOf({
  lines: given = [{ unitPrice: 1999 }],
  shipping: ship = [],
  reasons = {},
  ...more
}: Given = {}): InvoiceDocument {
  const isIncluded = more.pricesIncludeTax ?? true
  const rate = (one: Partial<DocumentRate>): DocumentRate => ({
    ratePpm: one.ratePpm ?? 70_000,
    category: one.category ?? (one.ratePpm === 0 ? 'Z' : 'S'),
  })
  const goods = given.map((line, index) => {
    const { name = `Pride and Prejudice, volume ${index + 1}`, quantity = 1, unitPrice, discount = 0 } = line
    return {
      ...rate(line),
      name,
      sku: `BK-${String(index + 1).padStart(4, '0')}`,
      quantity,
      unitPrice,
      discount,
      total: unitPrice * quantity - discount,
    }
  })
  const parts = [...goods, ...ship.map((one) => ({ title: 'Standard shipping', ...one, ...rate(one) }))]
  const groups = Map.groupBy(parts, ({ ratePpm, category }) => `${category} ${ratePpm}`)
  const nets = new Map<object, number>()
  const taxes = [...groups.values()].map((members) => {
    const { ratePpm, category } = members[0]!
    const sum = members.reduce((all, { total }) => all + total, 0)
    const tax = isIncluded ? Math.round((sum * ratePpm) / (1_000_000 + ratePpm)) : Math.round((sum * ratePpm) / 1_000_000)
    const net = isIncluded ? sum - tax : sum
    let [left, weight] = [net, sum]
    for (const one of members) {
      const share = weight === 0 ? 0 : Math.round((left * one.total) / weight)
      nets.set(one, share)
      left -= share
      weight -= one.total
    }
    return { ratePpm, category, net, tax, reason: reasons[category] ?? null }
  })
  const withNet = <T extends object>(one: T) => ({ ...one, net: nets.get(one)! })
  const net = taxes.reduce((sum, one) => sum + one.net, 0)
  const tax = taxes.reduce((sum, one) => sum + one.tax, 0)
  return {
    layout: 1,
    kind: 'invoice',
    number: 'INV-2026-00001',
    issuedOn: '2026-11-30',
    issuedAt: Date.UTC(2026, 10, 30, 12),
    language: 'en',
    accent: '#2f5bd0',
    currency: 'EUR',
    order: { number: '1042', placedOn: '2026-11-29' },
    suppliedOn: null,
    seller,
    buyer: {
      name: 'Ann Reader',
      vatId: null,
      address: {
        ...berlin,
        line1: '221B Baker Street',
        postalCode: 'NW1 6XE',
        city: 'London',
        country: 'GB',
        countryName: 'United Kingdom',
      },
    },
    shipTo: null,
    corrects: null,
    pricesIncludeTax: isIncluded,
    taxes,
    totals: { net, tax, total: net + tax },
    paid: net + tax,
    terms: null,
    notes: [],
    ...more,
    lines: goods.map(withNet),
    shipping: parts.slice(goods.length).map((one) => withNet(one) as InvoiceDocument['shipping'][number]),
  }
}

const exempt = 'Kein Ausweis von Umsatzsteuer, da Kleinunternehmer gemäß § 19 UStG.'
const reverse = 'Reverse charge: the recipient is liable for the tax.'
const abroad = {
  line1: '12 Rue de la Paix',
  line2: null,
  postalCode: '75002',
  city: 'Paris',
  region: null,
  country: 'FR',
  countryName: 'France',
}
const company = { name: 'Librairie du Port SARL', vatId: 'FR40303265045', address: abroad }

/** What validators of others are asked about. */
export const documents: Readonly<Record<string, InvoiceDocument>> = {
  'one line': documentOf(),
  'a hundred lines': documentOf({
    lines: Array.from({ length: 100 }, (_, index) => ({
      unitPrice: 799 + index * 13,
      quantity: (index % 7) + 1,
      ratePpm: index % 3 === 0 ? 190_000 : 70_000,
    })),
    shipping: [
      { ratePpm: 70_000, category: 'S', total: 290 },
      { ratePpm: 190_000, category: 'S', total: 200 },
    ],
  }),
  'several rates': documentOf({
    language: 'de',
    lines: [
      { unitPrice: 1999, quantity: 2 },
      { unitPrice: 2490, ratePpm: 190_000, name: 'Leselampe „Nachteule“' },
      { unitPrice: 500, ratePpm: 0, name: 'Briefmarken' },
    ],
    shipping: [{ ratePpm: 190_000, category: 'S', total: 490 }],
    shipTo: { name: 'Karl Leser', address: { ...berlin, line1: 'Hinterhof 3' } },
  }),
  discount: documentOf({
    lines: [
      { unitPrice: 1999, quantity: 3, discount: 600 },
      { unitPrice: 990, discount: 990 },
    ],
  }),
  'tax added': documentOf({
    pricesIncludeTax: false,
    lines: [
      { unitPrice: 1999, quantity: 7, discount: 100 },
      { unitPrice: 333, ratePpm: 190_000 },
    ],
    shipping: [{ ratePpm: 70_000, category: 'S', total: 490 }],
  }),
  'to be paid': documentOf({ paid: 0, terms: 'Payable within 14 days, without deduction.', notes: ['Thank you for your order.'] }),
  'credit note': documentOf({
    kind: 'credit_note',
    number: 'INV-2026-00002',
    corrects: { number: 'INV-2026-00001', issuedOn: '2026-11-30' },
    lines: [{ unitPrice: 1999, quantity: 1 }],
  }),
  'credit note that is set off in part': documentOf({
    kind: 'credit_note',
    language: 'de',
    number: 'CN-2026-00002',
    corrects: { number: 'INV-2026-00001', issuedOn: '2026-11-30' },
    lines: [{ unitPrice: 2500, quantity: 1, discount: 300, name: 'Emma, Hardcover' }],
    setOff: 1000,
    settlement:
      'Von diesem Betrag werden 10,00 EUR mit dem verrechnet, was für die Bestellung zu zahlen ist. Der Rest wird erstattet, wie bezahlt wurde oder vereinbart ist.',
  }),
  'invoice of what was exchanged': documentOf({
    number: 'INV-2026-00002',
    corrects: { number: 'INV-2026-00001', issuedOn: '2026-11-30' },
    lines: [{ unitPrice: 2500, quantity: 1, name: 'Emma, Hardcover' }],
    paid: 1000,
    setOff: 1000,
    terms: 'Payable within 14 days, without deduction.',
  }),
  'reverse charge': documentOf({
    buyer: company,
    pricesIncludeTax: false,
    lines: [{ unitPrice: 120_000, ratePpm: 0, category: 'AE', name: 'Catalogue data, one year' }],
    reasons: { AE: reverse },
  }),
  'within the EU': documentOf({
    buyer: company,
    suppliedOn: '2026-11-30',
    pricesIncludeTax: false,
    lines: [{ unitPrice: 1999, quantity: 20, ratePpm: 0, category: 'K' }],
    reasons: { K: 'Intra-Community supply, exempt from tax.' },
  }),
  'out of the EU': documentOf({
    lines: [{ unitPrice: 1999, ratePpm: 0, category: 'G' }],
    reasons: { G: 'Export outside the EU, exempt from tax.' },
  }),
  'small business': documentOf({
    language: 'de',
    seller: { ...seller, vatId: null, taxNumber: '12/345/67890', register: null, bank: null },
    lines: [{ unitPrice: 1999, ratePpm: 0, category: 'E' }],
    reasons: { E: exempt },
  }),
  'in another currency': documentOf({
    currency: 'SEK',
    language: 'de',
    lines: [{ unitPrice: 24_900, quantity: 2 }],
    taxIn: { currency: 'EUR', tax: 295, rate: '0.090525', source: 'EZB', day: '2026-11-27' },
  }),
  'credit note in another currency': documentOf({
    kind: 'credit_note',
    number: 'INV-2026-00002',
    corrects: { number: 'INV-2026-00001', issuedOn: '2026-11-30' },
    currency: 'JPY',
    lines: [{ unitPrice: 2200, ratePpm: 100_000 }],
    taxIn: { currency: 'EUR', tax: 115, rate: '0.00575', source: 'European Central Bank', day: '2026-11-27' },
  }),
  nothing: documentOf({ lines: [{ unitPrice: 1999, discount: 1999 }] }),
  free: documentOf({ lines: [{ unitPrice: 0 }] }),
  yen: documentOf({ currency: 'JPY', lines: [{ unitPrice: 2200, quantity: 3, ratePpm: 100_000 }] }),
  'dinars of Kuwait': documentOf({ currency: 'KWD', lines: [{ unitPrice: 12_345, ratePpm: 50_000 }] }),
  scripts: documentOf({
    buyer: {
      name: 'مكتبة الإسكندرية (فرع 2)',
      vatId: null,
      address: { ...berlin, line1: 'רחוב הרצל 12, דירה 3', city: 'Київ', countryName: 'Ελλάδα', country: 'GR' },
    },
    lines: [
      { unitPrice: 1999, name: 'ألف ليلة وليلة — One Thousand and One Nights, 2. Auflage' },
      { unitPrice: 1999, name: 'הארי פוטר ואבן החכמים (כרך 1)' },
      { unitPrice: 1999, name: 'Война и мир; Ο Μικρός Πρίγκιπας; Truyện Kiều; Łódź ğışö' },
      { unitPrice: 1999, name: '紅樓夢 📚 emoji 👩‍👩‍👧 and नमस्ते' },
      { unitPrice: 1999, name: `A very long title that goes on and on ${'and on '.repeat(40)}` },
      { unitPrice: 1999, name: 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft'.repeat(2) },
      { unitPrice: 1999, name: '<script>alert("&")</script> \u0000\u202e\u2028' },
    ],
  }),
}

export const hashes = () => Object.fromEntries(Object.entries(documents).map(([name, document]) => [name, documentHash(document)]))
