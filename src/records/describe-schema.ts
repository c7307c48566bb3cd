import { type Actor, isStaff } from '../access/actor.ts'
import { allows, nobody, ruleFilter, staff } from '../access/rule.ts'
import { Type } from '../contract/type.ts'
import { type Operation, query } from '../operation/define.ts'
import { withinScope } from '../operation/key-scope.ts'
import { fileRulesOf } from '../schema/kinds/file.ts'
import type { Field } from '../schema/kinds/kind.ts'
import type { CompiledField } from '../schema/model.ts'
import { writableFields } from '../schema/wire.ts'
import { keepMsOf } from './deleted-records.ts'
import { ownFieldsOf } from './own-fields.ts'
import { isSortable, type QueryScope } from './parse-filter.ts'
import { searchPathsOf } from './parse-search.ts'
import { isSettable, readFilter, visibleFields, visibleList, writing } from './present.ts'

export type Names = {
  /** That can be given to an account. */
  readonly roles: readonly string[]
  /** That a webhook can ask for. */
  readonly events: readonly string[]
  /** All there are, for what the caller may do. */
  readonly operations: () => readonly Operation[]
}

/** `GET /api/schema`: what collections and fields there are, and what roles and events, for consoles and tools. */
export function describeSchema({ roles, events, operations }: Names): Operation {
  return query({
    name: 'schema.describe',
    route: 'GET /api/schema',
    summary: 'Collections, their fields and what the caller may do',
    tag: 'Schema',
    input: Type.Object({}, { additionalProperties: false }),
    output: Type.Object({
      items: Type.Array(Type.Unsafe<object>({ type: 'object' })),
      roles: Type.Array(Type.String()),
      events: Type.Array(Type.String({ description: 'What a webhook can be told.' })),
      may: Type.Array(Type.String(), { description: 'The operations that the caller may ask for as staff.' }),
      timeZone: Type.String({ description: "Of the bookkeeping: whose days the figures' are." }),
    }),
    isPresented: true,
    access: staff,
    isForEachRole: true,
    async run({ model, project, actor }) {
      const visible = [...model.collections.values()].filter(
        (collection) => !collection.source.internal && readFilter(collection, actor).op !== 'false',
      )
      return {
        output: {
          items: visible.map((collection) => describe({ model, collection, actor })),
          roles,
          events,
          may: asStaff(operations(), actor),
          timeZone: project.shop?.bookkeeping.timeZone ?? 'UTC',
        },
      }
    },
  })
}

/** By their names. */
function asStaff(operations: readonly Operation[], actor: Actor): string[] {
  const mayAsk = (operation: Operation) => {
    try {
      const caller = withinScope(actor, operation)
      return isStaff(caller) && allows(operation.access, { ...caller, provenAgoMs: 0 })
    } catch {
      // Closed to API keys, or without the scope.
      return false
    }
  }
  return operations.filter(mayAsk).map(({ name }) => name)
}

/** What this caller may know of it. */
function describe(scope: QueryScope) {
  const { collection, actor } = scope
  const { access } = collection
  const { system = false, lists = {} } = collection.source
  const writer = writing(actor, collection)
  const can = (action: 'create' | 'update' | 'delete') => ruleFilter(access[action] ?? nobody, writer).op !== 'false'
  const keepMs = keepMsOf(collection.source)
  const canRestore = ruleFilter(access.restore ?? staff, writer).op !== 'false'
  const own = new Set(ownFieldsOf(collection))
  const given = system ? own : writableFields(collection)
  const writable = new Set([...given].filter(({ field }) => isSettable(field, writer)))
  return {
    name: collection.name,
    title: collection.title,
    /** What its ids begin with. */
    prefix: collection.prefix,
    system,
    fields: visibleFields(collection, actor).map((compiled) => ({
      ...fieldOf(compiled),
      writable: writable.has(compiled),
      ...(own.has(compiled) && { own: true }),
    })),
    lists: Object.keys(lists).filter((name) => visibleList(scope, name) !== undefined),
    searchable: searchPathsOf(collection, actor).length > 0,
    can: { create: can('create'), update: can('update'), delete: can('delete'), restore: keepMs !== null && canRestore },
    /** Days that a deleted record can be restored; null where a deletion is the end. */
    keepDays: keepMs === null ? null : keepMs / 86_400_000,
  }
}

function filesOf(field: Field) {
  const { accept, maxBytes } = fileRulesOf(field)
  return { maxBytes, ...(accept === undefined ? {} : { accept }) }
}

function fieldOf(compiled: CompiledField) {
  const { name, field, isComputed, columns } = compiled
  return {
    name,
    kind: name === 'id' ? 'id' : field.kind.name,
    required: field.required,
    filterable: !isComputed && columns[0]!.type !== 'json',
    sortable: isSortable(compiled),
    /** For consoles: how a form takes the value, how it is shown, and which operators of a filter are worth offering. */
    input: field.kind.input,
    display: field.kind.display,
    operators: field.kind.columns[0].comparing.offered,
    ...(field.unique ? { unique: true } : {}),
    ...(field.currency === undefined ? {} : { currency: field.currency }),
    ...(field.scale === undefined ? {} : { scale: field.scale }),
    ...(field.to === undefined ? {} : { ref: field.to }),
    ...(field.kind.holdsFiles === undefined ? {} : filesOf(field)),
    ...(field.options === undefined ? {} : { options: field.options }),
  }
}
