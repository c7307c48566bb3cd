// From a config to what the engine runs on: the model, the project, the owner's operations. Checked
// here, once, with every mistake at once.

import { staffRolesOf } from '../access/staff-roles.ts'
import { type Clock, systemClock } from '../base/clock.ts'
import { parseColor, textOn, writtenColor } from '../base/color.ts'
import { hideSecret } from '../base/hidden.ts'
import { limits } from '../base/limits.ts'
import type { BackendConfig, ShopConfig } from '../config/backend-config.ts'
import { bookkeepingOf } from '../config/bookkeeping.ts'
import { invoicesOf } from '../config/invoices.ts'
import { defaultAccent, mailDesignOf } from '../config/mail-design.ts'
import type { PaymentProviderConfig } from '../config/payment-makers.ts'
import type { Project, ShopSettings } from '../config/project.ts'
import type { SignInProvider } from '../config/sign-in-providers.ts'
import { sellerOf, standardClass, taxClassesOf, taxOf } from '../config/tax.ts'
import type { BackendTypes, CollectionTypes, OperationTypes } from '../contract/record-types.ts'
import { apiKeys } from '../domains/accounts/api-keys.ts'
import { passwords, sessions, users } from '../domains/accounts/collections.ts'
import { devices } from '../domains/accounts/devices.ts'
import { identities } from '../domains/accounts/identities.ts'
import { impersonations } from '../domains/accounts/impersonations.ts'
import { invitations } from '../domains/accounts/invitations.ts'
import { passkeyChallenges, passkeys } from '../domains/accounts/passkeys.ts'
import { proofs } from '../domains/accounts/proofs.ts'
import { providerFlows } from '../domains/accounts/provider-flows.ts'
import { recoveryCodes, totpFactors } from '../domains/accounts/second-factor.ts'
import { signInTries } from '../domains/accounts/sign-in-tries.ts'
import { cartReminders, cartsIn } from '../domains/carts/collections.ts'
import { addresses } from '../domains/carts/saved-addresses.ts'
import { categories } from '../domains/catalog/categories.ts'
import { shippingMethodsIn } from '../domains/catalog/collections.ts'
import { pricesLoader } from '../domains/catalog/offered-prices.ts'
import { listPricesIn, priceListsIn } from '../domains/catalog/price-lists.ts'
import { formerPrices } from '../domains/catalog/prior-price.ts'
import { productsIn } from '../domains/catalog/products.ts'
import { productKeeper, variantsIn } from '../domains/catalog/variants.ts'
import { creditGrants, giftCards, storeCredits } from '../domains/credit/collections.ts'
import { discountTallies, discountUses } from '../domains/discounts/collections.ts'
import { discountsIn } from '../domains/discounts/discounts-in.ts'
import { downloads } from '../domains/downloads/collections.ts'
import { emails, suppressions } from '../domains/emails/collections.ts'
import type { AnyOwnMail } from '../domains/emails/define-mail.ts'
import { type MailFile, writtenMails } from '../domains/emails/mail-files.ts'
import { emailIds, emailThreads } from '../domains/emails/threads.ts'
import { files, filesBeside } from '../domains/files/collections.ts'
import { declaresFiles } from '../domains/files/file-fields.ts'
import { fulfillments } from '../domains/fulfillment/collections.ts'
import { orderNotes } from '../domains/history/collections.ts'
import { inboundMailboxes, inboundMails, inboundPieces } from '../domains/inbound/collections.ts'
import { mailEvents } from '../domains/inbound/mail-events.ts'
import { savedReplies } from '../domains/inbound/saved-replies.ts'
import { threadNotes } from '../domains/inbound/thread-notes.ts'
import { invoiceSeries, invoices } from '../domains/invoices/collections.ts'
import { ledgerBalances, ledgerBlocks, ledgerEntries, salesEntries } from '../domains/ledger/collections.ts'
import { cancellations } from '../domains/orders/cancellations.ts'
import { ordersIn } from '../domains/orders/collections.ts'
import { orderLinks } from '../domains/orders/order-links.ts'
import { orderTexts } from '../domains/orders/order-texts.ts'
import { paymentLinks } from '../domains/orders/payment-links.ts'

