// Who takes a shop's money: what a config lists in `shop.payments`. Data alone: which adapter speaks to whom is the matter of the
// process that serves. An id stands for one account for good, since payments, their facts and the ledger are kept by it.

/** Made by `defineSecret(…)`. */
type Secret = { readonly kind: 'secret'; readonly name: string }

/**
 * `placement`: the money is taken when the order is placed. Else it is authorized then. `shipment`: what is sent is captured with its
 * parcel. `manual`: it is captured by an operation of its own.
 */
export type CapturePolicy = 'placement' | 'shipment' | 'manual'

export type PaymentProviderConfig = {
  readonly kind: 'payments'
  /** Which adapter: `sandbox`, `stripe`. */
  readonly provider: string
  /** In addresses, in the database and in `payment: { provider }` of a checkout. */
  readonly id: string
  readonly capture: CapturePolicy
  /** By the names that its maker takes them by, such as `secretKey`. */
  readonly secrets: Readonly<Record<string, Secret>>
  /** What is no secret and only its adapter knows. */
  readonly options: Readonly<Record<string, string>>
  /** It speaks to the sandbox's face of this provider, in development alone, and needs no keys. */
  readonly isSandboxed: boolean
  /** In production a key that moves no money may be used: for a staging system. */
  readonly allowsTestKeys: boolean
  /** Nobody holds money for the shop: staff say when it came in. */
  readonly isByHand?: true
}

type Common = {
  /** A second account of one provider has a name of its own, which begins with the provider's: `stripe-eu`. */
  readonly id?: string
  /** `placement` when left out. */
  readonly capture?: CapturePolicy
}

/** Of one that moves money: its keys, or the sandbox in its place. */
type WithKeys<TKeys> = Common &
  (
    | (TKeys & {
        readonly sandbox?: false
        /** Start in production with keys that move no money, as a staging system does. Otherwise such a start is refused. */
        readonly allowTestKeys?: boolean
      })
    | ({ readonly sandbox: true; readonly allowTestKeys?: never } & { readonly [K in keyof TKeys]?: never })
  )

/** The payment sandbox: it moves no money, and is there in development alone. */
export function sandbox(given: Pick<Common, 'capture'> = {}): PaymentProviderConfig {
  return made('sandbox', given, {})
}

export type StripeOptions = WithKeys<{
  /** Of the dashboard: `sk_live_…`, or better a restricted one, `rk_live_…`. */
  readonly secretKey: Secret
  /** Of the webhook endpoint: `whsec_…`. Several, with spaces between them, while one takes the place of another. */
  readonly webhookSecret: Secret
}>

/** Stripe. With `sandbox: true` it speaks to a Stripe of our own, in development. */
export function stripe({ secretKey, webhookSecret, ...given }: StripeOptions): PaymentProviderConfig {
  return made('stripe', given, { secretKey, webhookSecret })
}

export type PayPalOptions = WithKeys<{
  /** Of the app in PayPal's dashboard. */
  readonly clientId: Secret
  readonly clientSecret: Secret
  /** Of the webhook of that app, which messages are signed for. Several, with spaces between them, while one takes the place of another. */
  readonly webhookId: Secret
}> & {
  /** The name of the shop on PayPal's page; the one of the PayPal account when left out. */
  readonly brandName?: string
}

/**
 * PayPal. In development, and with `allowTestKeys`, it speaks to PayPal's own sandbox, elsewhere to the live one: an app of the
 * other is not known there, so that no test moves money. With `sandbox: true` it speaks to a PayPal of our own, in development.
 */
export function paypal({ clientId, clientSecret, webhookId, brandName, ...given }: PayPalOptions): PaymentProviderConfig {
  return made('paypal', { ...given, options: brandName === undefined ? {} : { brandName } }, { clientId, clientSecret, webhookId })
}

export type MollieOptions = WithKeys<{
  /** Of Mollie's dashboard, under Developers: `live_…`. */
  readonly apiKey: Secret
  /**
   * Of a webhook that is made there, whose messages are signed. Several, with spaces between them, while one takes the place of
   * another. Not needed: with each payment Mollie is told an address of its own, which is called too.
   */
  readonly webhookSecret?: Secret
  /** An organization access token with `balances.read`: an API key may not read the account, with its fees and payouts. */
  readonly accessToken?: Secret
}>

/** Mollie. With `sandbox: true` it speaks to a Mollie of our own, in development. */
export function mollie({ apiKey, webhookSecret, accessToken, ...given }: MollieOptions): PaymentProviderConfig {
  return made('mollie', given, { apiKey, webhookSecret, accessToken })
}

export type BankTransferOptions = {
  readonly holder: string
  readonly iban: string
  readonly bic?: string
  /** How many days an order waits for the money, its stock held. 14 when left out. */
  readonly days?: number
}

/** Payment in advance: the customer sends the money to your account, staff book what came, and the order is placed then. */
export function bankTransfer({ holder, iban, bic, days = 14 }: BankTransferOptions): PaymentProviderConfig {
  // What is missing or wrong in it is told by the config check, which knows where it stands.
  return offline('bank-transfer', { ...(holder && { holder }), ...(iban && { iban }), ...(bic && { bic }), days: String(days) })
}

/** The order is placed at once, and staff book the money when it came. */
export function cashOnDelivery(): PaymentProviderConfig {
  return offline('cash-on-delivery', {})
}

/** The order is placed at once and paid by an invoice. Anybody can order so: offer it to customers whom you know. */
export function invoice(): PaymentProviderConfig {
  return offline('invoice', {})
}

function offline(provider: string, options: Readonly<Record<string, string>>): PaymentProviderConfig {
  return { ...made(provider, { capture: 'manual', options }, {}), isByHand: true }
}

type Given = Common & {
  readonly sandbox?: boolean
  readonly allowTestKeys?: boolean
  readonly options?: PaymentProviderConfig['options']
}

/** A secret that is left out is told by the config check, which knows where it stands. */
function made(provider: string, given: Given, secrets: Readonly<Record<string, Secret | undefined>>): PaymentProviderConfig {
  const { id = provider, capture = 'placement', sandbox: isSandboxed = false, allowTestKeys: allowsTestKeys = false, options = {} } = given
  const named = Object.entries(secrets).filter(([, secret]) => secret !== undefined) as [string, Secret][]
  return { kind: 'payments', provider, id, capture, secrets: Object.fromEntries(named), options, isSandboxed, allowsTestKeys }
}
