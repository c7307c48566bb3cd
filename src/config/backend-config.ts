// What an owner declares: kingpost.config.ts default-exports nothing and names one value `backend`
// made by defineBackend. It is data plus the owner's own operations; secrets come from the environment.

import type { NewId } from '../base/ids.ts'
import type { Language } from '../base/language.ts'
import type { Scope } from '../contract/scope.ts'
import type { CollectionOptions, Fields } from '../schema/collection.ts'
import type { AccountPage } from './account-pages.ts'
import type { InvoicesConfig } from './invoices.ts'
import type { PaymentProviderConfig } from './payment-makers.ts'
import type { SellerAddress } from './project.ts'
import type { SignInProvider } from './sign-in-providers.ts'

export type BackendConfig<TOperation = unknown> = {
  /** Shown in mails and in the console. */
  readonly name: string
  readonly collections?: readonly (CollectionOptions & { readonly name: string })[]
  readonly operations?: readonly TOperation[]
  /** Made by `before({ … })` and `after({ … })`: code before and after writes of records, and on events. */
  readonly hooks?: readonly Declared[]
  /** Made by `defineEffect(…)`: what is owed to the outside. */
  readonly effects?: readonly Declared[]
  /** Made by `defineSchedule(…)`: what is due every so often. */
  readonly schedules?: readonly Declared[]
  /** Made by `defineMail(…)`: templates of its own. */
  readonly mails?: readonly Declared[]
  /** Made by `defineSecret(…)`: variables of the environment, without which it does not start. */
  readonly secrets?: readonly Declared[]
  /** `false`: no catalogue, carts, orders and payments, and their names are free. */
  readonly shop?: false | ShopConfig
  readonly mail?: MailConfig
  readonly http?: HttpConfig
  readonly webhooks?: WebhooksConfig
  readonly accounts?: AccountsConfig
  /** Roles of people who run it, and what each may: `{ packer: { may: ['orders:read', 'stockLevels:read'] } }`. */
  readonly roles?: RolesConfig
  /** A folder served at `/`, with pages of its own routing. Relative to the config file. */
  readonly storefront?: string
  /** Records for an empty database in development, by collection, in the order given. */
  readonly seed?: (context: SeedContext) => SeedRecords | Promise<SeedRecords>
}

/** A value of a maker of ours; what is in it is its maker's matter. */
export type Declared = { readonly name: string }

export type ShopConfig<
  TFields extends Fields = Fields,
  TVariantFields extends Fields = Fields,
  TCartFields extends Fields = Fields,
  TOrderFields extends Fields = Fields,