import { captures, disputes, paymentFacts, payments, refunds, webhookInbox } from '../domains/payments/collections.ts'
import { reconciliations, settlementLines } from '../domains/payments/settlement-collections.ts'
import { erasedRecords, erasures } from '../domains/personal/collections.ts'
import { dataExports } from '../domains/personal/exports.ts'
import { returns } from '../domains/returns/collections.ts'
import { reservations, stockLevels, stockMovements } from '../domains/stock/collections.ts'
import { stockCounts } from '../domains/stock/count-stock.ts'
import { webhookDeliveries, webhooks } from '../domains/webhooks/collections.ts'
import { effects } from '../effects/effect.ts'
import { schedules, scheduleTicks } from '../effects/schedule.ts'
import { createExtension, type Extension, type Extensions } from '../extend/extension.ts'
import { hookCalls } from '../extend/hook-calls.ts'
import type { Operation } from '../operation/define.ts'
import { idempotencyKeys } from '../operation/idempotency.ts'
import { rateLimits } from '../operation/rate-limits.ts'
import { deletedRecords } from '../records/deleted-records.ts'
import type { Collection, Fields } from '../schema/collection.ts'
import type { Field } from '../schema/kinds/kind.ts'
import { compileModel, type Model } from '../schema/model.ts'
import { settings } from '../settings/collections.ts'
import { type ConfigMistake, checkConfig } from './config-check/check-config.ts'
import { asMade, type OfferedProvider } from './config-check/check-payments.ts'
import { checkScopes } from './config-check/check-roles.ts'
import { checkRoutes } from './config-check/check-routes.ts'
import { placeIn } from './config-check/entries.ts'
import { secretsOfProviders } from './config-check/unlisted.ts'
import { mailOf } from './mail-settings.ts'

export type Backend = {
  readonly config: BackendConfig<Operation>
  readonly model: Model
  readonly project: Project
  readonly operations: readonly Operation[]
  readonly extension: Extension
  readonly signIn: SignInSettings
  /** Who takes the shop's money. */
  readonly payments: readonly PaymentProviderConfig[]
}

/** Each with the value of its secret, which is empty where it has none and where nothing is served. */
export type SignInSettings = readonly (SignInProvider & { readonly secret: string })[]

/** What a process is told from outside the config. */
export type Surroundings = {
  readonly publicUrl: string
  readonly isDevelopment: boolean
  /** Those that a config can choose from; when it chooses none it gets those that ask for no secrets. */
  readonly paymentProviders: readonly OfferedProvider[]
  /** Values of secrets by their names. Left out where nothing is served: then none is needed. */
  readonly readSecret?: (name: string) => string | undefined
  /** What lies in `mails` beside the config. */
  readonly mailFiles?: readonly MailFile[]
  /** By which code of the project has its time. The system's when left out. */
  readonly clock?: Clock
}

/** Several mistakes of one config. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly mistakes: readonly ConfigMistake[]

  constructor(mistakes: readonly ConfigMistake[]) {
    super(mistakes.map(({ path, message }) => `${path}: ${message}`).join('\n'))
    this.mistakes = mistakes
  }
}

/** A config together with what it says to the compiler, which the client takes as `typeof backend`. */
export type DefinedBackend<TTypes extends BackendTypes = BackendTypes> = BackendConfig<Operation> & { readonly types?: TTypes }

/** What an owner's config file exports as `backend`. */
export function defineBackend<
  const TCollections extends NonNullable<BackendConfig['collections']> = [],
  const TOperations extends readonly Operation[] = [],
  const TShop extends false | ShopConfig = false,
>(
  config: Omit<BackendConfig<Operation>, 'collections' | 'operations' | 'shop' | keyof Extensions> &
    Extensions & {
      readonly collections?: TCollections
      readonly operations?: TOperations
      readonly shop?: TShop & NothingElse<TShop, ShopConfig>
    } & { readonly collections?: Leading<TCollections, keyof TypesOfConfig<TCollections, TOperations, TShop>['collections']> },
): DefinedBackend<TypesOfConfig<TCollections, TOperations, TShop>> {
  return config
}

/** The compiler looks for misspelt names in no value whose type it infers. */
type NothingElse<T, TKnown> = T extends object ? { readonly [K in Exclude<keyof T, keyof TKnown>]: never } : unknown

