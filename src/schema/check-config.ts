// The config check: every mistake at once, each with its path, what is allowed and the nearest name.
// It runs before anything is opened, so a broken config never touches a database.
import { countries, isCountry } from '../base/countries.ts'
import { isCurrency } from '../base/currencies.ts'
import { limits } from '../base/limits.ts'
import { nearest } from '../base/nearest.ts'
import { isOrigin } from '../base/web-address.ts'
import { checkHttp } from './check-http.ts'

import type { Collection } from './collection.ts'
import { checkCallerRule, compileRule, type RuleFields, ruleFieldsOf } from './compile-rule.ts'
import type { BackendConfig } from './config.ts'
import type { Field } from './field.ts'
import { indexWidthMistake } from './index-width.ts'
import { prefixOf } from './model.ts'

export type ConfigMistake = { readonly path: string; readonly message: string }

const namePattern = /^[a-z][a-zA-Z0-9]{0,39}$/
const reservedFields = new Set(['id', 'version', 'createdAt', 'updatedAt', 'and', 'or', 'not'])
/** First parts of addresses that are not collections. */
const reservedCollections = new Set(['auth', 'batch', 'changes', 'docs', 'schema', 'mail', 'ledger', 'audit', 'health'])

/** `system` are the collections of the features that are on: their names are taken. */
export function checkConfig(config: BackendConfig, system: readonly Collection[]): ConfigMistake[] {
  const mistakes: ConfigMistake[] = []
  const add = (path: string, message: string) => void mistakes.push({ path, message })
  if (typeof config.name !== 'string' || config.name.trim() === '') add('name', 'must be a text, such as "My shop"')
  const own = (config.collections ?? []) as readonly Collection[]
  const names = new Set([...system, ...own].map(({ name }) => name))
  const ruleFields = new Map([...system, ...own].map((collection) => [collection.name, ruleFieldsOf(collection)]))
  const seen = new Set<string>()
  const prefixes = new Map(system.map((collection) => [prefixOf(collection), collection.name]))
  for (const [index, collection] of own.entries()) {
    const path = `collections[${index}]`
    if (!namePattern.test(collection.name)) add(`${path}.name`, `"${collection.name}" must be lowerCamel letters and digits, at most 40`)
    if (system.some(({ name }) => name === collection.name))
      add(
        `${path}.name`,
        `"${collection.name}" is Kingpost's own while its feature is on: choose another name${isShopName(collection.name) ? ' or set shop: false' : ''}`,
      )
    if (reservedCollections.has(collection.name)) add(`${path}.name`, `"${collection.name}" is an address of the API: choose another name`)
    if (seen.has(collection.name)) add(`${path}.name`, `"${collection.name}" is declared twice`)
    seen.add(collection.name)
    const prefix = prefixOf(collection)
    if (!/^[a-z]{2,8}$/.test(prefix)) add(`${path}.prefix`, `"${prefix}" must be 2 to 8 lower-case letters`)
    const other = prefixes.get(prefix)
    if (other !== undefined && other !== collection.name)
      add(`${path}.prefix`, `"${prefix}" starts the ids of ${other} already: give a prefix of its own`)
    prefixes.set(prefix, collection.name)
    checkCollection(collection, names, ruleFields, `collections.${collection.name}`, add)
  }
  if (config.shop) checkShop(config.shop, add)
  checkHttp(config.http, add)
  checkUnknown(config, ['name', 'collections', 'operations', 'shop', 'mail', 'http', 'storefront', 'seed'], '', add)
  return mistakes
}

type Add = (path: string, message: string) => void

function checkShop(shop: Exclude<BackendConfig['shop'], false | undefined>, add: Add): void {
  if (!isCurrency(shop.currency)) add('shop.currency', `"${shop.currency}" is no ISO 4217 currency, such as EUR`)
  checkUnknown(shop, ['currency', 'tax', 'limits', 'mailsUnpaid', 'productFields', 'returnOrigins'], 'shop.', add)
  for (const [index, origin] of (shop.returnOrigins ?? []).entries())
    if (!isOrigin(origin))
      add(`shop.returnOrigins[${index}]`, `"${origin}" must be a site such as https://www.shop.example, without a path`)
  if (shop.mailsUnpaid !== undefined && typeof shop.mailsUnpaid !== 'boolean') add('shop.mailsUnpaid', 'must be true or false')
  checkUnknown(shop.limits ?? {}, ['lineQuantity', 'orderUnits'], 'shop.limits.', add)
  for (const [name, units] of Object.entries(shop.limits ?? {}))
    if (!Number.isInteger(units) || units < 1 || units > limits.lineQuantityMax)
      add(`shop.limits.${name}`, `must be whole units from 1 to ${limits.lineQuantityMax}`)
  for (const [country, rate] of Object.entries(shop.tax?.ratesPpm ?? {})) {
    if (country !== '*' && !isCountry(country))
      add(`shop.tax.ratesPpm.${country}`, `"${country}" is no country of ISO 3166-1, such as DE, and not *${nearest(country, countries)}`)
    if (!Number.isInteger(rate) || rate < 0 || rate > 1_000_000)
      add(`shop.tax.ratesPpm.${country}`, 'must be parts per million from 0 to 1000000: 19 % is 190000')
  }
  for (const [name, field] of Object.entries(shop.productFields ?? {}))
    checkField(name, field, new Set(), `shop.productFields.${name}`, add)
}

