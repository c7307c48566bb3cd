// What `guest` and `other` may be curious to ask: for every operation of the project requests that are right, wrong, and aimed
// at what is hidden. Invariant: unique values that they may store never meet the hidden ones, for that a value is taken is the
// one thing that shows by nature.
import type { Operation } from '../../../src/operation/define.ts'
import { type CollectionModel, type CompiledField, listOf, type Model } from '../../../src/schema/model.ts'
import { writableFields } from '../../../src/schema/wire.ts'
import type { ApiRequest, As } from '../api-harness.ts'
import { address } from '../api-harness.ts'
import type { Chance } from './chance.ts'
import type { Named, Twins } from './twins.ts'

export type Cart = { readonly id: string; readonly token: string; readonly as: As }
export type Asking = {
  readonly twins: Twins
  readonly chance: Chance
  readonly model: Model
  readonly carts: Cart[]
  /** Names of the records that both worlds have from the beginning, by the prefix of their ids. */
  readonly known: Map<string, readonly string[]>
  next(): number
}
type Question = (asking: Asking) => Named

export const curious: readonly As[] = ['guest', 'other']
const words = ['alpha', 'omega', 'a', 'o', '', '1', '50', '99', 'Private', 'true', 'Own', 'clean', 'first']
/** Ids are random, and hold none of these: a part of one tells nothing. */
const wordsOfNoId = ['alpha', 'omega', 'o', '', 'Private', 'true', 'Own', 'clean']
const operators = ['', '[eq]', '[ne]', '[lt]', '[gte]', '[in]', '[nin]', '[contains]', '[startsWith]', '[null]']
const unknownId = '01k5xrz2g5f1q8m4w3v7b6n9ta'

/** Somebody who asks, and perhaps the token of a cart of theirs or of nobody. */
function by({ chance, carts }: Asking): { as: As; headers: Record<string, string> } {
  const as = chance.pick(curious)
  const tokens = [...carts.map(({ token }) => token), 'cart_none']
  return { as, headers: chance.is(0.3) ? { 'cart-token': chance.pick(tokens) } : {} }
}

function named(asking: Asking, request: Omit<ApiRequest, 'headers'>, more: Record<string, string> = {}): Named {
  const { as, headers } = by(asking)
  return { as, request: { ...request, headers: { ...headers, ...more } } }
}

/** The id of a record that is theirs, another's, or nobody's. */
function idOf({ chance, twins, known }: Asking, prefix: string): string {
  const all = [...(known.get(prefix) ?? []), ...twins.shown(prefix), ...twins.shown(prefix).slice(-3), `${prefix}_${unknownId}`]
  return chance.is(0.03) ? 'x' : chance.pick(all)
}

function listQuestion(collection: CollectionModel): Question {
  return (asking) => {
    const { chance, twins } = asking
    const parts = Array.from({ length: 1 + chance.below(3) }, () => partOf(asking, collection))
    const cursors = twins.shown('cursor')
    if (cursors.length > 0 && chance.is(0.15)) parts.push(`cursor=${chance.pick(cursors.slice(-4))}`)
    const unlike = [...new Map(parts.map((one) => [one.split('=')[0], one])).values()]
    return named(asking, { method: 'GET', url: `/api/${collection.name}?${unlike.join('&')}` })
  }
}

function partOf(asking: Asking, collection: CollectionModel): string {
  const { chance } = asking
  const path = () => pathOf(asking, collection, chance.below(3))
  switch (chance.below(9)) {
    case 0:
    case 1:
    case 2:
    case 3: {
      const { path: named, kind } = path()
      const nest = chance.pick(['', '', '', '[not]', '[or][0]', '[or][1]', '[and][0]'])
      const { operator, value } = chance.is(0.15) ? anyCondition(asking) : conditionOf(asking, kind)
      return `filter${nest}[${named}]${operator}=${value}`
    }
    case 4:
      return `sort=${chance.pick(['', '-'])}${pathOf(asking, collection, 0).path}`
    case 5:
      return chance.pick(['count=true', 'limit=1', 'limit=2'])
    case 6:
      return collection.searchPaths.length > 0 || chance.is(0.1) ? `search=${chance.pick(wordsOfNoId)}` : 'count=true'
    case 7:
      return `fields=${pathOf(asking, collection, 0).path}`
    default:
      return `expand=${expansionOf(asking, collection)}`
  }
}