> = {
  /** ISO 4217. */
  readonly currency: string
  /** Others that a customer may choose, by price lists: `['CHF', 'USD']`. What has no price in one is not for sale in it. */
  readonly currencies?: readonly string[]
  /**
   * Whether there may be price lists: by currency, customer group, quantity and time. On where there are `currencies`; else off when left
   * out, since each cart asks the database for them.
   */
  readonly priceLists?: boolean
  readonly tax?: TaxConfig
  /** Who sells: stands on invoices. */
  readonly seller?: SellerConfig
  /** Issues invoices, with numbers without a gap. None when left out. Needs `seller`. */
  readonly invoices?: InvoicesConfig
  /** Groups that staff put accounts in: `['wholesale']`. */
  readonly customerGroups?: readonly string[]
  /**
   * Bounds what one order, paid or not, can hold of the stock: units of a line (9,999 when left out) and of the whole
   * order (1,000).
   */
  readonly limits?: { readonly lineQuantity?: number; readonly orderUnits?: number }
  /**
   * Also write to customers of orders that were canceled or expired without ever being paid. Off when left out: whoever
   * orders can type anybody's address.
   */
  readonly mailsUnpaid?: boolean
  /** How many days before an authorization ends staff are told of it: 2 when left out, 0 to be told of none. */
  readonly authorizationWarningDays?: number
  /** Who takes the money: made by `stripe(…)` or `sandbox()`. Left out: the sandbox in development, and nobody in production. */
  readonly payments?: readonly PaymentConfig[]
  /** For exports to an accountant. */
  readonly bookkeeping?: BookkeepingConfig
  /** Where parcels of other carriers can be followed: `{ 'my-courier': 'https://courier.example/follow/{number}' }`. */
  readonly carriers?: Readonly<Record<string, string>>
  /** How many days after a parcel has arrived, or was sent, its customer may ask to send it back: 30 when left out, 0 for never. */
  readonly returnDays?: number
  /** Where goods lie, and from where they are taken. One place when left out. */
  readonly stock?: StockConfig
  /** How digital goods are delivered. */
  readonly downloads?: DownloadsConfig
  /** More fields of products, such as a book's author. */
  readonly productFields?: TFields
  /** More fields of variants, such as the number of an edition. */
  readonly variantFields?: TVariantFields
  /** More fields of carts, which their holders set: such as the sign on a gift. What an order has under the same name it gets at checkout. */
  readonly cartFields?: TCartFields
  /** More fields of orders, which staff set: such as a cost center. */
  readonly orderFields?: TOrderFields
  /**
   * Whether there may be discounts without a code, which every cart that fits has. Off when left out: each cart asks the database for
   * them once more.
   */
  readonly automaticDiscounts?: boolean
  /**
   * So many hours after a cart with an address was last touched, its owner gets a mail, once. Off when left out: in many countries that asks
   * for consent.
   */
  readonly cartReminderHours?: number
  /** Sites besides our own that a payment provider may send customers back to: `['https://www.shop.example']`. */
  readonly returnOrigins?: readonly string[]
}

export type TaxConfig = {
  /** `included`: prices are gross, as consumers see them. `added`: net, with tax on top. */
  readonly prices: 'included' | 'added'
  /** Of the class `standard`, in parts per million by country of ISO 3166-1; `*`: all others. Where one rate each is enough. */
  readonly ratesPpm?: Readonly<Record<string, number>>
  /** By class, region and time. With `ratesPpm` or instead of it. */
  readonly rates?: readonly TaxRateConfig[]
  /** Parts of countries whose rates differ, and how an address is known to lie in one. */
  readonly regions?: readonly TaxRegionConfig[]
  /**
   * `group`: once on all that an order has of one rate, when left out. `line`: on each line, and the tax of the order is the sum of
   * those.
   */
  readonly rounding?: 'line' | 'group'
  /** Of `customerGroups`: those whose accounts pay no tax. */
  readonly exemptGroups?: readonly string[]
  /**
   * Businesses of other EU countries that give their VAT number (`vatId` of a cart) account for the tax themselves. `format`: a number
   * of the right form is enough. `vies`: only one that the EU's register says is valid. Off when left out.
   */
  readonly reverseCharge?: 'format' | 'vies'
  /**
   * Who says which rates are due, in place of `rates`, which are then an estimate until checkout. `secret`: made by `defineSecret('…')`, sent as a
   * bearer token. Needs `prices: 'added'`.
   */
  readonly service?: { readonly url: string; readonly secret?: Declared }
}

export type TaxRateConfig = {
  /** ISO 3166-1; `*`: all others. */
  readonly country: string
  readonly region?: string
  /** What `taxClass` of a product or variant names. `standard` when left out. */
  readonly class?: string
  /** Parts per million: 19 % is 190000. */
  readonly ratePpm: number
  /** The first day and the last: `2026-01-01`. Always when left out. */
  readonly from?: string
  readonly until?: string
}

export type TaxRegionConfig = {
  readonly country: string
  /** As rates name it. */
  readonly region: string
  /** What postal codes there begin with: `['35', '38']`. */
  readonly postalCodes?: readonly string[]
  /** Other names that people type. */
  readonly names?: readonly string[]
}

