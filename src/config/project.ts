// What a project is set to, as operations may know it: the checked and completed config, without
// secrets of transports and without anything that does I/O.
import type { Language } from '../base/language.ts'
import type { StaffRoles } from '../contract/scope.ts'
import type { InvoiceSettings } from './invoices.ts'
import type { CapturePolicy } from './payment-makers.ts'

export type Project = {
  readonly name: string
  /** Where people reach it, no trailing slash. Links in mails are made from it and from nothing else. */
  readonly publicUrl: string
  readonly isDevelopment: boolean
  /** Whether messages of webhooks may go to what only this machine or its network reaches. */
  readonly reachesPrivate: boolean
  /** Besides paths of publicUrl: where somebody may go on to after signing in at a provider. */
  readonly returnAddresses: readonly string[]
  readonly shop: ShopSettings | null
  readonly accounts: AccountSettings
  readonly mail: MailSettings
  readonly paymentProviders: readonly PaymentProviderSettings[]
  /** Roles that are staff within scopes, by name. */
  readonly staffRoles: StaffRoles
  /** Roles whose holders can only add a second factor until they have one. */
  readonly secondFactorFor: readonly string[]
}

export type ShopSettings = {
  /** ISO 4217; whatever is sold is priced in it. */
  readonly currency: string
  /** Those that a customer may choose, `currency` first. */
  readonly currencies: readonly string[]
  /** Whether carts are priced by lists, too. */
  readonly hasPriceLists: boolean
  readonly tax: TaxSettings
  /** Who sells: on invoices, and whose country is the home of the tax. */
  readonly seller: SellerSettings | null
  /** Null: none are issued. Otherwise there is a seller. */
  readonly invoices: InvoiceSettings | null
  /** Names that an account may have one of. */
  readonly customerGroups: readonly string[]
  /** Whether every cart is looked at for discounts that need no code. */
  readonly hasAutomaticDiscounts: boolean
  /** So long after a cart was last touched its owner is reminded of it; null: nobody is. */
  readonly cartReminderMs: number | null
  /** Besides that of publicUrl: where customers may come back to from a payment page. */
  readonly returnOrigins: readonly string[]
  /** Units of one line, and of a whole order: bounds what one order that nobody pays can hold. */
  readonly lineQuantityMax: number
  readonly orderUnitsMax: number
  /** Whether customers are also told of orders that ended without ever being paid. */
  readonly mailsUnpaid: boolean
  /** So long before an authorization ends staff are told of it; 0: they are not. */
  readonly authorizationWarningMs: number
  readonly bookkeeping: BookkeepingSettings
  readonly stock: StockSettings
  readonly downloads: DownloadSettings
  /** Where parcels can be followed, by the names of carriers: an address with `{number}` in it. */
  readonly carriers: Readonly<Record<string, string>>
  /** How long after a parcel its customer may ask to send it back. Staff always may. */
  readonly returnMs: number
  /** What stands in the fields that it adds to carts before anybody has said anything. */
  readonly cartDefaults: Readonly<Record<string, unknown>>
  /** Of the fields that it adds to orders: those that staff find orders by. */
  readonly searchedOrderFields: readonly string[]
}

export type TaxSettings = {
  /** Prices are gross when true; tax is then shown, not added. */
  readonly isIncluded: boolean
  /** Whether tax is rounded on each line, or once on all that an order has of one rate. */
  readonly rounding: TaxRounding
  readonly classes: readonly string[]
  /** Read by `rateOf` alone, which knows the keys. */
  readonly rates: ReadonlyMap<string, readonly TaxRate[]>
  /** By country. */
  readonly regions: ReadonlyMap<string, readonly TaxRegion[]>
  readonly exemptGroups: readonly string[]
  /** Whether businesses of other EU countries are reverse charged: by the form of their number, or by what VIES says of it. */
  readonly reverseCharge: ReverseCharge | null
  /** An outside service that says the rates: its address. */
  readonly service: string | null
}
export type ReverseCharge = 'format' | 'vies'

export type TaxRounding = 'line' | 'group'
/** From a moment on and until another one, which is not in it. Null: always. */
export type TaxRate = { readonly ratePpm: number; readonly from: number | null; readonly until: number | null }
export type TaxRegion = { readonly region: string; readonly postalCodes: readonly string[]; readonly names: readonly string[] }

export type SellerSettings = {
  readonly name: string
  readonly address: SellerAddress
  readonly vatId: string | null
  readonly taxNumber: string | null
  readonly email: string | null
  readonly phone: string | null
  readonly register: string | null
  readonly bank: { readonly holder: string | null; readonly iban: string; readonly bic: string | null } | null
}

export type SellerAddress = {
  readonly line1: string
  readonly line2?: string
  /** Left out where the country's addresses name none. */
  readonly city?: string
  readonly region?: string
  readonly postalCode?: string
  readonly country: string
}

/** From where units are taken. Without a list of locations there is the main one, and others come behind it. */
export type StockSettings = {
  readonly locations: readonly string[]
  readonly allocate: 'order' | 'most' | 'nearest'
  readonly split: boolean
  /** By location, to which countries it is near. */
  readonly near: ReadonlyMap<string, ReadonlySet<string>>
}

/** What is delivered by downloads. */
export type DownloadSettings = {
  readonly linkMs: number
  /** How often who bought it may download each file; null: as often as they like. */
  readonly times: number | null
  /** Whether checkout asks for `digitalConsent`. */
  readonly asksConsent: boolean
  readonly taxClass: string
}