function checkCollection(
  collection: Collection,
  names: ReadonlySet<string>,
  ruleFields: ReadonlyMap<string, RuleFields>,
  path: string,
  add: Add,
): void {
  for (const [name, field] of Object.entries(collection.fields)) {
    checkField(name, field, names, `${path}.fields.${name}`, add)
    checkFormer(field?.renamedFrom, new Set(Object.keys(collection.fields)), `${path}.fields.${name}.renamedFrom`, add)
  }
  checkFormer(collection.renamedFrom, names, `${path}.renamedFrom`, add)
  const paths = pathsOf(collection)
  const known = (name: string) => paths.has(name) || paths.has(`${name}.amount`)
  for (const [kind, lists] of [
    ['indexes', collection.indexes],
    ['unique', collection.unique],
  ] as const)
    for (const [index, list] of (lists ?? []).entries()) {
      for (const item of list) {
        const name = item.replace(/^-/, '')
        if (!known(name)) add(`${path}.${kind}[${index}]`, `has no field "${name}"${nearest(name, [...paths])}`)
      }
      const width = indexWidthMistake(collection.fields, list)
      if (width !== null) add(`${path}.${kind}[${index}]`, width)
    }
  for (const [action, rule] of Object.entries(collection.access ?? {})) {
    if (!['read', 'create', 'update', 'delete'].includes(action))
      add(`${path}.access.${action}`, `is no action${nearest(action, ['read', 'create', 'update', 'delete'])}`)
    else compileRule(rule, { collections: ruleFields, collection: collection.name, path: `${path}.access.${action}`, add })
  }
  for (const [name, list] of Object.entries(collection.lists ?? {}))
    if (!names.has(list.from)) add(`${path}.lists.${name}.from`, `there is no collection "${list.from}"${nearest(list.from, [...names])}`)
  checkUnknown(
    collection,
    [
      'name',
      'fields',
      'prefix',
      'title',
      'renamedFrom',
      'indexes',
      'unique',
      'access',
      'computed',
      'lists',
      'appendOnly',
      'feed',
      'checks',
      'afterChange',
      'internal',
      'system',
      'record',
    ],
    `${path}.`,
    add,
  )
}

function checkField(name: string, field: Field, collections: ReadonlySet<string>, path: string, add: Add): void {
  if (!namePattern.test(name)) add(path, `"${name}" must be lowerCamel letters and digits, at most 40`)
  if (reservedFields.has(name)) add(path, `"${name}" is a field or a word of Kingpost's own: choose another name`)
  if (typeof field !== 'object' || field === null || !('kind' in field))
    return add(path, 'must be made by field.text(), field.integer() and so on')
  if (field.to !== undefined && collections.size > 0 && !collections.has(field.to))
    add(path, `refers to "${field.to}", and there is no such collection${nearest(field.to, [...collections])}`)
  const width = field.unique ? indexWidthMistake({ [name]: field }, [name]) : null
  if (width !== null) add(path, width)
  if (field.backfill !== undefined && typeof field.backfill !== 'function') add(`${path}.backfill`, 'must be a function of the record')
  if (field.kind === 'enum' && (field.options?.length ?? 0) === 0) add(path, "needs at least one value: field.enum(['draft', 'published'])")
  for (const access of ['read', 'write'] as const) if (field[access] !== undefined) checkCallerRule(field[access], `${path}.${access}`, add)
}

/** A name that is in use again says nothing of where the values are. */
function checkFormer(former: string | readonly string[] | undefined, inUse: ReadonlySet<string>, path: string, add: Add): void {
  for (const name of former === undefined ? [] : [former].flat())
    if (typeof name !== 'string' || !namePattern.test(name)) add(path, 'must be a former name, or several of them, the latest first')
    else if (inUse.has(name)) add(path, `"${name}" is still declared: what is renamed gives its old name up`)
}

function pathsOf(collection: Collection): Set<string> {
  const paths = new Set(['id', 'version', 'createdAt', 'updatedAt'])
  for (const [name, field] of Object.entries(collection.fields)) {
    if (field?.kind === 'money') for (const part of ['amount', 'currency']) paths.add(`${name}.${part}`)
    else paths.add(name)
  }
  return paths
}

function checkUnknown(value: object, allowed: readonly string[], prefix: string, add: Add): void {
  for (const key of Object.keys(value))
    if (!allowed.includes(key)) add(`${prefix}${key}`, `is not an option${nearest(key, allowed)}; there are ${allowed.join(', ')}`)
}

function isShopName(name: string): boolean {
  return /^(orders?|carts?|products?|variants?|payments?|categories|shippingMethods)/.test(name)
}