function anyCondition({ chance }: Asking): { readonly operator: string; readonly value: string } {
  const operator = chance.pick(operators)
  return { operator, value: chance.pick(operator === '[contains]' ? wordsOfNoId : words) }
}

/** One that fits the kind of the field. */
export function conditionOf({ chance }: Asking, kind: string): { readonly operator: string; readonly value: string } {
  const order = ['', '[ne]', '[lt]', '[gte]']
  if (chance.is(0.15)) return { operator: '[null]', value: chance.pick(['true', 'false']) }
  switch (kind) {
    case 'integer':
    case 'decimal':
    case 'money':
      return { operator: chance.pick([...order, '[in]', '[nin]']), value: chance.pick(['0', '1', '3', '50', '99']) }
    case 'geo':
      return { operator: chance.pick(['[near]', '[within]']), value: chance.pick(['1,1,500000', '0,0,50,2', '0,0,9']) }
    case 'boolean':
      return { operator: chance.pick(['', '[ne]']), value: chance.pick(['true', 'false']) }
    case 'dateTime':
      return { operator: chance.pick(order), value: '2026-11-24T12:00:01Z' }
    default:
      if (chance.is(0.3)) return { operator: '[contains]', value: chance.pick(wordsOfNoId) }
      return { operator: chance.pick([...order, '[in]', '[nin]', '[startsWith]']), value: chance.pick(words) }
  }
}

/** Hidden ones too, and one that there is not. */
function fieldsAndLists(collection: CollectionModel): string[] {
  // The number of an order is a part of its id: what sorts by it is sorted by chance.
  const names = [...collection.fields.keys()].filter((name) => name !== 'number')
  return [...names, ...Object.keys(collection.source.lists ?? {}), 'nothing']
}

function targetOf(model: Model, collection: CollectionModel, name: string): CollectionModel | undefined {
  const to = collection.fields.get(name)?.field.to ?? listOf(collection, name)?.from
  return to === undefined ? undefined : model.get({ name: to })
}

function pathOf(asking: Asking, collection: CollectionModel, hops: number): { readonly path: string; readonly kind: string } {
  const name = asking.chance.pick(fieldsAndLists(collection))
  const target = targetOf(asking.model, collection, name)
  if (!target || hops === 0) return { path: name, kind: collection.fields.get(name)?.field.kind.name ?? 'text' }
  const inner = pathOf(asking, target, hops - 1)
  return { path: `${name}.${inner.path}`, kind: inner.kind }
}

function expansionOf({ chance, model }: Pick<Asking, 'chance' | 'model'>, collection: CollectionModel, hops = 2): string {
  const followed = fieldsAndLists(collection).filter((name) => targetOf(model, collection, name))
  const names = followed.length === 0 || chance.is(0.05) ? ['nothing'] : followed
  const name = chance.pick(names)
  const target = targetOf(model, collection, name)
  return target && hops > 0 && chance.is(0.5) ? `${name}.${expansionOf({ chance, model }, target, hops - 1)}` : name
}

function getQuestion(collection: CollectionModel): Question {
  return (asking) => {
    const { chance } = asking
    const query = chance.pick(['', '', `?expand=${expansionOf(asking, collection)}`, `?fields=${pathOf(asking, collection, 0).path}`])
    return named(
      asking,
      { method: 'GET', url: `/api/${collection.name}/${idOf(asking, collection.prefix)}${query}` },
      condition(asking, 'if-none-match'),
    )
  }
}

function condition({ chance, twins }: Asking, header: 'if-match' | 'if-none-match'): Record<string, string> {
  const tags = twins.shown('etag')
  if (tags.length === 0 || chance.is(0.6)) return {}
  return { [header]: chance.pick(['*', '"x"', '"1"', `"${chance.pick(tags)}"`, `"${chance.pick(tags.slice(-5))}"`]) }
}

/** Collections whose records these two never create: there they may try the hidden values. */
const closed = new Set(['products', 'variants', 'categories', 'shippingMethods', 'audits', 'projects', 'memberships', 'rooms'])