export type SellerConfig = {
  readonly name: string
  readonly address: SellerAddress
  /** With the letters of its country: `DE123456789`. */
  readonly vatId?: string
  readonly taxNumber?: string
  readonly email?: string
  readonly phone?: string
  /** Where the company is registered: `Amtsgericht Berlin HRB 12345 B`. */
  readonly register?: string
  /** Where to pay what is open. */
  readonly bank?: { readonly holder?: string; readonly iban: string; readonly bic?: string }
}

export type DownloadsConfig = {
  /** How many hours a link to a file that was bought is good: 24 when left out. Its customer gets another whenever they ask. */
  readonly linkHours?: number
  /** How often a customer may download each file of an order. As often as they like when left out. */
  readonly times?: number
  /**
   * Whether checkout of digital goods asks for `digitalConsent`: that delivery begins at once, and that the right to withdraw ends by it (EU,
   * Directive 2011/83 article 16 m). Yes when left out.
   */
  readonly consent?: boolean
  /** The class of tax of digital goods that name none of their own: `standard` when left out. */
  readonly taxClass?: string
}

export type StockConfig = {
  /** Names of places, the first to be taken from first: `['berlin', 'vienna']`. A new variant has its stock level at `main`. */
  readonly locations?: readonly string[]
  /**
   * `order`: from the first that has enough, when left out. `most`: from the one with the most left. `nearest`: from those that are near to
   * where the order goes, and then as `order`.
   */
  readonly allocate?: 'order' | 'most' | 'nearest'
  /** For `nearest`: to which countries of ISO 3166-1 each place is near. `{ vienna: ['AT', 'HU'], berlin: ['DE'] }` */
  readonly near?: Readonly<Record<string, readonly string[]>>
  /** Whether a quantity may be taken from several places where none has all of it. No when left out. */
  readonly split?: boolean
}

export type BookkeepingConfig = {
  /** Whose days they are: `Europe/Berlin`. `UTC` when left out. */
  readonly timeZone?: string
  /** What the accountant says of the books there. */
  readonly datev?: {
    /** Beraternummer and Mandantennummer: 1001 and 1 when left out. */
    readonly consultant?: number
    readonly client?: number
    /** Month and day: `01-01` when left out. */
    readonly fiscalYearBegins?: string
    /** Digits of an account: 4 when left out. */
    readonly accountLength?: number
    /** Of the chart of accounts: `03` (SKR 03) when left out. Another one needs `accounts` of its own. */
    readonly chart?: string
    /** By our accounts, or what they begin with: `{ 'A:psp:stripe': '1361' }`. Others are as SKR 03 has them. */
    readonly accounts?: Readonly<Record<string, string>>
  }
}

/** `{ provider: 'sandbox' }` is what `sandbox()` makes. */
export type PaymentConfig = { readonly provider: 'sandbox'; readonly kind?: never } | PaymentProviderConfig

export type MailConfig = {
  readonly from?: { readonly name: string; readonly address: string }
  readonly replyTo?: string
  /** What customers are written to in who do not say what they read: `en` when left out. */
  readonly language?: Language
  /**
   * What is done with a message of each category that was handed over, and whose answer was lost: `hold` leaves it to staff, `resend` sends it
   * once more after ten minutes, so that its reader may have it twice. `hold` when left out.
   */
  readonly ambiguous?: { readonly account?: Ambiguous; readonly transactional?: Ambiguous; readonly marketing?: Ambiguous }
  /** To each domain: so many messages of a process at once, and so many in a minute. As many as there are when left out. */
  readonly perDomain?: { readonly atOnce?: number; readonly perMinute?: number }
  /**
   * Signatures (DKIM), one for each key: an RSA key and an Ed25519 key, or an old and a new one while they change. `domain`: that of `from` when
   * left out. `key`: made by `defineSecret('…')`, a private key in PEM.
   */
  readonly provider?: MailProviderConfig
  readonly dkim?: readonly { readonly domain?: string; readonly selector: string; readonly key: Declared }[]
  /** How mails look. */
  readonly design?: MailDesignConfig
  /** Providers that tell by webhooks what became of mail. None when left out. */
  readonly webhooks?: readonly MailHookConfig[]
  /** Takes mail in: answers of customers, and what mail systems say of ours. None when left out. */
  readonly inbound?: InboundMailConfig
}

