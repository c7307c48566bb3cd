// Mistakes planted in a config that is right, one at a time: mistakes of every kind that somebody makes, and any
// value in any place. Each is named with its path, none starts, and none ends in an error of JavaScript.
// CONFIGS_SEED=n repeats a run; every failure names the seed. CONFIGS_ROUNDS=20000 makes it long.
// databases: sqlite
// long
// ci
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ajv } from 'ajv'
import { systemClock } from '../../src/base/clock.ts'
import { systemRandom } from '../../src/base/random.ts'
import { Type } from '../../src/contract/type.ts'
import { ConfigError, createBackend } from '../../src/engine/backend.ts'
import { idlePorts, operationsOf } from '../../src/engine/operations.ts'
import { openApiDocument } from '../../src/http/openapi.ts'
import { actorId, all, any, anyone, defineErrors, exists, field, not, type Rule, role, staff, through, where } from '../../src/index.ts'
import { serializerOf } from '../../src/operation/serializer.ts'
import { isKind } from '../../src/schema/kinds/kind.ts'
import { validatorOf } from '../../src/schema/validate.ts'
import { openSqlite } from '../../src/storage/sqlite/sqlite-storage.ts'
import { createTestRandom } from '../support/api-harness.ts'
import { validConfig } from '../support/valid-config.ts'

type Config = ReturnType<typeof validConfig>
type Mistake = { readonly path: string; readonly message: string }

const seed = Number(process.env['CONFIGS_SEED'] ?? Math.floor(systemRandom.fraction() * 2 ** 31))
const rounds = Number(process.env['CONFIGS_ROUNDS'] ?? 150)
const random = createTestRandom(seed)
const pick = <T>(values: readonly T[]): T => values[Math.floor(random.fraction() * values.length)]!
const surroundings = { publicUrl: 'http://clubs.test', isDevelopment: false, paymentProviders: [{ id: 'sandbox', methods: [] }] }

/** What the check says; null when the config starts. */
function mistakesIn(config: Config): readonly Mistake[] | null {
  try {
    createBackend(config, surroundings)
    return null
  } catch (error) {
    assert.ok(error instanceof ConfigError, `seed ${seed}: ${(error as Error).stack}`)
    return error.mistakes
  }
}

const clubs = 'collections.clubs'
const fieldOf = (config: Config) => config.collections[0].fields
const rule = (made: unknown) => (config: Config) => void (config.collections[0].access[pick(['read', 'create', 'update', 'delete'])] = made)
const inRule = /^collections\.clubs\.access\.(read|create|update|delete): /
/** Wraps a rule that is wrong into ones that are right. */
const nested = (made: unknown) => {
  const wrong = made as Rule
  return pick([wrong, not(wrong), any(staff, wrong), all(anyone, not(wrong)), through('parent', 'clubs', wrong)])
}