function givenFor(asking: Asking, collection: CollectionModel, { field }: CompiledField): unknown {
  const { chance, next } = asking
  if (chance.is(0.03)) return chance.pick([null, 'x', 5, {}, [], true])
  if (field.unique)
    return chance.is(0.5) && closed.has(collection.name) ? chance.pick(['slug-alpha', 'slug-omega', 'code-alpha']) : `own-${next()}`
  switch (field.kind.name) {
    case 'integer':
      return chance.pick([0, 1, 5, 99, -1, { $increment: 1 }, { $increment: -1 }, { $increment: 999_999_950 }, { $increment: 3 }])
    case 'money':
      return chance.pick([null, { amount: chance.pick([0, 99]), currency: 'EUR' }])
    case 'boolean':
      return chance.is(0.5)
    case 'ref':
      return idOf(asking, asking.model.get({ name: field.to! }).prefix)
    case 'refs':
      return chance.pick([[], [idOf(asking, asking.model.get({ name: field.to! }).prefix)]])
    case 'json':
      return chance.pick([{ a: 1 }, { b: 1 }, { a: null }, null])
    case 'enum':
      return chance.pick(field.options!)
    case 'date':
      return '2026-01-01'
    case 'dateTime':
      return '2026-01-01T00:00:00Z'
    case 'email':
      return 'somebody@example.com'
    case 'url':
      return 'https://example.com/'
    default:
      return chance.pick(['alpha', 'omega', 'Title'])
  }
}

function bodyOf(asking: Asking, collection: CollectionModel, isWhole: boolean): Record<string, unknown> {
  const { chance } = asking
  const fields = writableFields(collection)
  const chosen = fields.filter(({ field }) =>
    isWhole && field.required && field.default === undefined ? chance.is(0.97) : chance.is(isWhole ? 0.1 : 0.2),
  )
  const body = Object.fromEntries(chosen.map((one) => [one.name, givenFor(asking, collection, one)]))
  return chance.is(0.05) ? { ...body, nothing: 1 } : body
}

function createQuestion(collection: CollectionModel): Question {
  return (asking) => named(asking, { method: 'POST', url: `/api/${collection.name}`, body: bodyOf(asking, collection, true) })
}

/** A task of another's project may be tried with any code: it is not theirs to change. */
function updateQuestion(collection: CollectionModel): Question {
  return (asking) => {
    const { chance } = asking
    const isForeign = collection.name === 'tasks' && chance.is(0.3)
    const id = isForeign ? '‹ownTask›' : idOf(asking, collection.prefix)
    const body = { ...bodyOf(asking, collection, false), ...(isForeign ? { code: chance.pick(['code-alpha', 'code-omega', 'free']) } : {}) }
    return named(asking, { method: 'PATCH', url: `/api/${collection.name}/${id}`, body }, condition(asking, 'if-match'))
  }
}

/** Theirs from the beginning: they stay, so that there is always something to look at. */
const kept = new Set(['‹otherNote›', '‹ownReview›'])

function deleteQuestion(collection: CollectionModel): Question {
  return (asking) => {
    const id = idOf(asking, collection.prefix)
    return named(asking, { method: 'DELETE', url: `/api/${collection.name}/${kept.has(id) ? 'x' : id}` }, condition(asking, 'if-match'))
  }
}

/** A cart of theirs, or the owner's. */
function atCart(asking: Asking, method: string, rest: (id: string) => { readonly url: string; readonly body?: unknown }): Named {
  const { chance, carts } = asking
  const own = carts.slice(-4)
  if (own.length === 0 || chance.is(0.15)) return named(asking, { method, ...rest('‹ownersCart›') }, condition(asking, 'if-match'))
  const cart = chance.pick(own)
  const headers = { 'cart-token': cart.token, ...(chance.is(0.1) ? condition(asking, 'if-match') : {}) }
  return { as: cart.as, request: { method, ...rest(cart.id), headers } }
}

const payment = ({ chance }: Asking) => ({ provider: 'sandbox', method: chance.pick(['card_success', 'card_declined', 'card_challenge']) })
const orderOf = (asking: Asking) => asking.chance.pick(['‹ownersOrder›', ...asking.twins.shown('ord').slice(-4)])
const anyLine = (asking: Asking) => asking.chance.pick(['line_x', ...asking.twins.shown('line').slice(-4)])
const sessionsOf = ({ twins }: Asking) => twins.shown('secret').filter((_, index) => index >= 0)

