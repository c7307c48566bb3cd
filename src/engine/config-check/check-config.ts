// The config check: every mistake at once, each with its path, what is allowed and the nearest name.
// It runs before anything is opened, so a broken config never touches a database. Invariant: what passes
// compiles and serves; a mistake never ends in an error of JavaScript.

import { isDay } from '../../base/clock.ts'
import { isCurrency } from '../../base/currencies.ts'
import { isEmail } from '../../base/email-address.ts'
import { languages } from '../../base/language.ts'
import { limits } from '../../base/limits.ts'
import { declarationOf } from '../../base/place.ts'
import { isTimeZone } from '../../base/time-zone.ts'
import { isOrigin } from '../../base/web-address.ts'
import type {
  BackendConfig,
  BookkeepingConfig,
  MailConfig,
  MailDesignConfig,
  MailHookConfig,
  MailProviderConfig,
  ShopConfig,
  StockConfig,
  WebhooksConfig,
} from '../../config/backend-config.ts'
import { mailCategories } from '../../domains/emails/categories.ts'
import { snsTopic } from '../../domains/inbound/mail-hook.ts'
import type { Collection } from '../../schema/collection.ts'
import { ruleFieldsOf } from '../../schema/compile-rule.ts'
import { isKind } from '../../schema/kinds/kind.ts'
import { prefixOf } from '../../schema/model.ts'
import {
  type Add,
  type Check,
  callable,
  flag,
  is,
  isObject,
  line,
  list,
  named,
  object,
  plainObject,
  shown,
  whole,
  word,
} from '../../schema/shape.ts'
import { checkAccounts, color } from './check-accounts.ts'
import { checkCollection, type Names } from './check-collection.ts'
import { namePattern } from './check-field.ts'
import { checkHooks } from './check-hooks.ts'
import { checkHttp } from './check-http.ts'
import { checkInbound } from './check-inbound.ts'
import { checkInvoices, checkInvoicesConfig } from './check-invoices.ts'
import { checkOperations } from './check-operations.ts'
import { checkEffects, checkMails, checkSchedules, checkSecrets } from './check-own.ts'
import { checkOwnFields, type OwnFields, ownFieldsOf } from './check-own-fields.ts'
import { checkCurrenciesTaken, checkPayments, type PaymentsPlace } from './check-payments.ts'
import { secret } from './check-providers.ts'
import { checkRoles } from './check-roles.ts'
import {
  checkCarriers,
  checkCurrencies,
  checkCustomerGroups,
  checkDownloads,
  checkNear,
  checkSeller,
  checkShopTogether,
  checkTax,
} from './check-shop.ts'
import { tellOf } from './entries.ts'

export type ConfigMistake = { readonly path: string; readonly message: string }

/** First parts of addresses that are not collections. */
const reservedCollections = new Set(['auth', 'batch', 'changes', 'docs', 'schema', 'mail', 'emailTemplates', 'ledger', 'audit', 'health'])