/** Each collection, or the sentence that says which reference of it leads nowhere. */
type Leading<TCollections extends readonly unknown[], TNames> = {
  readonly [I in keyof TCollections]: Astray<TypesIn<TCollections[I], CollectionTypes>, TNames> extends infer TWrong extends string
    ? [TWrong] extends [never]
      ? TCollections[I]
      : TWrong
    : TCollections[I]
}
type Astray<T extends CollectionTypes, TNames> =
  | { [K in keyof T['fields'] & string]: Nowhere<T['name'], K, T['fields'][K]['to'], TNames> }[keyof T['fields'] & string]
  | { [K in keyof T['lists'] & string]: Nowhere<T['name'], K, T['lists'][K], TNames> }[keyof T['lists'] & string]
type Nowhere<TName extends string, K extends string, TTo, TNames> = TTo extends string
  ? string extends TTo
    ? never
    : TTo extends TNames
      ? never
      : `${TName}.${K} refers to ${TTo}, and there is no such collection`
  : never

type TypesOfConfig<TCollections extends readonly unknown[], TOperations extends readonly unknown[], TShop> = {
  readonly collections: ByName<
    TypesIn<TCollections[number] | ReturnType<typeof coreCollections>[number] | ShopCollections<TShop>, CollectionTypes>
  >
  readonly operations: ByName<TypesIn<TOperations[number], OperationTypes>>
  readonly hasShop: TShop extends ShopConfig ? true : false
  readonly added: {
    readonly carts: TypesOfFields<TShop extends { cartFields: infer F extends Fields } ? F : NoFields>
    readonly orders: TypesOfFields<TShop extends { orderFields: infer F extends Fields } ? F : NoFields>
  }
}
type TypesOfFields<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never }
type ByName<TTypes extends { readonly name: string }> = { readonly [T in TTypes as T['name']]: T }
type TypesIn<TDeclared, TTypes> = TDeclared extends { readonly types?: infer T extends TTypes | undefined } ? NonNullable<T> : never
type NoFields = Readonly<Record<never, never>>
type ShopCollections<TShop> = TShop extends ShopConfig
  ? ReturnType<
      typeof shopCollections<
        TShop extends { productFields: infer F extends Fields } ? F : NoFields,
        TShop extends { variantFields: infer F extends Fields } ? F : NoFields,
        TShop extends { cartFields: infer F extends Fields } ? F : NoFields,
        TShop extends { orderFields: infer F extends Fields } ? F : NoFields
      >
    >[number]
  : never

/** @throws ConfigError naming every mistake */
export function createBackend(config: BackendConfig<Operation>, surroundings: Surroundings): Backend {
  const mistakes = checkConfig(config, systemCollections, surroundings)
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  const shop = config.shop || null
  const own = (config.collections ?? []) as readonly Collection[]
  const system = systemCollections(shop, own)
  const declared = [...system, ...own]
  const { publicUrl, isDevelopment } = surroundings
  const secrets = secretsIn(config, surroundings)
  const payments = shop === null ? [] : (shop.payments ?? unasked(surroundings)).map(asMade)
  const host = new URL(publicUrl).hostname
  const model = compileModel(declared.map((one) => (one.name === files.name ? filesBeside(declared) : one)))
  const extension = createExtension(config as unknown as Extensions, model, {
    secrets,
    clock: surroundings.clock ?? systemClock,
  })
  const staffRoles = staffRolesOf(Object.fromEntries(Object.entries(config.roles ?? {}).map(([name, { may }]) => [name, may])))
  const ownMails = (config.mails ?? []) as readonly AnyOwnMail[]
  const { mistakes: inMails, ...written } = writtenMails(surroundings.mailFiles ?? [], ownMails, config.mail?.language)
  const unknown: ConfigMistake[] = [...inMails]
  const tellUnknown = (path: string, message: string) => void unknown.push({ path, message })
  checkScopes(config, { model, project: { shop, staffRoles }, operations: extension.operations }, tellUnknown)
  checkRoutes(config.mail?.inbound?.routes ?? [], { model, operations: config.operations ?? [] }, tellUnknown)
  if (unknown.length > 0) throw new ConfigError(unknown)
  return {
    config,
    model,
    extension,
    operations: extension.operations,
    payments,
    signIn: (config.accounts?.providers ?? []).map((one) => ({ ...one, secret: secrets.get(one.clientSecret?.name ?? '') ?? '' })),
    project: {
      name: config.name,
      publicUrl,
      isDevelopment,
      returnAddresses: config.accounts?.returnAddresses ?? [],
      reachesPrivate: isDevelopment || config.webhooks?.privateNetworks === true,
      shop: shop && shopSettingsOf(shop),
      accounts: {
        accent: accentOf(config.accounts?.accent ?? defaultAccent),
        passwords: {
          min: config.accounts?.passwords?.min ?? limits.passwordCharactersMin,
          breached: config.accounts?.passwords?.breached ?? false,
        },
        requireVerifiedEmail: config.accounts?.requireVerifiedEmail ?? false,
      },
      mail: {
        ...mailOf(config.mail ?? {}, { name: config.name, address: `shop@${host.includes('.') ? host : 'example.com'}` }),
        design: mailDesignOf(config, publicUrl),
        written,
      },
      staffRoles,
      secondFactorFor: config.accounts?.secondFactorFor ?? [],
      paymentProviders: payments.map(({ id, provider, capture, options, isByHand }) => ({
        id,
        capture,
        methods: methodsOf(surroundings, provider),
        currencies: offeredIn(surroundings, provider).currencies ?? null,
        ...(isByHand && { isByHand }),
        ...(options['days'] === undefined ? {} : { waitsMs: Number(options['days']) * 86_400_000 }),
      })),
    },
  }
}