export type MailDesignConfig = {
  /** A PNG or JPEG above each mail, in place of the project's name: its address, or `/logo.png` of the storefront. Mail programs show no SVG. */
  readonly logo?: string
  /** As it is shown, in pixels: 140 when left out. */
  readonly logoWidth?: number
  /** The colour of buttons and links: `accounts.accent` when left out. */
  readonly color?: string
  /** Below each mail, line by line: `['Book club', 'Main Street 1', '10115 Berlin']`. That of `shop.seller` when left out. */
  readonly address?: readonly string[]
}

/**
 * Whom it is taken from what became of mail: webhooks of a provider, to `/api/mail/inbound/{provider}`. `secret`: made by `defineSecret('…')`; of
 * `postmark` the password in the address that it is given, of `mailgun` and `resend` the signing key of webhooks, of `sendgrid` the verification key.
 * `topic`: of `ses`, the ARN of the topic of SNS. Several of one provider: keys that change, or webhooks with keys of their own.
 */
export type MailHookConfig = {
  readonly provider: MailProviderConfig['name']
  readonly secret?: Declared
  readonly topic?: string
}

export type InboundMailConfig = {
  /**
   * Whose MX records lead here, or whose mail all comes into one of the mailboxes: `in.shop.example`. Customers answer to addresses of it. It may be
   * left out beside `imap`: answers are then known by what they refer to.
   */
  readonly domain?: string
  /** Names there that take mail from anybody: `['help', 'orders']`. `postmaster` always does. */
  readonly addresses?: readonly string[]
  /** Where letters to an address go besides the inbox. */
  readonly routes?: readonly MailRouteConfig[]
  /** Where the process with the role `mail` listens: 2525 when left out. `KINGPOST_SMTP_PORT` goes before it. */
  readonly port?: number
  /** The address of this machine that it listens at: the one of HTTP when left out. */
  readonly host?: string
  /** Files with a certificate and its key, in PEM, relative to the config file. They are read again when they change. No STARTTLS when left out. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Mailboxes at other servers that mail is read from, by IMAP. */
  readonly imap?: readonly ImapMailboxConfig[]
  /**
   * Mail servers in front whose `Authentication-Results` are believed: by the name that stands in these, and the addresses that they connect from
   * (`['10.0.0.5', '10.1.0.0/16']`). They must take such headers of strangers away. Without addresses: the server of a mailbox that is fetched from.
   */
  readonly trustedRelays?: readonly { readonly name: string; readonly addresses?: readonly string[] }[]
}

export type ImapMailboxConfig = {
  /** `imap.provider.example` */
  readonly host: string
  /** 993, or 143 without TLS from the first byte, when left out. */
  readonly port?: number
  /** `implicit`: from the first byte, which is meant when left out. `starttls`. `none`: to this machine alone. */
  readonly tls?: 'implicit' | 'starttls' | 'none'
  readonly user: string
  /** Made by `defineSecret('…')`; of Gmail and others a password for this app alone. */
  readonly password: Declared
  /** `INBOX` when left out. */
  readonly folder?: string
  /** `all` takes what is there at the first look, a day such as `2026-11-01` what came from then on. When left out, what comes after it. */
  readonly since?: string
  /** What is done there with a message that was taken: it is marked as read when left out, or left as it is, or moved to another folder. */
  readonly taken?: 'seen' | 'nothing' | { readonly moveTo: string }
}

