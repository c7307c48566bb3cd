// One collection of the project: its options, its fields, and all that names fields of it or of others.
import { limits } from '../../base/limits.ts'
import { nearest } from '../../base/nearest.ts'
import type { Collection, Fields } from '../../schema/collection.ts'
import { checkCallerRule, compileRule, type RuleFields, ruleFieldsOf, rulePlace } from '../../schema/compile-rule.ts'
import { indexWidthMistake } from '../../schema/index-width.ts'
import type { KindColumn } from '../../schema/kinds/kind.ts'
import {
  type Add,
  type Check,
  callable,
  countFrom,
  flag,
  isObject,
  type Keys,
  line,
  list,
  named,
  object,
  passes,
  plainObject,
  wholeNumber,
  word,
} from '../../schema/shape.ts'
import { checkComputed } from './check-computed.ts'
import { checkField, formerNames, namePattern } from './check-field.ts'

/** What a declaration may refer to, and who is told of mistakes. */
export type Names = {
  /** All collections there are, by name. */
  readonly fieldsOf: ReadonlyMap<string, RuleFields>
  readonly collections: ReadonlySet<string>
  readonly add: Add
}

const reservedFields = new Set(['id', 'version', 'createdAt', 'updatedAt', 'and', 'or', 'not'])
const actions = ['read', 'create', 'update', 'delete', 'aggregate', 'restore']
const anything: Check = () => {}
const paths = list(line, 1)
const kept = object({ keepDays: countFrom(1) }, { required: ['keepDays'], made: 'true, or { keepDays: 30 }' })
const keys: Keys = {
  name: anything,
  fields: plainObject,
  prefix: line,
  title: line,
  renamedFrom: formerNames,
  indexes: list(paths),
  unique: list(paths),
  access: plainObject,
  loaded: object({ fields: plainObject, load: callable }, { required: ['fields', 'load'] }),
  lists: named(() => object({ from: line, by: line }, { required: ['from', 'by'] })),
  search: word('words', 'parts'),
  appendOnly: flag,
  feed: flag,
  softDelete: (value, path, add) => (typeof value === 'boolean' ? undefined : kept(value, path, add)),
  checks: list(object({ path: line, op: word('gte'), value: wholeNumber }, { required: ['path', 'op', 'value'] })),
  beforeChange: callable,
  afterChange: callable,
  internal: flag,
}