/** The shop's own first. */
function currenciesOf({ currency, currencies = [] }: ShopConfig): readonly string[] {
  return [...new Set([currency, ...currencies])]
}

function hasPriceLists({ priceLists, currencies = [] }: ShopConfig): boolean {
  return priceLists ?? currencies.length > 0
}

function shopSettingsOf(shop: ShopConfig): ShopSettings {
  const bookkeeping = bookkeepingOf(shop.bookkeeping ?? {})
  return {
    currency: shop.currency,
    currencies: currenciesOf(shop),
    hasPriceLists: hasPriceLists(shop),
    tax: taxOf(shop.tax, bookkeeping.timeZone),
    seller: sellerOf(shop.seller),
    invoices: shop.invoices === undefined ? null : invoicesOf(shop.invoices),
    customerGroups: shop.customerGroups ?? [],
    cartReminderMs: shop.cartReminderHours === undefined ? null : shop.cartReminderHours * 3_600_000,
    hasAutomaticDiscounts: shop.automaticDiscounts ?? false,
    returnOrigins: shop.returnOrigins ?? [],
    cartDefaults: Object.fromEntries(Object.entries(shop.cartFields ?? {}).map(([name, field]) => [name, field.default])),
    lineQuantityMax: shop.limits?.lineQuantity ?? limits.lineQuantityMax,
    orderUnitsMax: shop.limits?.orderUnits ?? limits.orderUnitsDefault,
    stock: {
      locations: shop.stock?.locations ?? [],
      allocate: shop.stock?.allocate ?? 'order',
      split: shop.stock?.split ?? false,
      near: new Map(Object.entries(shop.stock?.near ?? {}).map(([location, of]) => [location, new Set(of)])),
    },
    downloads: {
      linkMs: (shop.downloads?.linkHours ?? limits.downloadLinkHours) * 3_600_000,
      times: shop.downloads?.times ?? null,
      asksConsent: shop.downloads?.consent ?? true,
      taxClass: shop.downloads?.taxClass ?? standardClass,
    },
    mailsUnpaid: shop.mailsUnpaid ?? false,
    authorizationWarningMs: (shop.authorizationWarningDays ?? limits.authorizationWarningDays) * 24 * 3_600_000,
    bookkeeping,
    carriers: shop.carriers ?? {},
    returnMs: (shop.returnDays ?? limits.returnDays) * 24 * 3_600_000,
    searchedOrderFields: searchedIn(shop.orderFields ?? {}),
  }
}

/** Texts that all staff may read: what is found by a word tells of it. */
function searchedIn(fields: Fields): readonly string[] {
  const isOpen = ({ search, read }: Field) =>
    search !== undefined && search !== false && [undefined, 'anyone', 'staff'].includes(read?.rule)
  return Object.entries(fields).flatMap(([name, one]) => (isOpen(one) ? [name] : []))
}

function unasked({ paymentProviders }: Surroundings): { readonly provider: string }[] {
  return paymentProviders
    .filter(({ secrets = [], isOnlyNamed }) => secrets.length === 0 && !isOnlyNamed)
    .map(({ id }) => ({ provider: id }))
}

function methodsOf(surroundings: Surroundings, provider: string): readonly string[] {
  return offeredIn(surroundings, provider).methods
}

function offeredIn({ paymentProviders }: Surroundings, provider: string): OfferedProvider {
  return paymentProviders.find(({ id }) => id === provider)!
}

function accentOf(ground: string) {
  return { ground, text: writtenColor(textOn(parseColor(ground))) }
}