export type BookkeepingSettings = { readonly timeZone: string; readonly datev: DatevSettings }

export type DatevSettings = {
  readonly consultant: number
  readonly client: number
  /** `01-01`. */
  readonly fiscalYearBegins: string
  readonly accountLength: number
  readonly chart: string
  /** By our accounts, or what they begin with; `*`: all others. */
  readonly accounts: Readonly<Record<string, string>>
}

export type AccountSettings = {
  /** Of documents, buttons in mails, and of what is written on them. */
  readonly accent: { readonly ground: string; readonly text: string }
  /** How many characters a new one has at least; and whether it is looked up among those that were found elsewhere. */
  readonly passwords: { readonly min: number; readonly breached: boolean }
  /** Whether a password opens nothing before the address of its account was confirmed. */
  readonly requireVerifiedEmail: boolean
}

export type MailProviderName = 'resend' | 'postmark' | 'sendgrid' | 'mailgun' | 'ses'

export type MailSettings = {
  readonly from: { readonly name: string; readonly address: string }
  readonly replyTo: string | null
  /** Of customers who do not say what they read. */
  readonly language: Language
  /** Null: none is taken in. */
  readonly inbound: InboundMailSettings | null
  /** At other servers, which mail is read from. */
  readonly mailboxes: readonly MailboxSettings[]
  readonly trustedRelays: readonly TrustedRelay[]
  /** Categories of which one whose answer was lost is sent once more. */
  readonly resends: readonly string[]
  /** Of a process; null: as many as there are. */
  readonly perDomain: { readonly atOnce: number | null; readonly perMinute: number | null }
  /** Who takes all mail by HTTP; null: a mail server. `key`: the variable that holds it. */
  readonly provider: {
    readonly name: MailProviderName
    readonly key: string
    readonly domain: string
    readonly region: string
  } | null
  /** Who tells what became of it. `secret`: the variable that holds it; of whom none is needed, ''. `topic`: '' where there is none. */
  readonly webhooks: readonly { readonly provider: MailProviderName; readonly secret: string; readonly topic: string }[]
  /** `key`: the variable that holds it. */
  readonly dkim: readonly { readonly domain: string; readonly selector: string; readonly key: string }[]
  readonly design: MailDesign
  readonly written: WrittenMails
}

/** Mails of the project, and ours that it writes itself: templates by name and, behind a dot, language; layouts as `layout` and `layout.de`. */
export type WrittenMails = { readonly templates: ReadonlyMap<string, MailTemplate>; readonly layouts: ReadonlyMap<string, MailLayout> }

/** In Mustache. Without HTML the message is text alone. */
export type MailTemplate = {
  readonly subject: string
  readonly text: string
  readonly html: string | null
  /** What lists of mails show beside the subject. */
  readonly preheader?: string
  /** Its HTML has a head of its own: it stands in no layout. */
  readonly isWhole?: boolean
  /** That of whom it is for when left out. */
  readonly language?: string
  /** `transactional` when left out. */
  readonly category?: 'account' | 'transactional' | 'marketing'
}
/** Before and after what a mail says: {subject, preheader, shop, language, accent, unsubscribeUrl}. */
export type MailLayout = { readonly head: string; readonly foot: string }

/** How mails look. */
export type MailDesign = {
  /** Stands above each mail; null: the name of the project does. */
  readonly logo: { readonly url: string; readonly width: number } | null
  /** Below each mail, line by line: who writes, and where they are. */
  readonly address: readonly string[]
  readonly day: MailColors
  readonly night: MailColors
}
/** Of buttons, of what is written on them, and of links. */
export type MailColors = { readonly button: string; readonly onButton: string; readonly link: string }
/** `password`: the variable that holds it. `since`: a time, or from when on. */
export type MailboxSettings = {
  readonly host: string
  readonly port: number
  readonly tls: 'implicit' | 'starttls' | 'none'
  readonly user: string
  readonly password: string
  readonly folder: string
  readonly since: 'first look' | 'all' | number
  readonly settling: { readonly to: 'seen' | 'nothing' } | { readonly to: 'folder'; readonly folder: string }
}

/** `domain`: as the DNS has it. `addresses`: what stands before the @ where anybody may write to. */
export type InboundMailSettings = {
  readonly domain: string
  readonly addresses: ReadonlySet<string>
  readonly routes: readonly MailRoute[]
}

/** `to`: what stands before the @, in small letters; `*` at its end is whatever follows. `operation`: its name. */
export type MailRoute = {
  readonly to: string
  readonly record: { readonly collection: string; readonly field: string } | null
  readonly operation: string | null
}

/** A mail server in front, whose word of a letter is taken. `name`: in small letters. Without addresses it is that of a mailbox. */
export type TrustedRelay = { readonly name: string; readonly addresses: readonly string[] }

export type PaymentProviderSettings = {
  readonly id: string
  /** That a checkout may name; the first is the one of a checkout that names none. */
  readonly methods: readonly string[]
  readonly capture: CapturePolicy
  /** ISO 4217; null: whatever there is. */
  readonly currencies: readonly string[] | null
  /** How long an order waits for it, where that is longer than a customer sits before a page. */
  readonly waitsMs?: number
  /** What is authorized by it is a promise: staff say when the money came in. */
  readonly isByHand?: true
}