/** One mistake of a kind, planted, and what must be said of it. */
const kinds: Readonly<Record<string, readonly [(config: Config) => unknown, RegExp]>> = {
  'a key that is none, at the top': [(c) => (c.colections = c.collections), /^colections: is not an option; did you mean "collections"/],
  'a key that is none, in a collection': [(c) => (c.collections[0].indices = []), /^collections\.clubs\.indices: is not an option/],
  "a field of the shop's products that is none": [
    (c) => (c.shop.productFields[pick(Object.keys(c.shop.productFields))].kind = pick([undefined, null, 'text', {}])),
    /^shop\.productFields\.\w+: must be made by field\.text/,
  ],
  'a key that is none, in a field': [
    (c) => (fieldOf(c).title.requird = true),
    /fields\.title\.requird: is not an option; did you mean "required"/,
  ],
  'a key that is none, in tax': [(c) => (c.shop.tax.price = 'added'), /^shop\.tax\.price: is not an option; did you mean "prices"/],
  'a key that is none, in mail': [(c) => (c.mail.from.adress = 'x'), /^mail\.from\.adress: is not an option; did you mean "address"/],
  'a route of mail to a record that there is not': [
    (c) =>
      (c.mail.inbound.routes[0].record = pick([
        { collection: 'club', field: 'slug' },
        { collection: 'clubs', field: 'slugg' },
      ])),
    /^mail\.inbound\.routes\[0\]\.record: (there is no collection "club"; did|clubs has no field "slugg"; did)/,
  ],
  'a route of mail by a field that several share': [
    (c) => (c.mail.inbound.routes[0].record.field = 'title'),
    /^mail\.inbound\.routes\[0\]\.record: clubs\.title must be a unique/,
  ],
  'a route of mail to an operation that cannot take it': [
    (c) => (c.mail.inbound.routes[0].operation = pick(['clubs.jion', 'clubs.join'])),
    /^mail\.inbound\.routes\[0\]\.operation: (there is no operation "clubs\.jion"|the input of "clubs\.join" has no email)/,
  ],
  'a route of mail from an address that is none, or ours': [
    (c) => (c.mail.inbound.routes[0].to = pick(['a*b', 'a b', 'club-*@x', '', 'reply+*', 'bounce-*'])),
    /^mail\.inbound\.routes\[0\]\.to: (must be what stands before the @|is an address of our own)/,
  ],
  'a route of mail to a record that no address names': [
    (c) => (c.mail.inbound.routes[0].to = 'club'),
    /^mail\.inbound\.routes\[0\]\.to: must end with \*/,
  ],
  'a key that is none, in an operation': [
    (c) => (c.operations[0].sumary = 'x'),
    /^operation clubs\.\w+, sumary: is not an option; did you mean "summary"/,
  ],
  'a key that is none, in a list': [(c) => (c.collections[0].lists.memberships.where = 1), /lists\.memberships\.where: is not an option/],
  'an option of another kind of field': [(c) => (fieldOf(c).isOpen.min = 3), /fields\.isOpen\.min: is not an option/],
  'tax that is neither': [(c) => (c.shop.tax.prices = 'inclusive'), /^shop\.tax\.prices: must be "included" or "added", not "inclusive"/],
  'a tax service where prices hide the tax': [(c) => (c.shop.tax.prices = 'included'), /^shop\.tax\.service: needs prices: 'added'/],
  'a currency of tax that nobody knows the rate of': [
    (c) => {
      c.shop.seller = { name: 'Books', address: { country: 'DE' }, vatId: 'DE136695976' }
      c.shop.invoices = { taxCurrency: 'EUR' }
    },
    /^shop\.invoices\.taxCurrency: has no exchangeRates/,
  ],
  'a tax service without an address': [(c) => (c.shop.tax.service = { url: 't.example' }), /^shop\.tax\.service\.url: must be an address/],
  'no tax rates': [(c) => delete c.shop.tax.ratesPpm, /^shop\.tax\.ratesPpm: is missing/],
  'a rate in percent': [(c) => (c.shop.tax.ratesPpm.DE = 0.19), /^shop\.tax\.ratesPpm\.DE: must be parts per million/],
  'no country': [(c) => (c.shop.tax.ratesPpm.Germany = 1), /^shop\.tax\.ratesPpm\.Germany: "Germany" is no country/],
  'no currency': [(c) => (c.shop.currency = 'EURO'), /^shop\.currency: "EURO" is no ISO 4217 currency/],
  'no further currency': [(c) => (c.shop.currencies[0] = 'franc'), /^shop\.currencies\[0\]: "franc" is no ISO 4217 currency/],
  'a further currency twice': [(c) => (c.shop.currencies = ['CHF', 'CHF']), /^shop\.currencies: names a currency twice/],
  'the own currency as a further one': [(c) => c.shop.currencies.push('EUR'), /^shop\.currencies\[1\]: is shop\.currency, EUR/],
  'further currencies without price lists': [(c) => (c.shop.priceLists = false), /^shop\.priceLists: is false/],
  'a shop that is true': [(c) => (c.shop = true), /^shop: must be an object/],
  'a category of mail that is none': [(c) => (c.mail.ambiguous.orders = 'hold'), /^mail\.ambiguous\.orders: is not an option/],
  'what is done with doubt that is nothing': [
    (c) => (c.mail.ambiguous.account = 'retry'),
    /^mail\.ambiguous\.account: must be "hold" or "resend"/,
  ],
  'a limit for domains that lets nothing out': [(c) => (c.mail.perDomain.atOnce = 0), /^mail\.perDomain\.atOnce: must be a whole number/],
  'a key for signatures that stands in the config': [
    (c) => (c.mail.dkim[0].key = 'MIIE'),
    /^mail\.dkim\[0\]\.key: must be made by defineSecret/,
  ],
  'a provider of mail that is none': [(c) => (c.mail.provider.name = 'sparkpost'), /^mail\.provider\.name: must be "resend"/],
  'a provider of mail without what it needs': [
    (c) => (c.mail.provider = { name: 'mailgun', key: c.mail.provider.key }),
    /^mail\.provider\.domain: is missing/,
  ],
  'a logo that mail programs do not show': [
    (c) => (c.mail.design.logo = pick(['/logo.svg', 'logo.png', 'http://x.example/logo.png', 5])),
    /^mail\.design\.logo: must be the address of a PNG/,
  ],
  'a colour of mails that is none': [(c) => (c.mail.design.color = pick(['red', '#fff', null])), /^mail\.design\.color: must be a colour/],
  'a key for signatures where the provider signs': [
    (c) => (c.mail.provider = { name: 'postmark', key: c.mail.provider.key }),
    /^mail\.dkim: is of no use: postmark signs/,
  ],
  'a mail server in front without a name': [
    (c) => delete c.mail.inbound.trustedRelays[0].name,
    /^mail\.inbound\.trustedRelays\[0\]\.name: is missing/,
  ],
  'a mail server in front by its name, not its address': [
    (c) => (c.mail.inbound.trustedRelays[0].addresses = ['mx.example.com']),
    /^mail\.inbound\.trustedRelays\[0\]\.addresses\[0\]: must be an address or a block of them/,
  ],
  'a pattern where an address is asked for': [
    (c) => (c.mail.inbound.addresses = ['order-*']),
    /^mail\.inbound\.addresses\[0\]: must be what stands before the @ of an address, such as help; what has a \* goes into routes/,
  ],
  'a block of more than all addresses': [
    (c) => (c.mail.inbound.trustedRelays[0].addresses = ['10.0.0.0/33']),
    /^mail\.inbound\.trustedRelays\[0\]\.addresses\[0\]: must be an address or a block of them/,
  ],
  'webhooks of mail of nobody': [(c) => (c.mail.webhooks[0].provider = 'sparkpost'), /^mail\.webhooks\[0\]\.provider: must be "resend"/],
  'webhooks of mail that anybody could send': [
    (c) => (c.mail.webhooks[0] = { provider: 'postmark' }),
    /^mail\.webhooks\[0\]\.secret: is missing: without it anybody/,
  ],
  'webhooks of mail of any topic': [
    (c) => (c.mail.webhooks[1] = { provider: 'ses', secret: c.mail.webhooks[0].secret }),
    /^mail\.webhooks\[1\]\.topic: is missing/,
  ],
  'webhooks of mail of what is no topic': [
    (c) => (c.mail.webhooks[1].topic = 'arn:aws:sns:evil.example/:123456789012:mail'),
    /^mail\.webhooks\[1\]\.topic: must be the ARN/,
  ],
  'a selector that is no name': [(c) => (c.mail.dkim[0].selector = 'a b'), /^mail\.dkim\[0\]\.selector: must be a name of the DNS/],
  'an address that is none': [(c) => (c.mail.from.address = 'a@b.c '), /^mail\.from\.address: must be an e-mail address/],
  'a name of two lines': [(c) => (c.mail.from.name = 'Clubs\r\nBcc: x@y.example'), /^mail\.from\.name: must be a text of one line/],
  'no name': [(c) => (c.name = ' '), /^name: must be a text/],
  'a seed that is no function': [(c) => (c.seed = []), /^seed: must be a function/],
  'collections that are no list': [(c) => (c.collections = c.collections[0]), /^collections: must be a list/],
  'a collection that is none': [
    (c) => c.collections.push(pick([42, null, undefined, 'clubs', () => {}, {}, []])),
    /^collections\[2\]: must be made by collection/,
  ],
  'a collection twice': [(c) => c.collections.push(c.collections[0]), /^collections\[0\]\.name: "clubs" is listed twice/],
  'a collection of ours': [(c) => (c.collections[1].name = 'orders'), /^collections\[1\]\.name: "orders" is Kingpost's own/],
  'names that differ in case': [
    (c) => c.collections.push({ ...c.collections[1], name: 'memberShips', prefix: 'other' }),
    /differs from "memberships" in case alone/,
  ],
  'fields that differ in case': [(c) => (fieldOf(c).isopen = field.boolean()), /fields\.isopen: differs from "isOpen" in case alone/],
  'a word of JavaScript': [(c) => (fieldOf(c).constructor = field.text()), /fields\.constructor: "constructor" is a word of JavaScript/],
  'a system collection': [
    (c) => (c.collections[0].system = pick([true, false])),
    /^collections\.clubs\.system: is for collections of Kingpost itself/,
  ],
  'an action that is none': [(c) => (c.collections[0].access.list = anyone), /access\.list: is no action/],
  'records that never change, changed': [
    (c) => (c.collections[1].access.update = staff),
    /^collections\.memberships\.access\.update: .*appendOnly/,
  ],
  'a prefix that is taken': [(c) => (c.collections[1].prefix = 'club'), /prefix: "club" starts the ids of clubs already/],
  'a field that is none': [
    (c) => (fieldOf(c).title = pick([42, null, 'text', () => {}, {}, [], { kind: 'number' }])),
    /fields\.title: must be made by field\.text\(\)/,
  ],
  'a min above its max': [
    (c) => (fieldOf(c)[pick(['title', 'seats', 'fee'])].min = 10_000_000),
    /fields\.\w+\.min: is 10000000 and max is \d+/,
  ],
  'a bound that is no number': [(c) => (fieldOf(c)[pick(['title', 'seats'])].max = '5'), /fields\.\w+\.max: must be a whole number/],
  'a default of another type': [
    (c) =>
      (fieldOf(c)[pick(['title', 'seats', 'isOpen', 'day', 'link', 'state', 'lead', 'members', 'fee'])].default = pick([
        {},
        1.5,
        Symbol.iterator,
      ])),
    /fields\.\w+\.default(\.\w+)?: /,
  ],
  'a record by default': [
    (c) => (fieldOf(c).lead.default = pick(['nope', 'usr_00000000000000000000000001'])),
    /fields\.lead\.default: names a record/,
  ],
  'a read rule of a field that the feed leaves out': [
    (c) => {
      fieldOf(c).seats.feed = false
      c.collections[0].access.read = nested(pick([where('seats').gt(1), where('seats').isNull()]))
    },
    /^collections\.clubs\.access\.read: (clubs )?"seats" is kept out of the change feed/,
  ],
  'a read rule of a collection that the feed leaves out': [
    (c) => {
      const memberships = c.collections.find(({ name }: { name: string }) => name === 'memberships')!
      memberships.feed = false
      c.collections[0].access.read = nested(pick([exists('memberships', 'club', anyone), not(exists('memberships', 'club', staff))]))
    },
    /^collections\.clubs\.access\.read: memberships "club" is kept out of the change feed/,
  ],
  'a rule with a part that is none': [
    (c) => rule(nested({ ...(where('seats').eq(1) as object), nott: true }))(c),
    new RegExp(`${inRule.source}"nott" is no part of a rule "compare"`),
  ],
  'a rule of null that says neither': [
    (c) => rule(nested({ rule: 'null', path: 'day', value: pick(['false', 0, undefined]) }))(c),
    new RegExp(`${inRule.source}"day" is null or not: its value must be true or false`),
  ],
  'a rule of null for a required field': [
    (c) => rule(nested(where('title').isNull()))(c),
    new RegExp(`${inRule.source}"title" is required and never null`),
  ],
  'a rule of a text that is too long': [
    (c) => rule(nested(where('title').eq('x'.repeat(101))))(c),
    new RegExp(`${inRule.source}"title" has at most 100 characters`),
  ],
  'a rule beyond the bounds': [(c) => rule(nested(where('seats').eq(51)))(c), new RegExp(`${inRule.source}"seats" is never 51`)],
  'a role with a blank': [(c) => rule(nested(role('planner ')))(c), new RegExp(`${inRule.source}"planner " has blanks`)],
  'an option with a comma': [
    (c) => (fieldOf(c).state.options = ['draft', 'open', 'closed', 'a,b']),
    /fields\.state\.options: names a value with a comma/,
  ],
  'two fields of one former name': [
    (c) => (fieldOf(c).slug.renamedFrom = 'name'),
    /fields\.slug\.renamedFrom: "name" is what title was called, too/,
  ],
  'a schema with a keyword that is none': [
    (c) => (fieldOf(c).meta.schema = pick([{ type: 'object', propertees: {} }, { type: 'string', format: 'nope' }, { $async: true }])),
    /fields\.meta\.schema: is no JSON Schema: .*(propertees|nope|\$async)/,
  ],
  'a default that JSON cannot hold': [
    (c) => {
      const circle: Record<string, unknown> = {}
      circle['self'] = circle
      fieldOf(c).meta.default = pick([{ color: 1n }, circle])
    },
    /fields\.meta\.default: cannot be written as JSON/,
  ],
  'a default that no database keeps': [
    (c) => (fieldOf(c).title.default = pick(['\ud800', 'a\0b'])),
    /fields\.title\.default: holds a null character or half of a surrogate pair/,
  ],
  'a default of a unique field': [(c) => (fieldOf(c).slug.default = 'same'), /fields\.slug\.default: is the same for every record/],
  'a rule of an empty id': [
    (c) => rule(nested(where('lead').ne('')))(c),
    new RegExp(`${inRule.source}"lead" is compared with "", which is no id`),
  ],
  'a default outside the options': [
    (c) => (fieldOf(c).state.default = 'opened'),
    /fields\.state\.default: does not fit the field: must be one of draft, open, closed/,
  ],
  'a default outside the bounds': [(c) => (fieldOf(c).seats.default = pick([-1, 51])), /fields\.seats\.default: does not fit the field/],
  'a default of a schema': [(c) => (fieldOf(c).meta.default = { color: 3 }), /fields\.meta\.default\.color: does not fit the field/],
  'a time as text by default': [(c) => (fieldOf(c).startsAt.default = '2026-11-24'), /fields\.startsAt\.default: must be milliseconds/],
  'an address in capitals by default': [
    (c) => (fieldOf(c).contact.default = 'Club@Example.com'),
    /fields\.contact\.default: must be in lower case/,
  ],
  'null for a required field': [(c) => (fieldOf(c).title.default = null), /fields\.title\.default: is null/],
  'set to what is none': [(c) => (fieldOf(c).startsAt.default = { set: 'today' }), /fields\.startsAt\.default: must be \{ set: 'now' \}/],
  'a time for a number': [(c) => (fieldOf(c).seats.default = { set: 'now' }), /fields\.seats\.default: is a time/],
  'the caller for a club': [(c) => (fieldOf(c).parent.default = { set: 'actor' }), /fields\.parent\.default: is the id of a user/],
  'unique JSON': [(c) => (fieldOf(c)[pick(['meta', 'members', 'fee'])].unique = true), /fields\.\w+\.unique: is not an option/],
  'a schema that is none': [(c) => (fieldOf(c).meta.schema = { type: 'objekt' }), /fields\.meta\.schema: is no JSON Schema/],
  'an enum of nothing': [(c) => (fieldOf(c).state.options = []), /fields\.state\.options: needs 1 or more/],
  'an enum that is no list': [(c) => (fieldOf(c).state.options = 'draft'), /fields\.state\.options: must be a list/],
  'a reference to nothing': [(c) => (fieldOf(c).parent.to = 'club'), /fields\.parent: refers to "club".* did you mean "clubs"/],
  'a reference to nothing, of products': [
    (c) => (c.shop.productFields.author = field.ref('writers')),
    /^shop\.productFields\.author: refers to "writers"/,
  ],
  'a field that products have': [
    (c) => (c.shop.productFields[pick(['price', 'title', 'variants', 'Slug'])] = field.text()),
    /^shop\.productFields\.\w+: .*(products have|must be lowerCamel)/,
  ],
  'a field that carts or orders have': [
    (c) => {
      c.shop.cartFields[pick(['note', 'totals', 'savedShippingAddress', 'leftOut', 'taxKnown'])] = field.text()
    },
    /^shop\.cartFields\.\w+: carts have "\w+" already/,
  ],
  'a field that orders or rows of them have': [
    (c) => (c.shop.orderFields[pick(['total', 'holds', 'tracking', 'paymentMethod', 'totaL'])] = field.text()),
    /^shop\.orderFields\.\w+: orders have "\w+" already/,
  ],
  'a field that no cart or order can have': [
    (c) => {
      const kinds = [field.file(), field.files(), field.email(), field.ref('users'), field.refs('users')]
      c.shop[pick(['cartFields', 'orderFields'])].odd = pick(kinds)
    },
    /^shop\.(cart|order)Fields\.odd: (holds files|names a person)/,
  ],
  'a computed field of orders': [
    (c) => (c.shop.orderFields.odd = field.computed(field.text(), { from: { giftFrom: c.shop.orderFields.giftFrom }, of: () => 'x' })),
    /^shop\.orderFields\.odd: is made of other fields/,
  ],
  'a required or unique field of carts and orders': [
    (c) => (c.shop[pick(['cartFields', 'orderFields'])].odd = field.text(pick([{ required: true }, { unique: true }]))),
    /^shop\.(cart|order)Fields\.odd\.(required: needs a default|unique: is not for fields)/,
  ],
  'orders that go with what they refer to': [
    (c) => (c.shop.orderFields.club.onDelete = 'cascade'),
    /^shop\.orderFields\.club\.onDelete: would delete orders/,
  ],
  'a field of orders that is not as the one of carts': [
    (c) => (c.shop.orderFields.wrapping = pick([field.text(), field.enum(['none', 'bag'])])),
    /^shop\.orderFields\.wrapping: gets what shop\.cartFields\.wrapping has, and/,
  ],
  'a tax service that is none': [
    (c) => (c.shop.tax.service = pick(['https://taxes.example', { url: 'taxes.example' }, {}, { url: 'ftp://taxes.example/quote' }])),
    /^shop\.tax\.service/,
  ],
  'a veil that is none': [(c) => (fieldOf(c).note.veil = pick(['hidden', true, {}])), /fields\.note\.veil: must be a function/],
  'fields of orders that are none': [
    (c) => (c.shop[pick(['cartFields', 'orderFields'])] = pick([42, [], 'author'])),
    /^shop\.(cart|order)Fields: must be an object/,
  ],
  'product fields that are none': [(c) => (c.shop.productFields = pick([42, [], 'author'])), /^shop\.productFields: must be an object/],
  'a payment provider that is none': [
    (c) => (c.shop.payments[0].provider = 'sandbx'),
    /^shop\.payments\[0\]\.provider: "sandbx" is no payment provider; did you mean "sandbox"\?; there is sandbox/,
  ],
  'a payment provider twice': [
    (c) => c.shop.payments.push({ provider: 'sandbox' }),
    /^shop\.payments\[1\]\.provider: "sandbox" is named twice/,
  ],
  'a field rule about the record': [
    (c) => (fieldOf(c).note[pick(['read', 'write'])] = where('lead').eq(actorId)),
    /fields\.note\.(read|write): may look at the caller only/,
  ],
  'a field rule that is none': [(c) => (fieldOf(c).note.read = pick(['staff', true, () => true])), /fields\.note\.read: must be a rule/],
  'an index over nothing': [(c) => c.collections[0].indexes.push(['sate']), /indexes\[2\]: has no field "sate"; did you mean "state"/],
  'an index over JSON': [(c) => c.collections[0].indexes.push([pick(['meta', 'members'])]), /indexes\[2\]: "\w+" is (JSON|a list)/],
  'an index over a computed field': [(c) => c.collections[0].unique.push(['score']), /unique\[1\]: "score" is computed/],
  'an index that is no list': [(c) => (c.collections[0].indexes = ['state']), /indexes\[0\]: must be a list/],
  'an index twice': [(c) => c.collections[0].indexes.push(['state', '-startsAt']), /indexes\[2\]: is the same as indexes\[0\]/],
  'unique twice': [(c) => c.collections[0].unique.push(['slug']), /unique\[1\]: is the same as fields\.slug/],
  'a list of nobody': [
    (c) => (c.collections[0].lists.memberships.from = 'membership'),
    /lists\.memberships\.from: there is no collection "membership"/,
  ],
  'a list by nothing': [
    (c) => (c.collections[0].lists.memberships.by = 'clb'),
    /lists\.memberships\.by: memberships has no field "clb"; did you mean "club"/,
  ],
  'a list by another': [
    (c) => (c.collections[0].lists.memberships.by = 'user'),
    /lists\.memberships\.by: memberships\.user refers to users/,
  ],
  'a list named as a field': [
    (c) => (c.collections[0].lists.title = { from: 'memberships', by: 'club' }),
    /lists\.title: is declared twice/,
  ],
  'a check of a text': [
    (c) => c.collections[0].checks.push({ path: 'title', op: 'gte', value: 0 }),
    /checks\[1\]\.path: "title" is of kind text/,
  ],
  'a check of nothing': [
    (c) => c.collections[0].checks.push({ path: 'seat', op: 'gte', value: 0 }),
    /checks\[1\]\.path: has no field "seat"/,
  ],
  'renamed from what is there': [(c) => (fieldOf(c).title.renamedFrom = 'about'), /fields\.title\.renamedFrom: "about" is still declared/],
  'operations that are none': [(c) => c.operations.push(pick([42, null, 'x', {}, () => {}])), /^operations\[2\]: must be made by query\(/],
  'an operation of a name of ours': [
    (c) => (c.operations[0].name = 'clubs.list'),
    /^operation clubs\.\w+, name: "clubs\.list" is the name of another/,
  ],
  'a route of ours': [
    (c) => (c.operations[0].route = pick(['GET /api/clubs/:id', 'GET /api/products', 'GET /api/openapi.json', 'GET /api/auth/:id'])),
    /^operation clubs\.\w+, route: "GET .*" is answered by .* already/,
  ],
  'a route of all': [(c) => (c.operations[1].route = 'POST /api/:id'), /^operation clubs\.\w+, route: ".*" is answered by/],
  'a word in the place of a webhook': [
    (c) => (c.operations[1].route = 'POST /api/payments/webhooks/sandbox'),
    /^operation clubs\.\w+, route: ".*" is answered by payments\.receiveWebhook/,
  ],
  'two routes alike': [
    (c) => c.operations.push({ ...c.operations[1], name: 'clubs.leave' }),
    /^operation clubs\.leave, route: ".*" is answered by clubs\.join already/,
  ],
  'an address elsewhere': [
    (c) => (c.operations[0].route = pick(['GET /clubs', '/api/clubs', 'LIST /api/clubs', 'GET /api/'])),
    /^operation clubs\.\w+, route: must be a method and an address/,
  ],
  'a query that posts': [(c) => (c.operations[0].route = 'POST /api/clubs/:id/seats'), /^operation clubs\.\w+, route: is of a query/],
  'an input without what the route names': [
    (c) => (c.operations[0].input = Type.Object({ ident: Type.String() })),
    /^operation clubs\.\w+, input: has no property "id"/,
  ],
  'an input that is no schema': [
    (c) => (c.operations[0].input = { type: 'object', properties: { id: { type: 'strng' } }, required: ['id'] }),
    /^operation clubs\.\w+, input: is no JSON Schema/,
  ],
  'an output that contradicts itself': [
    (c) => (c.operations[0].output = { allOf: [{ type: 'object' }, { type: 'string' }] }),
    /^operation clubs\.\w+, output: is nothing that can be answered/,
  ],
  'an error that is none': [
    (c) => (c.operations[0].errors = ['not_fond']),
    /^operation clubs\.\w+, errors\[0\]: .* did you mean "not_found"/,
  ],
  'an error of its own with a code of ours': [
    (c) => (c.operations[0].errors = [defineErrors({ conflict: { status: 409, message: 'Taken.' } }).conflict]),
    /^operation clubs\.\w+, errors\[0\]\.conflict\.code: "conflict" is a code of Kingpost's own/,
  ],
  'an error of its own that is a success': [
    (c) => {
      const { all_well } = defineErrors({ all_well: { status: 409, message: 'Fine.' } })
      c.operations[0].errors = [Object.assign(all_well, { status: pick([200, 500, 409.5]) })]
    },
    /^operation clubs\.\w+, errors\[0\]\.all_well\.status: must be a status from 400 to 499/,
  ],
  'two errors of one code': [
    (c) => {
      for (const operation of c.operations) operation.errors = [defineErrors({ sold_out: { status: 409, message: 'None left.' } }).sold_out]
    },
    /^operation clubs\.\w+, errors\[0\]\.sold_out: "sold_out" is the code of another error/,
  ],
  'an operation whose rule looks at a record': [
    (c) => (c.operations[0].access = where('lead').eq(actorId)),
    /^operation clubs\.\w+, access: may look at the caller only/,
  ],
  'an operation without a rule': [(c) => delete c.operations[0].access, /^operation clubs\.\w+, access: is missing/],
  'an operation that does nothing': [(c) => delete c.operations[1].run, /^operation clubs\.\w+, run: is missing/],
  'a rule of a field that is none': [
    (c) => rule(nested(where('leed').eq(actorId)))(c),
    new RegExp(`${inRule.source}has no field "leed"; did you mean "lead"`),
  ],
  'a rule of a computed field': [(c) => rule(nested(where('score').gt(1)))(c), new RegExp(`${inRule.source}"score" is computed`)],
  'a rule of a time that is none': [
    (c) => rule(nested(where('startsAt').lte('last year')))(c),
    new RegExp(`${inRule.source}"startsAt" is compared with "last year"`),
  ],
  'a rule of a value of another type': [
    (c) => rule(nested(where('seats').eq(pick(['3', true, 1.5]))))(c),
    new RegExp(`${inRule.source}"seats" is compared with`),
  ],
  'a rule of an option that is none': [
    (c) => rule(nested(where('state').ne('opened')))(c),
    new RegExp(`${inRule.source}"state" is never "opened"`),
  ],
  'a list compared': [
    (c) => rule(nested(where('members').eq(actorId)))(c),
    new RegExp(`${inRule.source}"members" is a list: use where\\('members'\\)\\.contains`),
  ],
  'a single one asked what it contains': [
    (c) => rule(nested(where('lead').contains(actorId)))(c),
    new RegExp(`${inRule.source}contains is for lists`),
  ],
  'the caller compared with a club': [
    (c) => rule(nested(where('parent').eq(actorId)))(c),
    new RegExp(`${inRule.source}"parent" holds ids of clubs`),
  ],
  'JSON compared': [(c) => rule(nested(where('meta').eq('x')))(c), new RegExp(`${inRule.source}"meta" is JSON`)],
  'a typo inside through': [
    (c) => rule(through('lead', 'users', nested(where('nam').eq('Ada')) as never))(c),
    /users has no field "(nam|parent)"/,
  ],
  'through what is no reference': [
    (c) => rule(nested(through('title', 'clubs', anyone)))(c),
    new RegExp(`${inRule.source}looks through "title", which is no reference`),
  ],
  'through another collection': [
    (c) => rule(nested(through('lead', 'clubs', anyone)))(c),
    new RegExp(`${inRule.source}looks through "lead" at clubs, and it refers to users`),
  ],
  'through no collection': [
    (c) => rule(nested(through('lead', 'user', anyone)))(c),
    new RegExp(`${inRule.source}looks through "user".*did you mean "users"`),
  ],
  'exists of no collection': [(c) => rule(nested(exists('members', 'club', anyone)))(c), new RegExp(`${inRule.source}looks for "members"`)],
  'exists by nothing': [
    (c) => rule(nested(exists('memberships', 'clubs', anyone)))(c),
    new RegExp(`${inRule.source}memberships has no field "clubs"; did you mean "club"`),
  ],
  'exists by another': [
    (c) => rule(nested(exists('memberships', 'user', anyone)))(c),
    new RegExp(`${inRule.source}memberships\\.user refers to users, not to clubs`),
  ],
  'a rule that is none': [
    (c) => rule(nested(pick([true, 'staff', where('lead'), { rule: 'everybody' }, () => true, null])))(c),
    new RegExp(`${inRule.source}must be a rule`),
  ],
  'all of nothing': [(c) => rule(nested(all()))(c), new RegExp(`${inRule.source}all\\(\\) needs at least one rule`)],
}

test('the config they are planted in starts', () => {
  assert.equal(mistakesIn(validConfig()), null)
})

for (const [kind, [plant, expected]] of Object.entries(kinds))
  test(`${kind} is named`, () => {
    // Several times: the place is chosen anew.
    for (let round = 0; round < 5; round++) {
      const config = validConfig()
      plant(config)
      const mistakes = mistakesIn(config)
      assert.ok(mistakes !== null, `seed ${seed}: it starts`)
      const said = mistakes.map(({ path, message }) => `${path}: ${message}`)
      assert.ok(
        said.some((line) => expected.test(line)),
        `seed ${seed}: ${said.join('\n')}`,
      )
    }
  })

test('several mistakes are named at once', () => {
  const names = [
    'a key that is none, in a field',
    'tax that is neither',
    'a default outside the options',
    'a typo inside through',
    'a route of ours',
  ]
  const config = validConfig()
  for (const name of names) kinds[name]![0](config)
  const said = mistakesIn(config)!.map(({ path, message }) => `${path}: ${message}`)
  for (const name of names)
    assert.ok(
      said.some((line) => kinds[name]![1].test(line)),
      `seed ${seed}: ${name} in ${said.join('\n')}`,
    )
})

const junk: readonly unknown[] = [
  undefined,
  null,
  42,
  -1,
  1.5,
  Number.NaN,
  '',
  'x',
  'a b',
  true,
  [],
  [null],
  {},
  { a: 1 },
  () => 1,
  Symbol('s'),
  10n,
  new Date(0),
]

type Place = { readonly holder: Record<string, unknown>; readonly key: string; readonly path: string }

/** Every place of a config, rules and schemas included, under the path that the check gives it. Kinds of fields are no part of it. */
function placesIn(value: unknown, path: string, found: Place[] = []): Place[] {
  if (typeof value !== 'object' || value === null || isKind(value)) return found
  for (const [key, inner] of Object.entries(value)) {
    const isNamed = path === 'collections' && typeof inner?.name === 'string'
    const at = Array.isArray(value) && !isNamed ? `${path}[${key}]` : path === '' ? key : `${path}.${isNamed ? inner.name : key}`
    found.push({ holder: value as Record<string, unknown>, key, path: at })
    placesIn(inner, at, found)
  }
  return found
}

test('any value in any place is named there, or starts and serves', async () => {
  const count = placesIn(validConfig(), '').length
  let started = 0
  for (let round = 0; round < rounds; round++) {
    const config = validConfig()
    const place = placesIn(config, '')[Math.floor(random.fraction() * count)]!
    const value = pick(junk)
    place.holder[place.key] = value
    const about = `seed ${seed}, ${String(typeof value === 'object' ? JSON.stringify(value) : String(value))} at ${place.path}`
    const mistakes = mistakesIn(config)
    if (mistakes === null) {
      started++
      // Opening a database for each would take most of the time, and what lies in it is decided by fewer places.
      await serve(config, started % 10 === 0).catch((error: Error) => assert.fail(`${about}: ${error.stack}`))
    } else
      assert.ok(
        mistakes.some(({ path }) => isRelated(path, place.path)),
        `${about}: ${JSON.stringify(mistakes)}`,
      )
  }
  assert.ok(started > 0, 'some values are right')
})

const operationNames = validConfig().operations.map(({ name }: { name: string }) => name)

/** What is wrong with a whole may be told at its place, at a part of it, or at what refers to it. */
function isRelated(told: string, planted: string): boolean {
  const plain = told
    .replace(/^collections\[0\]/, clubs)
    .replace(/^collections\[1\]/, 'collections.memberships')
    .replace(/^operation (clubs\.\w+), /, (_, name) => `operations[${operationNames.indexOf(name)}].`)
  const top = (path: string) => path.split('.').slice(0, 2).join('.')
  return (
    plain.startsWith(planted) ||
    planted.startsWith(plain) ||
    top(plain) === top(planted) ||
    /^collections$|\.name$|\.kind$|\.to$/.test(planted)
  )
}

const schemas = new Ajv({ strict: false, logger: false })

/** All that is made of a config, before the first request and by it. */
async function serve(config: Config, isOpened: boolean): Promise<void> {
  const backend = createBackend(config, surroundings)
  const operations = operationsOf(backend, idlePorts)
  for (const { input, output } of operations) {
    for (const schema of [input, output]) assert.ok(schemas.validateSchema(schema), schemas.errorsText())
    validatorOf(input)
    serializerOf(output)
  }
  JSON.stringify(openApiDocument(operations, [], { name: 'x', version: '1', publicUrl: 'http://x' }))
  if (isOpened) await openSqlite({ path: ':memory:', model: backend.model, clock: systemClock }).close()
}