const own: Readonly<Record<string, Question>> = {
  'accounts.register': (asking) => {
    const email = asking.chance.pick([`new-${asking.next()}@example.com`, 'not an address'])
    return named(asking, { method: 'POST', url: '/api/auth/register', body: { email, password: 'a password of mine' } })
  },
  'accounts.logIn': (asking) => {
    const person = asking.chance.pick(['other', 'owner', 'alpha', 'nobody'])
    const password = person === 'other' ? 'password of other' : 'alpha'
    return named(asking, { method: 'POST', url: '/api/auth/login', body: { email: `${person}@example.com`, password } })
  },
  'accounts.logOut': (asking) => {
    const token = asking.chance.pick(['kps_none', ...sessionsOf(asking)])
    return { as: 'guest', request: { method: 'POST', url: '/api/auth/logout', body: {}, headers: { authorization: `Bearer ${token}` } } }
  },
  'accounts.me': (asking) => named(asking, { method: 'GET', url: '/api/auth/me' }),
  'accounts.updateMe': (asking) => named(asking, { method: 'PATCH', url: '/api/auth/me', body: { name: asking.chance.pick(words) } }),
  'accounts.listSessions': (asking) => named(asking, { method: 'GET', url: '/api/auth/sessions' }),
  'accounts.revokeSessions': (asking) => named(asking, { method: 'DELETE', url: '/api/auth/sessions' }),
  'accounts.revokeSession': (asking) =>
    named(asking, { method: 'DELETE', url: `/api/auth/sessions/${asking.chance.pick(['ses_x', '‹ownerSession›'])}` }),
  'accounts.listKeys': (asking) => named(asking, { method: 'GET', url: '/api/auth/keys' }),
  'accounts.createKey': (asking) =>
    named(asking, {
      method: 'POST',
      url: '/api/auth/keys',
      body: { name: 'A program', scopes: [asking.chance.pick(['notes:read', '*:read'])] },
    }),
  'accounts.revokeKey': (asking) => named(asking, { method: 'DELETE', url: '/api/auth/keys/key_x' }),
  'accounts.setUp': (asking) =>
    named(asking, {
      method: 'POST',
      url: '/api/auth/setup',
      body: { token: 'setup_x', email: 'new@example.com', password: 'a password of mine' },
    }),
  'schema.describe': (asking) => named(asking, { method: 'GET', url: '/api/schema' }),
  'running.readMetrics': (asking) => named(asking, { method: 'GET', url: '/metrics' }),
  'batch.run': (asking) => {
    const { chance, model } = asking
    const open = [...model.collections.values()].filter(({ source, access }) => !source.system && access.create !== undefined)
    const operations = Array.from({ length: 1 + chance.below(3) }, () => {
      const question = chance.pick([createQuestion, updateQuestion, updateQuestion, deleteQuestion])
      const { method, url, body, headers = {} } = question(chance.pick(open))(asking).request
      return { method, path: url, ...(body ? { body } : {}), ...(headers['if-match'] ? { ifMatch: headers['if-match'] } : {}) }
    })
    return named(asking, { method: 'POST', url: '/api/batch', body: { operations } })
  },
  'effects.retry': (asking) => named(asking, { method: 'POST', url: `/api/effects/${idOf(asking, 'eff')}/retry`, body: {} }),
  'effects.cancel': (asking) => named(asking, { method: 'POST', url: `/api/effects/${idOf(asking, 'eff')}/cancel`, body: {} }),
  'payments.listMethods': (asking) => named(asking, { method: 'GET', url: '/api/payments/methods' }),
  'ledger.listBalances': (asking) => named(asking, { method: 'GET', url: '/api/ledger/balances' }),
  'figures.sales': (asking) => {
    const by = asking.chance.pick(['day', 'product', 'category', 'country', 'channel'])
    return named(asking, { method: 'GET', url: `/api/figures/sales?from=2026-11-01&to=2026-11-30&by=${by}` })
  },
  'figures.customers': (asking) => named(asking, { method: 'GET', url: '/api/figures/customers?from=2026-11-01&to=2026-11-30' }),
  'stock.adjustLevel': (asking) =>
    named(asking, { method: 'PATCH', url: `/api/stockLevels/${asking.chance.pick(['‹variantLevel›', 'stk_x'])}`, body: { onHand: 1 } }),
  'emails.receiveHook': (asking) => named(asking, { method: 'POST', url: '/api/mail/inbound/postmark', body: { ID: 1 } }),
  'payments.receiveWebhook': (asking) =>
    named(asking, { method: 'POST', url: '/api/payments/webhooks/sandbox', body: { id: 'evt_1', reference: idOf(asking, 'pay') } }),
  'carts.create': (asking) => named(asking, { method: 'POST', url: '/api/carts', body: { email: 'somebody@example.com' } }),
  'carts.get': (asking) => atCart(asking, 'GET', (id) => ({ url: `/api/carts/${id}` })),
  'carts.addLine': (asking) => {
    const variant = asking.chance.pick(['‹variant›', '‹free›', '‹draftVariant›', `var_${unknownId}`])
    return atCart(asking, 'POST', (id) => ({ url: `/api/carts/${id}/lines`, body: { variant, quantity: 1 } }))
  },
  'carts.changeLine': (asking) => {
    const line = anyLine(asking)
    return atCart(asking, 'PATCH', (id) => ({ url: `/api/carts/${id}/lines/${line}`, body: { quantity: 1 + asking.chance.below(2) } }))
  },
  'carts.removeLine': (asking) => {
    const line = anyLine(asking)
    return atCart(asking, 'DELETE', (id) => ({ url: `/api/carts/${id}/lines/${line}` }))
  },
  'carts.update': (asking) => {
    const shippingMethod = asking.chance.pick(['‹shipping›', '‹shipping›', `ship_${unknownId}`])
    return atCart(asking, 'PATCH', (id) => ({ url: `/api/carts/${id}`, body: { shippingAddress: address, shippingMethod } }))
  },
  'carts.see': (asking) => atCart(asking, 'POST', (id) => ({ url: `/api/carts/${id}/seen`, body: { mark: 'another' } })),
  'carts.claim': (asking) => atCart(asking, 'POST', (id) => ({ url: `/api/carts/${id}/claim`, body: {} })),
  'orders.checkOut': (asking) => atCart(asking, 'POST', (id) => ({ url: `/api/carts/${id}/checkout`, body: { payment: payment(asking) } })),
  'orders.pay': (asking) => named(asking, { method: 'POST', url: `/api/orders/${orderOf(asking)}/payments`, body: payment(asking) }),
  'orders.fulfill': (asking) => named(asking, { method: 'POST', url: `/api/orders/${orderOf(asking)}/fulfillments`, body: {} }),
  'orders.cancel': (asking) => named(asking, { method: 'POST', url: `/api/orders/${orderOf(asking)}/cancel`, body: {} }),
}