const emailAddress = is('an e-mail address', (value) => typeof value === 'string' && isEmail(value))
const units = is(
  `whole units from 1 to ${limits.lineQuantityMax}`,
  (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= limits.lineQuantityMax,
)
const bookkeeping = object({
  timeZone: is('a time zone, such as Europe/Berlin', (value) => typeof value === 'string' && isTimeZone(value)),
  datev: object({
    consultant: whole(1001, 9_999_999),
    client: whole(1, 99_999),
    fiscalYearBegins: is('a month and day, such as 01-01', (value) => typeof value === 'string' && isDay(`2025-${value}`)),
    accountLength: whole(4, 8),
    chart: is('two digits, such as 03', (value) => typeof value === 'string' && /^\d\d$/.test(value)),
    accounts: named(() => is('an account of four to nine digits', (value) => typeof value === 'string' && /^\d{4,9}$/.test(value))),
  } satisfies Record<keyof NonNullable<BookkeepingConfig['datev']>, Check>),
} satisfies Record<keyof BookkeepingConfig, Check>)
const shop = object(
  {
    currency: (value, path, add) => {
      if (typeof value !== 'string' || !isCurrency(value)) add(path, `${shown(value)} is no ISO 4217 currency, such as EUR`)
    },
    currencies: checkCurrencies,
    priceLists: flag,
    tax: checkTax,
    seller: checkSeller,
    invoices: checkInvoicesConfig,
    customerGroups: checkCustomerGroups,
    limits: object({ lineQuantity: units, orderUnits: units }),
    stock: object({
      locations: list(
        is('the name of a place, at most 60 characters', (value) => typeof value === 'string' && /^\S(.{0,58}\S)?$/.test(value)),
      ),
      allocate: word('order', 'most', 'nearest'),
      near: checkNear,
      split: flag,
    } satisfies Record<keyof StockConfig, Check>),
    downloads: checkDownloads,
    mailsUnpaid: flag,
    automaticDiscounts: flag,
    cartReminderHours: is(
      'a whole number of hours, from 1 to 720',
      (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 720,
    ),
    authorizationWarningDays: is(
      'a whole number of days, from 0 to 30',
      (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 30,
    ),
    bookkeeping,
    carriers: checkCarriers,
    returnDays: whole(0, 3_650),
    // By what there is to choose from, which a check of one value does not know.
    payments: () => {},
    productFields: plainObject,
    variantFields: plainObject,
    cartFields: plainObject,
    orderFields: plainObject,
    returnOrigins: list(
      is('a site such as https://www.shop.example, without a path', (value) => typeof value === 'string' && isOrigin(value)),
    ),
  } satisfies Record<keyof ShopConfig, Check>,
  { required: ['currency'] },
)
const providerShape = object(
  {
    name: word('resend', 'postmark', 'sendgrid', 'mailgun', 'ses'),
    key: secret,
    domain: is('a domain such as mg.shop.example', (value) => typeof value === 'string' && isEmail(`x@${value}`)),
    region: is('a region such as eu', (value) => typeof value === 'string' && /^[a-z]{2}(?:-[a-z]+-\d)?$/.test(value)),
  } satisfies Record<keyof MailProviderConfig, Check>,
  { required: ['name', 'key'] },
)
const mailProvider: Check = (value, path, add) => {
  providerShape(value, path, add)
  if (!isObject(value)) return
  const { name, domain, region } = value
  if (name === 'mailgun' && domain === undefined) add(`${path}.domain`, 'is missing: Mailgun sends for one')
  if (name === 'mailgun' && region !== undefined && region !== 'us' && region !== 'eu') add(`${path}.region`, 'must be "us" or "eu"')
  if (name === 'ses' && (typeof region !== 'string' || region.length < 5))
    add(`${path}.region`, 'is missing: Amazon SES has one, such as eu-central-1')
}
const mailDesign = object({
  logo: is(
    'the address of a PNG or JPEG, such as https://shop.example/logo.png or /logo.png of the storefront',
    (value) => typeof value === 'string' && /^(?:https:\/\/[^/\s"]+)?\/[^\s"]+\.(?:png|jpe?g|gif)$/i.test(value),
  ),
  logoWidth: whole(16, 560),
  color,
  address: list(line),
} satisfies Record<keyof MailDesignConfig, Check>)
const hookShape = object(
  {
    provider: word('resend', 'postmark', 'sendgrid', 'mailgun', 'ses'),
    secret,
    topic: is(
      'the ARN of a topic of SNS, such as arn:aws:sns:eu-central-1:123456789012:mail',
      (value) => typeof value === 'string' && snsTopic.test(value),
    ),
  } satisfies Record<keyof MailHookConfig, Check>,
  { required: ['provider'] },
)
const mailHook: Check = (value, path, add) => {
  hookShape(value, path, add)
  if (!isObject(value)) return
  const [needed, other] = value['provider'] === 'ses' ? ['topic', 'secret'] : ['secret', 'topic']
  if (value[needed!] === undefined) add(`${path}.${needed}`, 'is missing: without it anybody could say what became of mail')
  if (value[other!] !== undefined) add(`${path}.${other}`, `is of no use to ${String(value['provider'])}`)
}
const mailShape = object({
  from: object({ name: line, address: emailAddress }, { required: ['name', 'address'] }),
  replyTo: emailAddress,
  language: word(...languages),
  design: mailDesign,
  inbound: checkInbound,
  ambiguous: object(Object.fromEntries(mailCategories.map((category) => [category, word('hold', 'resend')]))),
  perDomain: object({ atOnce: whole(1, limits.effectSlots), perMinute: whole(1, 1_000_000) }),
  provider: mailProvider,
  webhooks: list(mailHook),
  dkim: list(
    object(
      {
        domain: is('a domain such as shop.example', (value) => typeof value === 'string' && isEmail(`x@${value}`)),
        // RFC 6376 section 3.1: labels of the DNS.
        selector: is(
          'a name of the DNS such as key1',
          (value) => typeof value === 'string' && /^[a-z0-9](?:[a-z0-9.-]{0,60}[a-z0-9])?$/i.test(value),
        ),
        key: secret,
      },
      { required: ['selector', 'key'] },
    ),
  ),
} satisfies Record<keyof MailConfig, Check>)
const mail: Check = (value, path, add) => {
  mailShape(value, path, add)
  if (!isObject(value) || !isObject(value['provider']) || !Array.isArray(value['dkim']) || value['dkim'].length === 0) return
  const { name } = value['provider']
  // They make the bytes of a message themselves, and sign them.
  if (['resend', 'postmark', 'sendgrid'].includes(String(name))) add(`${path}.dkim`, `is of no use: ${name} signs by keys of its own`)
}

const config = object(
  {
    name: is('a text of one line, such as "My shop"', (value) => typeof value === 'string' && value.trim() !== '' && !/[\r\n]/.test(value)),
    collections: is('a list of collection(…)', Array.isArray),
    operations: is('a list of query(…) and command(…)', Array.isArray),
    hooks: () => {},
    effects: checkEffects,
    schedules: checkSchedules,
    mails: checkMails,
    secrets: checkSecrets,
    shop: (value, path, add) => (value === false ? undefined : shop(value, path, add)),
    mail,
    http: checkHttp,
    accounts: checkAccounts,
    roles: checkRoles,
    webhooks: object({ privateNetworks: flag } satisfies Record<keyof WebhooksConfig, Check>),
    storefront: line,
    seed: callable,
  } satisfies Record<keyof BackendConfig, Check>,
  { required: ['name'], made: 'defineBackend({ … })' },
)

/**
 * `systemOf` makes the collections of the features that are on: their names are taken. `place` says who can take the shop's
 * money here.
 */
export function checkConfig(
  given: unknown,
  systemOf: (shop: ShopConfig | null, own: readonly Collection[]) => readonly Collection[],
  place: PaymentsPlace,
): ConfigMistake[] {
  const mistakes: ConfigMistake[] = []
  const add: Add = (path, message) => void mistakes.push({ path, message })
  config(given, '', add)
  if (!isObject(given)) return mistakes
  const asked = isObject(given['shop']) ? given['shop'] : null
  const more = Object.fromEntries(Object.keys(ownFieldsOf).map((name) => [name, isObject(asked?.[name]) ? asked[name] : {}]))
  // What is wrong with the others is told below: a shop's collections are made of those that are fields.
  const isField = ([, field]: readonly [string, unknown]) => isObject(field) && isKind(field['kind'])
  const fields = Object.fromEntries(
    Object.entries(more).map(([name, own]) => [name, Object.fromEntries(Object.entries(own).filter(isField))]),
  ) as Pick<ShopConfig, OwnFields>
  const own = collectionsIn(given['collections'], add)
  const system = systemOf(asked && { currency: 'EUR', ...fields }, own)
  const all = [...system, ...own]
  const names: Names = {
    collections: new Set(all.map(({ name }) => name)),
    fieldsOf: new Map(all.map((collection) => [collection.name, ruleFieldsOf(collection)])),
    add,
  }
  const pages = isObject(given['accounts']) ? given['accounts']['pages'] : undefined
  if (isObject(pages) && given['storefront'] === undefined) add('accounts.pages', 'nobody answers them: there is no storefront')
  if (asked !== null) checkInvoices(asked, add)
  if (asked?.['payments'] !== undefined) checkPayments(place)(asked['payments'], 'shop.payments', add)
  if (asked !== null) checkCurrenciesTaken(place, asked, add)
  if (asked !== null) checkShopTogether(asked, add)
  if (asked !== null) checkOwnFields(more, systemOf({ currency: 'EUR' }, []), names)
  checkNames(own, system, given['collections'] as readonly unknown[], add)
  for (const collection of own) {
    const path = `collections.${collection.name}`
    checkCollection(collection, path, { ...names, add: tellOf(collection, path, add) })
  }
  if (Array.isArray(given['operations']) && given['operations'].length > 0) checkOperations(given['operations'], all, add)
  if (given['hooks'] !== undefined) checkHooks(given['hooks'], all, add)
  return mistakes
}

/** Those that have a name: what else is wrong with them can then be told. */
function collectionsIn(given: unknown, add: Add): readonly Collection[] {
  if (!Array.isArray(given)) return []
  return Array.from(given as readonly unknown[]).filter((one, index): one is Collection => {
    const isNamed = isObject(one) && typeof one['name'] === 'string'
    if (!isNamed) add(`collections[${index}]`, "must be made by collection('name', { … })")
    return isNamed
  })
}

function checkNames(own: readonly Collection[], system: readonly Collection[], listed: readonly unknown[], add: Add): void {
  const seen = new Map<string, Collection>()
  const prefixes = new Map(system.map((collection) => [prefixOf(collection), collection.name]))
  const taken = new Set(system.map(({ name }) => name.toLowerCase()))
  for (const collection of own) {
    const path = `collections[${listed.indexOf(collection)}]`
    const tell = tellOf(collection, path, add)
    const { name } = collection
    const other = seen.get(name.toLowerCase())
    if (!namePattern.test(name)) tell(`${path}.name`, `"${name}" must be lowerCamel letters and digits, at most 40`)
    if (taken.has(name.toLowerCase()))
      tell(
        `${path}.name`,
        `"${name}" is Kingpost's own while its feature is on: choose another name${isShopName(name) ? ' or set shop: false' : ''}`,
      )
    if (reservedCollections.has(name)) tell(`${path}.name`, `"${name}" is an address of the API: choose another name`)
    if (name in Object.prototype) tell(`${path}.name`, `"${name}" is a word of JavaScript's own: choose another name`)
    // A database may take two names for one table that differ in case alone.
    if (other !== undefined) tell(`${path}.name`, sameName(collection, other))
    seen.set(name.toLowerCase(), collection)
    checkPrefix(collection, path, prefixes, tell)
  }
}

function sameName(collection: Collection, other: Collection): string {
  if (collection === other) return `"${collection.name}" is listed twice`
  const what = collection.name === other.name ? 'is declared twice' : `differs from "${other.name}" in case alone`
  const place = declarationOf(other)?.place ?? ''
  return `"${collection.name}" ${what}${place === '' ? '' : `, first at ${place}`}`
}

function checkPrefix(collection: Collection, path: string, prefixes: Map<string, string>, add: Add): void {
  if (collection.prefix !== undefined && typeof collection.prefix !== 'string') return
  const prefix = prefixOf(collection)
  if (!/^[a-z]{2,8}$/.test(prefix)) {
    const madeOf = `is made of the name and starts its ids, so it must be 2 to 8 lower-case letters: give one, such as prefix: '${longerThan(collection.name)}'`
    add(`${path}.prefix`, `"${prefix}" ${collection.prefix === undefined ? madeOf : 'must be 2 to 8 lower-case letters'}`)
  }
  const other = prefixes.get(prefix)
  if (other !== undefined && other !== collection.name)
    add(`${path}.prefix`, `"${prefix}" starts the ids of ${other} already: give a prefix of its own`)
  prefixes.set(prefix, collection.name)
}

function longerThan(name: string): string {
  return `${name
    .toLowerCase()
    .replace(/[^a-z]/g, '')
    .slice(0, 7)}x`.padEnd(2, 'x')
}

function isShopName(name: string): boolean {
  return /^(orders?|carts?|products?|variants?|payments?|categories|shippingMethods)/.test(name)
}
