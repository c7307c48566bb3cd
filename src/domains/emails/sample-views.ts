// What each mail of ours is given, by an example of it: shown where staff look at a mail, and what a template in a file is held to. Each field that a
// mail may have is here.
import type { Language } from '../../base/language.ts'
import { dayText, moneyText } from '../../languages/language-texts.ts'
import type { AccountMail, OrderMail } from '../../languages/language-words.ts'
import type { TemplateName } from './templates.ts'

type View = Readonly<Record<string, unknown>>

export type OwnMailName = AccountMail | OrderMail | TemplateName | 'order_receipt'

/** `publicUrl`: where its links lead. */
export function sampleView(name: OwnMailName, language: Language, publicUrl: string): View {
  return samples({ language, publicUrl })[name]
}

/** Of an own mail's data, where it names none: something of each type. */
export function sampleOf(schema: unknown, name = ''): unknown {
  const { type, properties, items, examples, default: given, enum: values, const: only, anyOf } = (schema ?? {}) as Schema
  const known = [given, only, ...(examples ?? []), ...(values ?? [])].find((value) => value !== undefined)
  if (known !== undefined) return known
  if (anyOf !== undefined) return sampleOf(anyOf[0], name)
  if (type === 'object') return Object.fromEntries(Object.entries(properties ?? {}).map(([field, of]) => [field, sampleOf(of, field)]))
  if (type === 'array') return [sampleOf(items, name), sampleOf(items, name)]
  if (type === 'boolean') return true
  if (type === 'integer' || type === 'number') return 3
  return /url|link|href/i.test(name) ? 'https://example.com/' : name
}

type Schema = {
  readonly type?: string
  readonly properties?: Readonly<Record<string, unknown>>
  readonly items?: unknown
  readonly examples?: readonly unknown[]
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly unknown[]
}

type Words = { readonly language: Language; readonly publicUrl: string }

function samples({ language, publicUrl }: Words): Readonly<Record<OwnMailName, View>> {
  const amount = (minor: number) => moneyText({ amount: minor, currency: 'EUR' }, language)
  const isGerman = language === 'de'
  const day = dayText('2026-12-18', language)
  const order = { number: '1042', url: `${publicUrl}/order#example` }
  const items = bought(language).map(({ quantity, title }) => ({ quantity, title }))
  return {
    ...accountSamples({ url: `${publicUrl}/account#example` }, day),
    ...staffSamples(publicUrl),
    ...returnSamples({ order, items: items.slice(1), amount, isGerman }),
    order_receipt: { ...order, ...receiptSample(language, amount) },
    order_downloads: { ...order, items },
    order_shipped: {
      ...order,
      items,
      tracking: [{ carrier: 'DHL', number: '00340434161094042557', url: 'https://www.dhl.de/' }],
      isRest: true,
    },
    order_units_canceled: { ...order, items: items.slice(1), back: amount(1_300) },
    order_refunded: { ...order, amount: amount(1_300), items: items.slice(1), isCredit: false },
    order_note: { ...order, text: isGerman ? 'Wir legen ein Lesezeichen bei.' : 'We add a bookmark.' },
    order_link: order,
    order_unmatched: { number: order.number, isExpired: true },
    order_canceled: { ...order, isPaid: true },
    order_expired: { ...order, isPaid: false },
    payment_failed: order,
    transfer_instructions: {
      ...order,
      amount: amount(3_280),
      holder: 'Kingpost Books',
      iban: 'AT61 1904 3002 3457 3201',
      bic: 'BKAUATWW',
      reference: '1042',
      day,
      isSent: true,
    },
    payment_link: { number: order.number, due: amount(3_280), day, url: `${publicUrl}/account/pay#example` },
    gift_card: {
      value: amount(5_000),
      code: 'GC3F-K7PW-92QX-MD4T',
      expires: day,
      message: isGerman ? 'Alles Gute zum Geburtstag!' : 'Happy birthday!',
      url: publicUrl,
    },
    invoice: { ...order, invoiceNumber: 'INV-2026-57', amount: amount(3_280) },
    credit_note: { ...order, invoiceNumber: 'CN-2026-8', amount: amount(1_300) },
    cart_reminder: { url: `${publicUrl}/cart`, items },
  }
}

function bought(language: Language) {
  const titles = {
    en: ['The Wind in the Willows (cloth)', 'Notebook, ruled'],
    de: ['Der Wind in den Weiden (Leinen)', 'Notizbuch, liniert'],
  } as const
  return titles[language].map((title, index) => ({ quantity: index + 1, title }))
}

type Amount = (minor: number) => string

function receiptSample(language: Language, amount: Amount): View {
  const [street, country] = language === 'de' ? ['Hauptstraße 1', 'Deutschland'] : ['Main Street 1', 'Germany']
  return {
    items: bought(language).map((item, index) => ({ ...item, total: amount(index === 0 ? 1_800 : 1_300) })),
    subtotal: amount(3_100),
    discount: amount(310),
    shipping: amount(490),
    taxAdded: '',
    total: amount(3_280),
    taxIncluded: amount(215),
    address: ['Ada Lovelace', street, '10115 Berlin', country],
    isPaid: true,
    isSent: true,
    hasDownloads: true,
    hasConsent: true,
  }
}

type Returned = { readonly order: View; readonly items: readonly View[]; readonly amount: Amount; readonly isGerman: boolean }

function returnSamples({ order, items, amount, isGerman }: Returned) {
  return {
    return_requested: { ...order, items },
    return_approved: {
      ...order,
      items,
      instructions: isGerman ? 'Legen Sie den Lieferschein bei.' : 'Put the delivery note into the parcel.',
      exchange: true,
    },
    return_rejected: { ...order, reason: isGerman ? 'Das Siegel ist gebrochen.' : 'The seal is broken.', due: amount(500) },
    return_completed: {
      ...order,
      items,
      exchange: true,
      nothing: false,
      back: amount(1_000),
      due: amount(500),
      deduction: amount(300),
      reason: isGerman ? 'Eine Seite ist eingerissen.' : 'One page is torn.',
    },
  }
}

function accountSamples(account: { readonly url: string }, day: string): Readonly<Record<AccountMail, View>> {
  return {
    account_verify: account,
    account_exists: account,
    account_reset: account,
    account_magic: account,
    account_code: { code: '482913' },
    account_change_email: account,
    account_email_changed: account,
    account_password: account,
    account_factor_added: account,
    account_factor_removed: account,
    account_passkey_added: account,
    account_passkey_removed: account,
    account_recovery_used: account,
    account_export: account,
    account_erasure: { ...account, day },
    account_kept: account,
    account_identity_added: { ...account, provider: 'Google' },
    account_identity_removed: { ...account, provider: 'Google' },
    account_key_made: account,
    account_invitation: { ...account, by: 'owner@example.com', roles: 'admin' },
    account_impersonated: account,
  }
}

function staffSamples(publicUrl: string): Readonly<Record<TemplateName, View>> {
  return {
    webhook_disabled: { url: `${publicUrl}/console`, address: 'hooks.example.com', reason: 'It answered 500 for three days.' },
    authorization_ending: {
      number: '1042',
      amount: '32.80 EUR',
      until: '2026-12-18, 09:30 UTC',
      url: `${publicUrl}/console/orders`,
    },
  }
}