/** The project's own, which are also called by their names. Not where the bytes of the body are the input. */
export function namedOperations({ operations }: Backend): readonly Operation[] {
  return operations.filter(({ rawBody }) => !rawBody)
}

/** @throws ConfigError naming each that is missing */
function secretsIn(config: BackendConfig<Operation>, { readSecret }: Surroundings): ReadonlyMap<string, string> {
  const secrets = [...new Map([...(config.secrets ?? []), ...secretsOfProviders(config)].map((secret) => [secret.name, secret])).values()]
  if (readSecret === undefined) return new Map()
  const values = secrets.map((secret) => ({ secret, value: readSecret(secret.name) ?? '' }))
  const missing = values.filter(({ value }) => value === '').map(({ secret }) => missingSecret(secret))
  if (missing.length > 0) throw new ConfigError(missing)
  for (const { value } of values) hideSecret(value)
  return new Map(values.map(({ secret, value }) => [secret.name, value]))
}

function missingSecret(secret: { readonly name: string }): ConfigMistake {
  const { name } = secret
  const message = `is not set: give it in the environment, or write ${name}=… into the file .env of the project${placeIn(secret)}`
  return { path: `secrets.${name}`, message }
}

/** Those of the features that are on, beside what the project declares, which nobody may have checked yet. A shop has pictures. */
function systemCollections(shop: ShopConfig | null, own: readonly Collection[]): readonly Collection[] {
  const hasFiles = shop !== null || declaresFiles(own.map(({ fields }) => fields))
  const ofFeatures = [...(hasFiles ? [files] : []), ...(own.some(({ softDelete = false }) => softDelete !== false) ? [deletedRecords] : [])]
  return [...coreCollections(), ...ofFeatures, ...(shop ? shopCollections(shop) : [])] as readonly Collection[]
}

function coreCollections() {
  return [
    users,
    passwords,
    sessions,
    apiKeys,
    invitations,
    impersonations,
    proofs,
    signInTries,
    devices,
    totpFactors,
    recoveryCodes,
    passkeys,
    passkeyChallenges,
    identities,
    providerFlows,
    settings,
    effects,
    schedules,
    scheduleTicks,
    emails,
    suppressions,
    emailThreads,
    emailIds,
    inboundMails,
    inboundPieces,
    threadNotes,
    savedReplies,
    inboundMailboxes,
    mailEvents,
    idempotencyKeys,
    rateLimits,
    hookCalls,
    webhooks,
    webhookDeliveries,
    erasures,
    erasedRecords,
    dataExports,
  ]
}

function shopCollections<TFields extends Fields, TVariantFields extends Fields, TCartFields extends Fields, TOrderFields extends Fields>(
  shop: ShopConfig<TFields, TVariantFields, TCartFields, TOrderFields>,
) {
  const { currency, productFields, variantFields, cartFields, orderFields, tax, automaticDiscounts = false, customerGroups = [] } = shop
  const currencies = currenciesOf(shop)
  const prices = hasPriceLists(shop) ? pricesLoader(currencies) : null
  const sold = { currency, taxClasses: taxClassesOf(tax), prices, digitalClass: shop.downloads?.taxClass ?? standardClass }
  return [
    categories,
    productsIn(sold, productFields ?? ({} as TFields), productKeeper),
    variantsIn(sold, variantFields ?? ({} as TVariantFields)),
    formerPrices,
    ...(prices ? [priceListsIn({ currencies, customerGroups }), listPricesIn()] : []),
    shippingMethodsIn(currencies),
    stockLevels,
    stockMovements,
    stockCounts,
    reservations,
    cartsIn(cartFields ?? ({} as TCartFields)),
    addresses,
    cartReminders,
    ordersIn(orderFields ?? ({} as TOrderFields)),
    orderLinks,
    orderTexts,
    cancellations,
    fulfillments,
    returns,
    orderNotes,
    paymentLinks,
    payments,
    paymentFacts,
    captures,
    refunds,
    disputes,
    webhookInbox,
    giftCards,
    storeCredits,
    creditGrants,
    discountsIn({ currencies, isAutomatic: automaticDiscounts, customerGroups }),
    discountUses,
    discountTallies,
    downloads,
    invoices,
    invoiceSeries,
    settlementLines,
    reconciliations,
    ledgerEntries,
    ledgerBlocks,
    ledgerBalances,
    salesEntries,
  ]
}