/**
 * Where letters to an address go besides the inbox. `to`: what stands before the @, such as `tickets`; `*` at its end is whatever follows, as in
 * `order-*`. The first that fits is taken, and its addresses take mail from anybody.
 */
export type MailRouteConfig = {
  readonly to: string
  /** The record that a letter is about: the one whose `field`, which is unique, has what stands in place of the `*`. */
  readonly record?: { readonly collection: string; readonly field: string }
  /** The name of an operation of the config. It is run once for each letter, with `{ email: 'eml_…', part: '…' }`. */
  readonly operation?: string
}
type Ambiguous = 'hold' | 'resend'

/**
 * Who takes all mail by HTTP, in place of a mail server. `key`: made by `defineSecret('…')`; of `ses` the id of an access key and its secret,
 * with a colon between them. `domain`: of Mailgun, the one that it sends for. `region`: of Mailgun `us` or `eu`, of `ses` such as `eu-central-1`.
 */
export type MailProviderConfig = {
  readonly name: 'resend' | 'postmark' | 'sendgrid' | 'mailgun' | 'ses'
  readonly key: Declared
  readonly domain?: string
  readonly region?: string
}

/** Messages about what happens, to addresses that admins choose. */
export type WebhooksConfig = {
  /** In production they may also go to addresses that only this machine or its network reaches. In development they do. */
  readonly privateNetworks?: boolean
}

export type HttpConfig = {
  /** Other sites whose pages may call the API from a browser, by exact origin: `https://app.example`. None when left out. */
  readonly cors?: { readonly origins: readonly string[] }
  /** What pages of the storefront may load beside their own site, by directive: `{ 'img-src': ['https://images.example'] }`. */
  readonly contentSecurityPolicy?: Readonly<Record<string, readonly string[]>>
}

/** Accounts: their pages below `/account`, and who else signs people in. */
export type AccountsConfig = {
  /** The colour of buttons: `#2f5bd0`. */
  readonly accent?: string
  /** The colour behind everything, by day: `#f6f6f4`. By night it is a dark shade of it. */
  readonly background?: string
  /** A picture that stands above each page: `./logo.svg`, relative to the config file. */
  readonly logo?: string
  /** `false`: none of them. A list: those that the storefront answers itself, such as `['/account']`. */
  readonly pages?: false | { readonly own: readonly AccountPage[] }
  /** Roles whose holders need a second factor: until they have one they can only add it. `['owner', 'admin']` */
  readonly secondFactorFor?: readonly string[]
  /**
   * Of new passwords. `min`: how many characters at least, 8 when left out, 64 at most. `breached`: refuses those that are known from
   * breaches, by asking Have I Been Pwned for the first five characters of their SHA-1.
   */
  readonly passwords?: { readonly min?: number; readonly breached?: boolean }
  /**
   * Signing in by a password needs a confirmed address. Off when left out: whoever registers is let in at once, and can thus find
   * out whether an address had no account before.
   */
  readonly requireVerifiedEmail?: boolean
  /** Who else can say who somebody is: made by `google(…)`, `microsoft(…)`, `apple(…)`, `github(…)` or `oidc(…)`. */
  readonly providers?: readonly SignInProvider[]
  /** Addresses of programs that get a code when somebody has signed in at a provider: `myapp://signed-in`, `https://app.example/signed-in`. */
  readonly returnAddresses?: readonly string[]
}

/**
 * By name. `may` holds scopes, as an API key has them: of a collection (`orders:read`, `notes:write`, `*:read`) or of one operation
 * (`orders.cancel`). `support` and `reader` are there without being declared; `owner`, `admin` and `staff` cannot be.
 */
export type RolesConfig = Readonly<Record<string, { readonly may: readonly Scope[] }>>

export type SeedContext = { readonly newId: NewId; readonly now: number }
/** Fields of each record, its id included where another refers to it. */
export type SeedRecords = readonly { readonly collection: string; readonly records: readonly Readonly<Record<string, unknown>>[] }[]