export function checkCollection(collection: Collection, path: string, names: Names): void {
  const { add } = names
  const { system, ...rest } = collection
  if (system !== undefined) add(`${path}.system`, 'is for collections of Kingpost itself: leave it out')
  const wrong = new Set<string>()
  const note: Add = (where, message) => {
    wrong.add(where.slice(path.length + 1).split(/[.[]/)[0]!)
    add(where, message)
  }
  object(keys, { required: ['fields'] })(rest, path, note)
  // What has the wrong form says nothing more.
  const has = (key: keyof Collection) => collection[key] !== undefined && !wrong.has(key)
  const sound = has('fields') ? checkFields(collection.fields, `${path}.fields`, names) : {}
  if (has('loaded')) checkFields(collection.loaded!.fields, `${path}.loaded.fields`, names)
  if (has('fields')) {
    checkComputed(collection.fields, `${path}.fields`, add)
    checkSpellings(collection, path, add)
    checkFormers(collection, path, names)
    if (collection.appendOnly === true && has('softDelete') && collection.softDelete !== false)
      add(`${path}.softDelete`, 'is for records that are deleted, and appendOnly says that they never are')
    if (collection.appendOnly === true) checkUnchanged(sound, `${path}.fields`, add)
    const fields = ruleFieldsOf(collection)
    checkIndexes({ collection, sound, fields, has }, path, add)
    checkSearch(sound, path, add)
    if (has('checks')) checkChecks(collection, fields, path, add)
    if (has('access')) checkAccess(collection, path, names)
    if (has('lists')) checkLists(collection, path, names)
  }
}

/** @returns the fields that have nothing wrong with them */
export function checkFields(fields: Readonly<Record<string, unknown>>, path: string, names: Names): Fields {
  const { add } = names
  const sound = Object.entries(fields).filter(([name, field]) => {
    const at = `${path}.${name}`
    if (!namePattern.test(name)) add(at, `"${name}" must be lowerCamel letters and digits, at most 40`)
    if (reservedFields.has(name)) add(at, `"${name}" is a field or a word of Kingpost's own: choose another name`)
    if (name in Object.prototype) add(at, `"${name}" is a word of JavaScript's own: choose another name`)
    return passes((value, where, note) => checkField(value, where, { ...names, add: note }), field, at, add)
  })
  return Object.fromEntries(sound) as Fields
}

/** Databases may take two names for one that differ in case alone; a record has one value of a name. */
function checkSpellings({ fields, loaded, lists }: Collection, path: string, add: Add): void {
  const seen = new Map<string, string>()
  const groups = { fields, 'loaded.fields': loaded?.fields, lists }
  for (const [group, some] of Object.entries(groups))
    for (const name of Object.keys(isObject(some) ? some : {})) {
      const other = seen.get(name.toLowerCase())
      if (other !== undefined)
        add(`${path}.${group}.${name}`, other === name ? 'is declared twice' : `differs from "${other}" in case alone`)
      seen.set(name.toLowerCase(), name)
    }
}

/** A name that is in use again says nothing of where the values are. */
function checkFormers(collection: Collection, path: string, { collections, add }: Names): void {
  const check = (former: unknown, inUse: { has(name: string): boolean }, at: string) => {
    for (const name of [former ?? []].flat())
      if (typeof name === 'string' && inUse.has(name))
        add(`${at}.renamedFrom`, `"${name}" is still declared: what is renamed gives its old name up`)
  }
  check(collection.renamedFrom, collections, path)
  const inUse = new Set(Object.keys(collection.fields))
  const claimed = new Map<string, string>()
  for (const [name, field] of Object.entries(collection.fields))
    if (isObject(field)) {
      check(field.renamedFrom, inUse, `${path}.fields.${name}`)
      for (const former of [field.renamedFrom ?? []].flat()) {
        const other = claimed.get(former)
        if (other !== undefined)
          add(`${path}.fields.${name}.renamedFrom`, `"${former}" is what ${other} was called, too: one of them has its values`)
        claimed.set(former, name)
      }
    }
}

/** A search looks a word up in each field, and asks for each weight. */
function checkSearch(sound: Fields, path: string, add: Add): void {
  const searched = Object.values(sound).filter(({ search }) => search !== undefined && search !== false)
  const weights = new Set(searched.map(({ search }) => (typeof search === 'object' ? search.weight : 1)))
  if (searched.length > limits.searchedFieldsMax)
    add(`${path}.fields`, `are searched, ${searched.length} of them: at most ${limits.searchedFieldsMax} can be`)
  if (weights.size > limits.searchWeightsMax)
    add(`${path}.fields`, `are searched by ${weights.size} weights: there are at most ${limits.searchWeightsMax}`)
}

type Indexed = {
  readonly collection: Collection
  readonly sound: Fields
  readonly fields: RuleFields
  readonly has: (key: keyof Collection) => boolean
}

function checkIndexes({ collection, sound, fields, has }: Indexed, path: string, add: Add): void {
  const seen = new Map<string, string>()
  // A unique field has its index already.
  for (const [name, field] of Object.entries(sound)) {
    if (!field.unique) continue
    seen.set(`unique ${name}`, `fields.${name}`)
    const width = indexWidthMistake({ [name]: field }, [name])
    if (width !== null) add(`${path}.fields.${name}`, width)
  }
  for (const kind of ['indexes', 'unique'] as const)
    for (const [index, parts] of (has(kind) ? collection[kind]! : []).entries()) {
      const at = `${path}.${kind}[${index}]`
      const names = parts.map((part) => part.replace(/^-/, ''))
      const areColumns = names.map((name) => checkColumn(name, fields, at, add))
      const width = areColumns.every((column) => column !== null) ? indexWidthMistake(sound, parts) : null
      if (width !== null) add(at, width)
      if (new Set(names).size < names.length) add(at, 'names a field twice')
      const key = `${kind} ${parts.join()}`
      if (seen.has(key)) add(at, `is the same as ${seen.get(key)}`)
      seen.set(key, `${kind}[${index}]`)
    }
}

/** A path that lies in the database as one comparable value: its column, or null after a mistake. */
function checkColumn(path: string, fields: RuleFields, at: string, add: Add): KindColumn | null {
  const [head, part] = path.split('.') as [string, string | undefined]
  const field = fields.get(head)
  const column = field?.kind.columns.find((one) => (part === undefined ? true : path === `${head}.${one.part}`))
  if (field === undefined || column === undefined) add(at, `has no field "${path}"${nearest(path, fields.keys())}`)
  else if (field.isComputed) add(at, `"${path}" is computed when a record is read, and lies in no column`)
  else if (column.type === 'json') add(at, `"${path}" is ${column.isList ? 'a list' : 'JSON'}, which has no order`)
  else return column
  return null
}

function checkChecks({ checks = [] }: Collection, fields: RuleFields, path: string, add: Add): void {
  for (const [index, check] of checks.entries()) {
    const at = `${path}.checks[${index}].path`
    const column = checkColumn(check.path, fields, at, add)
    if (column === null || column.type === 'integer') continue
    const { kind } = fields.get(check.path.split('.')[0]!)!
    add(at, `"${check.path}" is of kind ${kind.name}, and a check compares numbers`)
  }
}

function checkAccess(collection: Collection, path: string, { fieldsOf, add }: Names): void {
  const { access = {}, appendOnly, softDelete = false } = collection
  for (const [action, rule] of Object.entries(access)) {
    const at = `${path}.access.${action}`
    if (!actions.includes(action)) add(at, `is no action${nearest(action, actions)}`)
    else if (action === 'aggregate') {
      if (rule !== undefined) checkCallerRule(rule, at, add)
    } else if (rule !== undefined) compileRule(rule, { collections: fieldsOf, ...rulePlace(collection, action), path: at, add })
  }
  if (access.restore !== undefined && !softDelete)
    add(`${path}.access.restore`, 'is for what can be restored: say softDelete: true, or leave it out')
  for (const action of ['update', 'delete'] as const)
    if (appendOnly === true && access[action] !== undefined)
      add(`${path}.access.${action}`, 'is for records that change, and appendOnly says that they never do')
}

function checkUnchanged(fields: Fields, path: string, add: Add): void {
  const isDeleted = Object.values(fields).some(({ onErase }) => onErase === 'delete')
  for (const [name, { onErase, personal }] of Object.entries(fields)) {
    if (onErase === 'clear')
      add(`${path}.${name}.onErase`, 'is clear, which changes records, and appendOnly says that they never do: take delete, or keep')
    if (personal === true && !isDeleted)
      add(`${path}.${name}.personal`, "is emptied, and appendOnly says that records never change: let a reference say onErase: 'delete'")
  }
  for (const [name, { onDelete = 'restrict' }] of Object.entries(fields))
    if (onDelete !== 'restrict')
      add(`${path}.${name}.onDelete`, `is ${onDelete}, which changes records, and appendOnly says that they never do`)
}

function checkLists({ name, lists = {} }: Collection, path: string, { fieldsOf, add }: Names): void {
  for (const [list, { from, by }] of Object.entries(lists)) {
    const at = `${path}.lists.${list}`
    if (!namePattern.test(list) || reservedFields.has(list)) add(at, `"${list}" is no name of a list: choose another`)
    const fields = fieldsOf.get(from)
    const field = fields?.get(by)
    if (fields === undefined) add(`${at}.from`, `there is no collection "${from}"${nearest(from, fieldsOf.keys())}`)
    else if (field === undefined) add(`${at}.by`, `${from} has no field "${by}"${nearest(by, fields.keys())}`)
    else if (field.kind.refers !== 'one' || field.isComputed) add(`${at}.by`, `${from}.${by} is no single reference`)
    else if (field.to !== name) add(`${at}.by`, `${from}.${by} refers to ${field.to}, not to ${name}`)
  }
}
