// The part of the config check that looks at `shop.payments`: each is offered here, has an id of its own, and names its keys as secrets.
import { readIban } from '../../base/iban.ts'
import { limits } from '../../base/limits.ts'
import { nearest } from '../../base/nearest.ts'
import type { PaymentProviderConfig } from '../../config/payment-makers.ts'
import { type Add, type Check, flag, is, isObject, list, named, object, passes, word } from '../../schema/shape.ts'
import { secret } from './check-providers.ts'

/** Who can take a shop's money here, by the word that a config says. */
export type OfferedProvider = {
  readonly id: string
  readonly methods: readonly string[]
  /** ISO 4217; whatever there is when left out. */
  readonly currencies?: readonly string[]
  /** The secrets that its maker asks for. Without any it is there for a config that names none. */
  readonly secrets?: readonly string[]
  /** Only for a config that names it. */
  readonly isOnlyNamed?: boolean
}

export type PaymentsPlace = { readonly isDevelopment: boolean; readonly paymentProviders: readonly OfferedProvider[] }

const id = is('a name such as stripe-eu', (value) => typeof value === 'string' && /^[a-z][a-z0-9-]{0,39}$/.test(value))
const text = is('a text of one line', (value) => typeof value === 'string' && value.trim() !== '' && !/[\r\n]/.test(value))

const made = object({
  kind: word('payments'),
  provider: text,
  id,
  capture: word('placement', 'shipment', 'manual'),
  secrets: named(() => secret),
  options: named(() => text),
  isSandboxed: flag,
  allowsTestKeys: flag,
  isByHand: flag,
} satisfies Record<keyof PaymentProviderConfig, Check>)

const plain = object({ provider: text })

/** Of a bank transfer: what is wrong here is found by customers whose money comes back, or arrives elsewhere. */
function checkTransfer({ options }: PaymentProviderConfig, at: string, add: Add): void {
  const days = Number(options['days'])
  for (const name of ['holder', 'iban']) if (options[name] === undefined) add(`${at}.${name}`, 'is missing')
  if (options['iban'] !== undefined && readIban(options['iban']) === null)
    add(`${at}.iban`, 'is no IBAN: its check digits do not fit. Look at it once more')
  if (!Number.isInteger(days) || days < 1 || days > limits.transferDaysMax)
    add(`${at}.days`, `must be a whole number from 1 to ${limits.transferDaysMax}`)
}

/** Each one that is offered here, and once. */
export function checkPayments({ paymentProviders, isDevelopment }: PaymentsPlace): Check {
  const offered = paymentProviders.map((one) => one.id)
  const makers = offered.map((one) => `${one.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())}(…)`).join(' or ')

  function tellUnknown(provider: unknown, path: string, add: Add): void {
    if (typeof provider !== 'string') add(path, provider === undefined ? 'is missing' : 'must be a text of one line')
    else if (provider === 'sandbox' && !isDevelopment) add(path, '"sandbox" is not there in production: it moves no money')
    else add(path, `"${provider}" is no payment provider${nearest(provider, offered)}; there is ${offered.join(', ')}`)
  }

  const checkMade = (one: PaymentProviderConfig, at: string, add: Add) => {
    // So that no account can be given the history of another company's.
    if (one.id !== one.provider && !one.id.startsWith(`${one.provider}-`))
      add(`${at}.id`, `must be "${one.provider}", or begin with "${one.provider}-"`)
    if (one.isSandboxed && !isDevelopment) add(`${at}.sandbox`, 'is for development alone: it moves no money')
    if (one.isSandboxed) return
    if (one.provider === 'bank-transfer') checkTransfer(one, at, add)
    for (const name of paymentProviders.find(({ id }) => id === one.provider)!.secrets ?? [])
      if (one.secrets[name] === undefined)
        add(`${at}.${name}`, "is missing: name the variable that has it, by defineSecret('…'), or set sandbox: true")
  }

  return (given, path, add) => {
    const seen = new Set<unknown>()
    list((one, at) => {
      if (!isObject(one)) return add(at, `must be made by ${makers}`)
      const { kind, provider } = one
      if (!offered.includes(provider as string)) return tellUnknown(provider, `${at}.provider`, add)
      if (kind === undefined && provider !== 'sandbox') return add(at, `must be made by ${makers}`)
      // What a maker was given stands beside it in the config, not below its own names.
      const tell: Add = (where, message) => add(where.replace(`${at}.secrets.`, `${at}.`), message)
      if (!passes(kind === undefined ? plain : made, one, at, tell)) return
      const { id = provider } = one
      const advice = provider === 'sandbox' ? '' : `: give one of them an id of its own, such as '${String(provider)}-2'`
      if (seen.has(id)) add(`${at}.${kind === undefined ? 'provider' : 'id'}`, `"${String(id)}" is named twice${advice}`)
      seen.add(id)
      if (kind !== undefined) checkMade(one as PaymentProviderConfig, at, add)
    })(given, path, add)
  }
}

/** That somebody takes money in each currency of the shop. */
export function checkCurrenciesTaken({ paymentProviders }: PaymentsPlace, shop: Readonly<Record<string, unknown>>, add: Add): void {
  const { currency, currencies, payments } = shop
  if (!Array.isArray(payments)) return
  const chosen = payments.flatMap((one) => paymentProviders.find(({ id }) => isObject(one) && id === one['provider']) ?? [])
  if (chosen.length === 0) return
  const all = [['shop.currency', currency], ...entriesOf(currencies)] as const
  for (const [path, one] of all) {
    const isTaken = chosen.some((provider) => provider.currencies?.includes(one as string) ?? true)
    if (!isTaken) add(path, `nobody of shop.payments takes ${String(one)}: there is ${chosen.map(({ id }) => id).join(', ')}`)
  }
}

function entriesOf(currencies: unknown): (readonly [string, unknown])[] {
  return Array.isArray(currencies) ? currencies.map((one, index) => [`shop.currencies[${index}]`, one] as const) : []
}

/** As its maker would have made it. */
export function asMade(given: { readonly provider: string } | PaymentProviderConfig): PaymentProviderConfig {
  const { provider } = given
  const rest = { id: provider, capture: 'placement', secrets: {}, options: {}, isSandboxed: false, allowsTestKeys: false } as const
  return { kind: 'payments', ...rest, ...given }
}
