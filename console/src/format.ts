/**
 * How values are written for people: money, times, words, states, addresses. Pure: takes the clock,
 * locale and zone as arguments where they matter, so that tests say the same everywhere.
 */
import type { Address, Money } from './shapes.ts'

// ISO 4217 digits where they are not 2. Intl is not asked: it says 0 for HUF, IDR and COP, and a wrong
// exponent shows a wrong price.
const noDigits = 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ')
const threeDigits = 'BHD IQD JOD KWD LYD OMR TND'.split(' ')

/** Digits of the minor unit: 2 for EUR, 0 for JPY. */
export function currencyDigits(currency: string): number {
  if (noDigits.includes(currency)) return 0
  return threeDigits.includes(currency) ? 3 : 2
}

export function isMoney(value: unknown): value is Money {
  if (typeof value !== 'object' || value === null) return false
  const money = value as Partial<Money>
  return typeof money.amount === 'number' && typeof money.currency === 'string'
}

/** `1999` EUR as `19.99`: a plain decimal, exact for every safe integer. */
export function moneyDecimal(money: Money): string {
  const digits = currencyDigits(money.currency)
  const sign = money.amount < 0 ? '-' : ''
  const units = Math.abs(money.amount)
    .toString()
    .padStart(digits + 1, '0')
  if (digits === 0) return sign + units
  return `${sign}${units.slice(0, -digits)}.${units.slice(-digits)}`
}

export function formatMoney(money: Money, locale?: string): string {
  const digits = currencyDigits(money.currency)
  try {
    const format = new Intl.NumberFormat(locale, {
      style: 'currency',
      currency: money.currency,
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    })
    // A decimal string is formatted exactly; a float would round what is beyond 2^53 / 100.
    return format.format(moneyDecimal(money) as `${number}`)
  } catch {
    return `${moneyDecimal(money)} ${money.currency}`
  }
}

/**
 * `19.9` as minor units of the currency; undefined when it is no amount, has more digits than the
 * currency, or leaves the safe integers.
 */
export function parseMoney(text: string, currency: string): Money | undefined {
  const digits = currencyDigits(currency)
  const match = /^(-?)(\d+)(?:[.,](\d+))?$/.exec(text.trim())
  const whole = match?.[2]
  const fraction = match?.[3] ?? ''
  if (whole === undefined || fraction.length > digits) return undefined
  const amount = Number(`${match?.[1]}${whole}${fraction.padEnd(digits, '0')}`)
  return Number.isSafeInteger(amount) ? { amount, currency } : undefined
}

/** The server's `cartAmountMax`, in minor units. */
export const priceMax = 10_000_000_000_000

/** Why what was typed is no price of one; undefined when it is one. */
export function priceProblem(text: string, currency: string): string | undefined {
  const price = parseMoney(text, currency)
  const digits = currencyDigits(currency)
  const typed = text.trim()
  // As a price on a label: 19.90, or 20 where the currency has no smaller unit.
  const example = moneyDecimal({ amount: digits === 0 ? 20 : 199 * 10 ** (digits - 1), currency })
  if (typed.startsWith('-')) return 'A price is 0 or more.'
  const most = formatMoney({ amount: priceMax, currency })
  if (price !== undefined ? price.amount > priceMax : /^\d{12,}$/.test(typed)) return `At most ${most}.`
  if (price !== undefined) return undefined
  if (!/^[\d.,\s'’]*\d$/.test(typed)) return `Give an amount such as ${example}.`
  if (/[.,\s'’].*[.,\s'’]/.test(typed)) return `Leave out what parts the thousands, as in ${example}.`
  return digits === 0 ? `${currency} has no decimals: give an amount such as ${example}.` : `At most ${digits} decimals, as in ${example}.`
}

/** `48.2 kB`: as people and their computers count bytes. */
export function formatSize(bytes: number, locale?: string): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte']
  const step = Math.min(units.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3))
  const format = { style: 'unit', unit: units[step], unitDisplay: step === 0 ? 'long' : 'short', maximumFractionDigits: 1 } as const
  return new Intl.NumberFormat(locale, format).format(bytes / 1000 ** step)
}

export function isTime(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) && !Number.isNaN(+new Date(value))
}

/** `24 Nov 2026, 08:40:22` in the reader's zone. */
export function formatTime(iso: string, locale?: string, timeZone?: string): string {
  return new Intl.DateTimeFormat(locale, {
    dateStyle: 'medium',
    timeStyle: 'medium',
    timeZone,
  }).format(new Date(iso))
}

/** `2026-11-24 07:40:22.120 UTC`, for the title of a local time. */
export function utcTitle(iso: string): string {
  return `${new Date(iso).toISOString().replace('T', ' ').replace('Z', '')} UTC`
}

/** Short and near: `just now`, `4 min ago`, `in 2 min`, `08:40`, `3 Nov, 08:40`, `3 Nov 2025`. */
export function formatNear(iso: string, now: Date, locale?: string, timeZone?: string): string {
  const date = new Date(iso)
  const ms = now.getTime() - date.getTime()
  const minutes = Math.round(Math.abs(ms) / 60_000)
  if (minutes < 1) return ms >= 0 ? 'just now' : 'now'
  if (minutes < 60) return ms > 0 ? `${minutes} min ago` : `in ${minutes} min`
  const day = (of: Date) => new Intl.DateTimeFormat('en-CA', { dateStyle: 'short', timeZone }).format(of)
  const time: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', timeZone }
  if (day(date) === day(now)) return new Intl.DateTimeFormat(locale, time).format(date)
  const sameYear = day(date).slice(0, 4) === day(now).slice(0, 4)
  const parts: Intl.DateTimeFormatOptions = sameYear
    ? { day: 'numeric', month: 'short', ...time }
    : { day: 'numeric', month: 'short', year: 'numeric', timeZone }
  return new Intl.DateTimeFormat(locale, parts).format(date)
}