type Schema = {
  readonly properties?: Readonly<Record<string, { readonly type?: unknown; readonly enum?: readonly unknown[] }>>
  readonly required?: readonly string[]
}

/** For an operation that none is written for: its address with an id that is theirs or not, and a body that may fit. */
function plainQuestion({ name, route, input }: Operation): Question {
  const [method, path] = route.split(' ') as [string, string]
  const { properties = {}, required = [] } = input as Schema
  return (asking) => {
    const { chance, model } = asking
    const prefix = model.find(path.split('/')[2]!)?.prefix ?? 'x'
    const url = path.replace(/:\w+/g, () => (model.find(name.split('.')[0]!) || prefix !== 'x' ? idOf(asking, prefix) : 'x'))
    if (method === 'GET') return named(asking, { method, url })
    const given = Object.entries(properties).filter(([one]) => !path.includes(`:${one}`) && (required.includes(one) || chance.is(0.3)))
    const body = given.map(([one, { type, enum: values }]) => [
      one,
      values ? chance.pick(values) : ({ integer: 1, boolean: true, array: [], object: {} }[String(type)] ?? 'alpha'),
    ])
    return named(asking, { method, url, body: Object.fromEntries(body) })
  }
}

/** One maker of questions for each operation but the live feed, which feed-question.ts asks. */
export function questionsFor(model: Model, operations: readonly Operation[]): Map<string, Question> {
  const generic = { list: listQuestion, get: getQuestion, create: createQuestion, update: updateQuestion, delete: deleteQuestion }
  const asked = operations.filter(({ name }) => name !== 'changes.watch')
  return new Map(
    asked.map((operation) => {
      const [noun, verb] = operation.name.split('.') as [string, string]
      const collection = model.find(noun)
      const isGeneric = collection && !collection.source.system && Object.hasOwn(generic, verb)
      const isRead = collection && (verb === 'list' || verb === 'get')
      const made = isGeneric || isRead ? generic[verb as keyof typeof generic](collection) : plainQuestion(operation)
      return [operation.name, own[operation.name] ?? made]
    }),
  )
}