/** `24 Nov 2026`, in the reader's zone. */
export function formatDay(iso: string, locale?: string, timeZone?: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone }).format(new Date(iso))
}

/** `08:40:22`, in the reader's zone. */
export function formatClock(iso: string, locale?: string, timeZone?: string): string {
  return new Intl.DateTimeFormat(locale, { timeStyle: 'medium', timeZone }).format(new Date(iso))
}

/** The time between two moments: `0.4 s`, `12 s`, `3 min`, `5 h`, `2 days`. */
export function formatGap(ms: number): string {
  if (ms < 950) return `${Math.round(ms)} ms`
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`
  if (ms < 60_000) return `${Math.round(ms / 1000)} s`
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`
  if (ms < 86_400_000) return `${Math.round(ms / 3_600_000)} h`
  const days = Math.round(ms / 86_400_000)
  return days === 1 ? '1 day' : `${days} days`
}

/** `pending_payment` and `placedAt` as people write them. */
export function humanize(name: string): string {
  // A currency, a country.
  if (/^[A-Z]{2,3}$/.test(name)) return name
  const words = name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[_.-]+/g, ' ')
    .trim()
    .toLowerCase()
  if (words === 'id') return 'ID'
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** The end of a TypeID, which is what tells two apart: `ord_…4f9xz`. */
export function shortId(id: string): string {
  const cut = id.indexOf('_') + 1
  return id.length - cut <= 10 ? id : `${id.slice(0, cut)}…${id.slice(-6)}`
}

/** A text with its TypeIDs shortened: `L:deposit:ord_…b0shda`. */
export function shortenIds(text: string): string {
  return text.replace(/\b[a-z]+_[0-9a-z]{20,}/g, shortId)
}

export type Tone = 'good' | 'wait' | 'bad' | 'busy' | 'quiet'

const tones: Record<Tone, string> = {
  good: 'paid placed compared completed fulfilled done sent delivered received captured active published authorized committed consumed succeeded true',
  wait: 'pending_payment partially_paid partially_fulfilled partially_refunded deferred held pending wanted waiting requires_action ready queued open draft on_hold',
  bad: 'dead failed bounced overcharged unknown ambiguous expired declined reversed disputed error',
  busy: 'created running sending processing creating',
  quiet: 'unfulfilled canceled voided none refunded returned abandoned archived locked converted released false',
}

/** The colour group of a state, for any collection. Unknown words are quiet. */
export function toneOf(state: string): Tone {
  for (const tone of Object.keys(tones) as Tone[]) {
    if (tones[tone].split(' ').includes(state)) return tone
  }
  return 'quiet'
}

export function addressLines(address: Address, locale?: string): string[] {
  const town = [address.postalCode, address.city].filter(Boolean).join(' ')
  const place = [town, address.region].filter(Boolean).join(', ')
  const country = address.country && countryName(address.country, locale)
  return [address.name, address.line1, address.line2, place, country, address.phone].filter((line): line is string => Boolean(line))
}

/** `Austria` for `AT`; what is no code stays as it is. */
export function countryName(code: string, locale?: string): string {
  try {
    return new Intl.DisplayNames(locale, { type: 'region' }).of(code) ?? code
  } catch {
    return code
  }
}

/** A mail address as the API may give it: a string, `{ name, address }`, or a list of them. */
export function formatMailbox(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.map(formatMailbox).filter(Boolean).join(', ')
  if (typeof value !== 'object' || value === null) return ''
  const box = value as { name?: unknown; address?: unknown; email?: unknown }
  const address = String(box.address ?? box.email ?? '')
  return typeof box.name === 'string' && box.name !== '' ? `${box.name} <${address}>` : address
}

/** The short form for lists: names where there are names, addresses where not. */
export function mailboxName(value: unknown): string {
  const name = (text: string) => text.replace(/^"?([^"<]*[^"<\s])"?\s*<[^>]*>$/, '$1')
  return formatMailbox(value)
    .split(/,\s*(?![^<]*>)/)
    .map(name)
    .join(', ')
}

/** What stands for a record in a link: the first field that reads like a title. */
export function recordLabel(record: { readonly [field: string]: unknown }): string {
  for (const field of ['number', 'title', 'name', 'subject', 'email', 'sku', 'slug', 'code', 'key']) {
    const value = record[field]
    if (typeof value === 'string' && value !== '') return value
    if (typeof value === 'number') return String(value)
  }
  return typeof record.id === 'string' ? shortId(record.id) : ''
}

/** What must be expanded before a record of these can be named: `Paperback` alone says nothing. */
export const labelNeeds: Readonly<Record<string, string>> = {
  variants: 'product',
  stockLevels: 'variant.product',
}

/** `Emma, Paperback (EMMA-P)` for a variant and for its stock; a second place is named. */
export function labelIn(collection: string, record: { readonly [field: string]: unknown }): string {
  const { product, variant, title, sku, location } = record
  if (collection === 'variants' && isObject(product)) return `${recordLabel(product)}, ${title} (${sku})`
  if (collection === 'stockLevels' && isObject(variant)) {
    return labelIn('variants', variant) + (location === 'main' ? '' : `, ${location}`)
  }
  return recordLabel(record)
}

function isObject(value: unknown): value is { readonly [field: string]: unknown } {
  return typeof value === 'object' && value !== null
}

/** `412`, or `10,000+` where there are more than were counted. */
export function countText({ count = 0, countIsAtLeast }: { count?: number | undefined; countIsAtLeast?: boolean }): string {
  return `${count.toLocaleString()}${countIsAtLeast ? '+' : ''}`
}
