// The defences that the matrix is about, each with a text of the source that it stands in and the text that takes it away. `asked`:
// the attacks of the matrix that are run with it, of which one at least must fail.
import { resolve } from 'node:path'
import { accountDefences } from './account-defences.ts'
import { catalogueDefences } from './catalogue-defences.ts'
import { creditDefences } from './credit-defences.ts'
import { discountDefences } from './discount-defences.ts'
import { figureDefences } from './figure-defences.ts'
import { invoiceDefences } from './invoice-defences.ts'
import { ledgerDefences } from './ledger-defences.ts'
import { mailDefences } from './mail-defences.ts'
import { mailHookDefences } from './mail-hook-defences.ts'
import { inboundDefences } from './mail-in-defences.ts'
import { mailboxDefences } from './mailbox-defences.ts'
import { mollieDefences } from './mollie-defences.ts'
import { ownFieldDefences } from './own-field-defences.ts'
import { payPalDefences } from './paypal-defences.ts'
import { personalDefences } from './personal-defences.ts'
import { priceDefences } from './price-defences.ts'
import { providerDefences } from './provider-defences.ts'
import { sandboxDefences } from './sandbox-defences.ts'
import { stripeDefences } from './stripe-defences.ts'
import { taxDefences } from './tax-defences.ts'

export const root = resolve(import.meta.dirname, '../../..')

export type Defence = {
  readonly name: string
  readonly file: string
  /** Stands in the file once. */
  readonly from: string
  readonly to: string
  readonly asked: readonly string[]
  /** Where it is no attack of the matrix: a file of tests, of which `asked` has the first words of names. */
  readonly test?: string
  /** Where those run on another than SQLite. */
  readonly database?: string
}

const matrixDefences: readonly Defence[] = [
  {
    name: 'a list shows what the read rule lets through',
    file: 'src/records/list-records.ts',
    from: ', readFilter(collection, actor))\n      const where',
    to: ')\n      const where',
    asked: ['A8', 'A11'],
  },
  {
    name: 'a record is found under the read rule',
    file: 'src/records/present.ts',
    from: 'and(readFilter(collection, actor), more))',
    to: 'and(more))',
    asked: ['A16'],
  },
  {
    name: 'an aggregate counts what the read rule lets through',
    file: 'src/records/aggregate-records.ts',
    from: '        readFilter(collection, actor),\n',
    to: '',
    asked: ['A8'],
  },
  {
    name: 'an export holds what the read rule lets through',
    file: 'src/records/export-records.ts',
    from: ', readFilter(collection, actor))',
    to: ')',
    asked: ['A11'],
  },
  {
    name: 'a stream is under the read rule',
    file: 'src/changes/watch-changes.ts',
    from: 'targetOf(collection, actor, readFilter(collection, actor)))',
    to: 'targetOf(collection, actor, and()))',
    asked: ['A10'],
  },
  {
    name: 'a filtered stream is under the read rule, too',
    file: 'src/changes/watch-changes.ts',
    from: 'and(readFilter(only!, actor), wanted)',
    to: 'wanted',
    asked: ['A10'],
  },
  {
    name: 'a stream of what one may not see is refused',
    file: 'src/changes/watch-changes.ts',
    from: "if (readFilter(collection, actor).op === 'false') throw",
    to: 'if (false as boolean) throw',
    asked: ['A10', 'A19'],
  },
  {
    name: 'a stream names collections of the project alone',
    file: 'src/changes/watch-changes.ts',
    from: '!collection || collection.source.internal || !collection.isFed',
    to: '!collection',
    asked: ['A15'],
  },
  {
    name: 'hidden fields are left out of what is shown',
    file: 'src/records/present.ts',
    from: 'filter(({ field }) => !isReadable(field, viewer)).map(({ name }) => name)',
    to: 'filter(() => false).map(({ name }) => name)',
    asked: ['A8', 'A9', 'A13'],
  },
  {
    name: 'a filter on a hidden field is unknown',
    file: 'src/records/parse-filter.ts',
    from: '!field || field.isComputed || !isReadable(field.field, actor)) throw unknownField(scope, name, at)\n  const { kind, to }',
    to: '!field || field.isComputed) throw unknownField(scope, name, at)\n  const { kind, to }',
    asked: ['A1'],
  },
  {
    name: 'an order by a hidden field is unknown',
    file: 'src/records/parse-filter.ts',
    from: " || !isReadable(field.field, actor))\n      throw unknownField(scope, name, 'sort')",
    to: ")\n      throw unknownField(scope, name, 'sort')",
    asked: ['A4'],
  },
  {
    name: 'what a field is not told of is not listed either',
    file: 'src/records/parse-filter.ts',
    from: 'filter(({ field, isComputed }) => !isComputed && isReadable(field, scope.actor))',
    to: 'filter(({ isComputed }) => !isComputed)',
    asked: ['A1', 'A12'],
  },
  {
    name: 'a filter through a reference is under the rule of what it leads to',
    file: 'src/records/parse-filter.ts',
    from: 'and(readFilter(scope.collection, scope.actor), wanted)',
    to: 'wanted',
    asked: ['A7'],
  },
  {
    name: 'a list made by a hidden reference is none',
    file: 'src/records/present.ts',
    from: 'isReadable(target.fields.get(list.by)!.field, reading(actor, target)) ? { target, by: list.by } : undefined',
    to: '{ target, by: list.by }',
    asked: ['A7'],
  },
  {
    name: 'what is expanded is under its own read rule',
    file: 'src/records/expand.ts',
    from: ', readFilter(collection, actor))',
    to: ')',
    asked: ['A7'],
  },
  {
    name: 'a hidden reference is not expanded',
    file: 'src/records/expand.ts',
    from: '!field || !isReadable(field, actor) || field.to === undefined',
    to: '!field || field.to === undefined',
    asked: ['A7'],
  },
  {
    name: 'hidden fields cannot be chosen',
    file: 'src/records/list-records.ts',
    from: '!field || !isReadable(field.field, scope.actor)',
    to: '!field',
    asked: ['A9'],
  },
  {
    name: 'a hidden field is no group',
    file: 'src/records/parse-aggregate.ts',
    from: '!field || !column || !isReadable(field.field, actor)',
    to: '!field || !column',
    asked: ['A5'],
  },
  {
    name: 'a hidden field has no sum',
    file: 'src/records/parse-aggregate.ts',
    from: '!field || field.isComputed || !isReadable(field.field, scope.actor)',
    to: '!field || field.isComputed',
    asked: ['A5'],
  },
  {
    name: 'hidden fields are not searched',
    file: 'src/records/parse-search.ts',
    from: 'collection.searchPaths.filter((path) => isReadable(collection.fields.get(path)!.field, actor))',
    to: 'collection.searchPaths',
    asked: ['A6'],
  },
  {
    name: 'an import is not matched by a hidden field',
    file: 'src/records/import-records.ts',
    from: '!field || field.isComputed || !isReadable(field.field, actor)',
    to: '!field || field.isComputed',
    asked: ['A1'],
  },
  {
    name: 'a row of an import finds what its sender may see',
    file: 'src/records/import-records.ts',
    from: ', readFilter(collection, context.actor))',
    to: ')',
    asked: ['A8', 'A16'],
  },
  {
    name: 'a row names records by fields that its sender may see',
    file: 'src/records/import-names.ts',
    from: ' || !isReadable(unique.field, reading(actor, target)))',
    to: ')',
    asked: ['A7', 'A2'],
  },
  {
    name: 'a row names a hidden reference no more than a hidden field',
    file: 'src/records/import-names.ts',
    from: '  if (!isReadable(field.field, actor) && !isSettable(field.field, actor)) return undefined\n',
    to: '',
    asked: ['A2'],
  },
  {
    name: 'a column of a hidden field is unknown',
    file: 'src/records/import-rows.ts',
    from: '!isLoaded(one) && (isReadable(one.field, actor) || isSettable(one.field, actor))',
    to: '!isLoaded(one)',
    asked: ['A9'],
  },
  {
    name: 'what nobody gives is passed over in an import',
    file: 'src/records/import-rows.ts',
    from: "if (name === 'id' || (isWritable(compiled) && isSettable(compiled.field, actor))) return true",
    to: 'if (compiled) return true',
    asked: ['A27'],
  },
  {
    name: 'an operator is no value of a row',
    file: 'src/records/import-rows.ts',
    from: 'return problems.length > 0 ? { values: read.values, problem: [...(read.problem ?? []), ...problems] } : read',
    to: 'return read',
    asked: ['A30', 'A33'],
  },
  {
    name: 'a hidden field in a body is unknown',
    file: 'src/records/input-schemas.ts',
    from: 'all.filter(({ field }) => isReadable(field, actor) || isSettable(field, actor))',
    to: 'all',
    asked: ['A27'],
  },
  {
    name: 'a field that is not theirs to set is refused',
    file: 'src/records/write-record.ts',
    from: 'if (!isSettable(collection.fields.get(name)!.field, actor))',
    to: 'if (false as boolean)',
    asked: ['A22'],
  },
  {
    name: 'a reference leads to what its writer may see',
    file: 'src/records/write-record.ts',
    from: "(actor.kind === 'system' || (await fits(tx, target, record, readFilter(target, actor))))",
    to: "(actor.kind === 'system' || (await fits(tx, target, record, and())))",
    asked: ['A7', 'A16'],
  },
  {
    name: 'what one may not read of what one wrote is not answered',
    file: 'src/records/write-record.ts',
    from: 'await fits(tx, collection, record, and(readFilter(collection, actor)))',
    to: 'await fits(tx, collection, record, and())',
    asked: ['A13'],
  },
  {
    name: 'an update needs its rule before the change',
    file: 'src/records/update-record.ts',
    from: 'if (!(await fits(tx, collection, before, atFirst))) throw',
    to: 'if (false as boolean) throw',
    asked: ['A23'],
  },
  {
    name: 'a create needs its rule',
    file: 'src/records/create-record.ts',
    from: 'if (!(await decide(tx, rule, wanted))) throw',
    to: 'if (false as boolean) throw',
    asked: ['A19', 'A21'],
  },
  {
    name: 'a deletion needs its rule',
    file: 'src/records/delete-record.ts',
    from: "if (!(await fits(tx, collection, record, actionFilter(collection, 'delete', actor))))",
    to: 'if (false as boolean)',
    asked: ['A19'],
  },
  {
    name: 'If-Match is looked at',
    file: 'src/records/etag.ts',
    from: "if (!isMatch) throw new EngineError('precondition_failed', { headers: { etag } })",
    to: '',
    asked: ['A63'],
  },
  {
    name: 'a validator is of what is seen',
    file: 'src/records/etag.ts',
    from: 'const row = JSON.stringify(present(visibleFields(collection, actor), record))',
    to: 'const row = JSON.stringify([record.version, present(visibleFields(collection, actor), record)])',
    asked: ['A12', 'A63', 'A13'],
  },
  {
    name: 'the deleted are shown to who may read and restore them',
    file: 'src/records/list-deleted.ts',
    from: 'and(readFilter(collection, actor), restoreFilter(collection, actor))',
    to: 'and()',
    asked: ['A11', 'A24'],
  },
  {
    name: 'the deleted are shown without their hidden fields',
    file: 'src/records/list-deleted.ts',
    from: 'present(visibleFields(collection, actor), record) : null',
    to: 'present([...collection.fields.values()].filter((one) => !one.isComputed), record) : null',
    asked: ['A11'],
  },
  {
    name: 'one who may restore nothing is told so before what there is',
    file: 'src/records/list-deleted.ts',
    from: "if (restoreFilter(collection, actor).op === 'false')",
    to: 'if (false as boolean)',
    asked: ['A24'],
  },
  {
    name: 'the audit trail is under the read rule',
    file: 'src/changes/read-audit.ts',
    from: 'if (!states.every((state) => matches(readFilter(collection, actor), state) === true)) return null',
    to: '',
    asked: ['A11'],
  },
  {
    name: 'the audit trail has no hidden fields',
    file: 'src/changes/read-audit.ts',
    from: 'const fields = visibleFields(collection, actor).filter(({ isComputed }) => !isComputed)',
    to: 'const fields = [...collection.fields.values()].filter(({ isComputed }) => !isComputed)',
    asked: ['A11'],
  },
  {
    name: 'the audit trail has no changes of hidden fields alone',
    file: 'src/changes/read-audit.ts',
    from: 'if (changed.length === 0) return null',
    to: '',
    asked: ['A11'],
  },
  {
    name: 'a file is read by who may read its field',
    file: 'src/domains/files/file-access.ts',
    from: '|| field === undefined || !isReadable(field.field, reading(actor, collection))) return false',
    to: '|| field === undefined) return false',
    asked: ['A14'],
  },
  {
    name: 'a file is read by who may read its record',
    file: 'src/domains/files/file-access.ts',
    from: 'const record = await findVisible(read, collection, actor, file.record!)',
    to: 'const record = await read.get<Record<string, unknown> & { id: string; createdAt: number }>(collection, file.record!)',
    asked: ['A14'],
  },
  {
    name: 'a file that waits is its sender’s',
    file: 'src/domains/files/file-access.ts',
    from: "file.state === 'stored' && actor.id !== null && file.uploadedBy === actor.id",
    to: "file.state === 'stored'",
    asked: ['A14'],
  },
  {
    name: 'a file is claimed by its sender, once',
    file: 'src/domains/files/file-access.ts',
    from: "file.state === 'stored' && (file.uploadedBy === actor.id || isStaff(actor))",
    to: 'file !== null || isStaff(actor)',
    asked: ['A14', 'A73'],
  },
  {
    name: 'files are listed to who may read their fields',
    file: 'src/domains/files/collections.ts',
    from: 'all(staff, callerPart(access?.read ?? nobody), read, isOfIt)',
    to: 'all(staff, isOfIt)',
    asked: ['A8', 'A11'],
  },
  {
    name: 'an upload is its sender’s',
    file: 'src/domains/files/tus.ts',
    from: "file.state === 'claimed' || file.uploadedBy !== actor.id || ",
    to: "file.state === 'claimed' || ",
    asked: ['A14'],
  },
  {
    name: 'a link is of one file, for its time, by our key',
    file: 'src/domains/files/file-link.ts',
    from: 'isEqualSecret(await signLink(key, link), link.signature) && now < link.expires',
    to: 'now < link.expires',
    asked: ['A14', 'A73'],
  },
  {
    name: 'a signed link leads to no deleted record’s file',
    file: 'src/domains/files/file-access.ts',
    from: 'return collection !== undefined && (await read.get(collection, record!)) !== null',
    to: 'return collection !== undefined',
    asked: ['A24', 'A73'],
  },
  {
    name: 'a page that is a file is kept',
    file: 'src/domains/files/file-content.ts',
    from: "isKept || !shown.test(type) ? 'attachment' : 'inline'",
    to: "isKept ? 'attachment' : shown.test('') ? '' : 'inline'",
    asked: ['A38'],
  },
  {
    name: 'one sender has room for so many files',
    file: 'src/domains/files/file-room.ts',
    from: "throw new EngineError('too_many_files')",
    to: 'return',
    asked: ['A67'],
  },
  {
    name: 'an operation is asked by whom it is for',
    file: 'src/operation/run-operation.ts',
    from: 'if (!allows(operation.access, call.actor)) throw',
    to: 'if (false as boolean) throw',
    asked: ['A19'],
  },
  {
    name: 'input has the form that it should have',
    file: 'src/operation/run-operation.ts',
    from: '  validatorOf(operation.inputFor?.(call.actor) ?? operation.input)(call.input, place)\n',
    to: '  void [validatorOf, place]\n',
    asked: ['A29', 'A30'],
  },
  {
    name: 'a step of a batch is asked by whom it is for',
    file: 'src/operation/batch.ts',
    from: 'if (!allows(operation.access, actor)) throw',
    to: 'if (false as boolean) throw',
    asked: ['A19', 'A21', 'A26'],
  },
  {
    name: 'a step of a batch has the form that it should have',
    file: 'src/operation/batch.ts',
    from: "validatorOf(operation.inputFor?.(actor) ?? operation.input)(input, 'body')",
    to: '',
    asked: ['A27', 'A29'],
  },
  {
    name: 'a step looks at its own If-Match',
    file: 'src/operation/batch.ts',
    from: 'request: { ...request, ifMatch, ifNoneMatch: null }',
    to: 'request: { ...request, ifMatch: null, ifNoneMatch: null }',
    asked: ['A63'],
  },
  {
    name: 'sign-in and the like are no steps of a batch',
    file: 'src/operation/batch.ts',
    from: "return kind === 'command' && isPlain && !alwaysPrepares && !operation.reload && rate !== 'account'",
    to: "return kind === 'command' || (isPlain && !alwaysPrepares && !operation.reload && rate !== 'account')",
    asked: ['A26', 'A31'],
  },
  {
    name: 'what a batch answers is no larger than a body',
    file: 'src/operation/batch.ts',
    from: 'if (room.values < 0 || room.characters < 0)',
    to: 'if (false as boolean)',
    asked: ['A67'],
  },
  {
    name: 'a step takes what an earlier one answered, and nothing of its object',
    file: 'src/operation/batch.ts',
    from: "value = typeof value === 'object' && value !== null && Object.hasOwn(value, name) ?",
    to: "value = typeof value === 'object' && value !== null ?",
    asked: ['A29'],
  },
  {
    name: 'names of prototypes are refused',
    file: 'src/base/json-text.ts',
    from: "if (name === '__proto__') throw",
    to: 'if (false as boolean) throw',
    asked: ['A29'],
  },
  {
    name: 'a name is given once',
    file: 'src/base/json-text.ts',
    from: 'if (found.names < names) throw',
    to: 'if (false as boolean) throw',
    asked: ['A29'],
  },
  {
    name: 'numbers that lose digits are refused',
    file: 'src/base/json-text.ts',
    from: "if (value === lost) throw refused(path, 'number', 'is a number of more digits, or larger, than can be kept exactly')",
    to: 'if (value === lost) return 1',
    asked: ['A30'],
  },
  {
    name: 'a body nests so deep and no deeper',
    file: 'src/base/json-text.ts',
    from: 'if (++depth > limits.jsonDepthMax) throw',
    to: 'if (++depth < 0) throw',
    asked: ['A65'],
  },
  {
    name: 'a formula is guarded in CSV',
    file: 'src/records/csv.ts',
    from: 'formula.test(value) && !negative.test(value) ?',
    to: 'formula === negative ?',
    asked: ['A36'],
  },
  {
    name: 'the guard comes off again on the way back',
    file: 'src/records/csv.ts',
    from: 'value: guarded.test(text) ? text.slice(1) : text',
    to: 'value: text',
    asked: ['A36'],
  },
  {
    name: 'a pattern of SQL is letters',
    file: 'src/storage/sql/compile.ts',
    from: "value.replace(/[\\\\%_]/g, '\\\\$&')",
    to: 'value',
    asked: ['A34'],
  },
  {
    name: 'a filter has so many conditions',
    file: 'src/records/parse-filter.ts',
    from: 'if (++budget.conditions > limits.filterConditionsMax)',
    to: 'if (++budget.conditions < 0)',
    asked: ['A65'],
  },
  {
    name: 'a path follows so many references',
    file: 'src/records/parse-filter.ts',
    from: 'if (hops + 1 > limits.pathHopsMax) throw',
    to: 'if (hops < 0) throw',
    asked: ['A65'],
  },
  {
    name: 'a cursor is of the order that it came with',
    file: 'src/records/cursor.ts',
    from: 'if (parts.length !== keys.length + 1 || parts[0] !== signature(sort)) throw foreignCursor()',
    to: '',
    asked: ['A4', 'A12'],
  },
  {
    name: 'an account that is switched off is nobody',
    file: 'src/domains/accounts/authenticate.ts',
    from: 'found.user.disabled || ',
    to: '',
    asked: ['A25'],
  },
  {
    name: 'a form is refused by its type',
    file: 'src/http/server.ts',
    from: "new EngineError('unsupported_media_type'), undefined)",
    to: 'null, {})',
    asked: ['A39'],
  },
  {
    name: 'an answer is not sniffed',
    file: 'src/http/server.ts',
    from: "    reply.header('x-content-type-options', 'nosniff')\n    if (answer.content)",
    to: '    if (answer.content)',
    asked: ['A38', 'A72'],
  },
  {
    name: 'a range that is none is refused',
    file: 'src/http/send-content.ts',
    from: 'if (range.first < size && range.first <= range.last) return range',
    to: 'if (size >= 0) return range',
    asked: ['A63'],
  },
  {
    name: 'a page that is a file runs nothing',
    file: 'src/domains/files/file-content.ts',
    from: "img-src 'self'; sandbox",
    to: "img-src 'self'",
    asked: ['A72'],
  },
  {
    name: 'a stream tells of fields that its reader sees',
    file: 'src/changes/watch-changes.ts',
    from: 'const fields = visibleFields(collection, actor)',
    to: 'const fields = [...collection.fields.values()].filter((one) => !one.isComputed)',
    asked: ['A10'],
  },
  {
    name: 'a stream is silent about changes of hidden fields alone',
    file: 'src/changes/judge.ts',
    from: 'if (wasSeen && (step === null || !isShown(target, step))) return null',
    to: 'if (wasSeen && step === null) return null',
    asked: ['A10'],
  },
  {
    name: 'a record that left sight is told as gone',
    file: 'src/changes/judge.ts',
    from: "if (wasSeen) return { place, target, id, action: 'deleted', record: null }",
    to: '',
    asked: ['A10'],
  },
  {
    name: 'who sees a record by another one loses it with that',
    file: 'src/changes/dependents.ts',
    from: 'return [[hop], ...chainsOf(filter.collection, filter.of).map((chain) => [hop, ...chain])]',
    to: 'return hop === null ? [] : []',
    asked: ['A10'],
  },
  {
    name: 'who may set a field is who may read it, where no rule says',
    file: 'src/records/present.ts',
    from: 'const rule = field.write ?? field.read',
    to: 'const rule = field.write',
    asked: ['A27'],
  },
  {
    name: 'what is computed of a hidden field is as hidden',
    file: 'src/schema/computed.ts',
    from: 'rules.length > 0 ? all(...rules) : undefined',
    to: 'rules.length < 0 ? all(...rules) : undefined',
    asked: ['A1', 'A8', 'A9'],
  },
  {
    name: 'a collection without a rule to read has no routes',
    file: 'src/engine/record-operations.ts',
    from: 'if (internal || access.read === undefined) return []',
    to: 'void internal',
    asked: ['A15'],
  },
  {
    name: 'the schema has what its reader sees',
    file: 'src/records/describe-schema.ts',
    from: 'fields: visibleFields(collection, actor).map(',
    to: 'fields: [...collection.fields.values()].map(',
    asked: ['A11'],
  },
  {
    name: 'a parameter that is none is refused',
    file: 'src/records/list-records.ts',
    from: 'const unsearchableInput = Type.Unsafe<Static<typeof listInput>>(Type.Object(unsearchable, { additionalProperties: false }))',
    to: 'const unsearchableInput = Type.Unsafe<Static<typeof listInput>>(Type.Object(unsearchable, {}))',
    asked: ['A6'],
  },
  {
    name: 'a search has so many words',
    file: 'src/records/parse-search.ts',
    from: 'if (given.length > limits.searchWordsMax)',
    to: 'if (given.length < 0)',
    asked: ['A65'],
  },
  {
    name: 'names of files mean no path',
    file: 'src/domains/files/clean-name.ts',
    from: "(given ?? '').normalize('NFC').split(/[/\\\\]/).at(-1)!",
    to: "(given ?? '').normalize('NFC')",
    asked: ['A36', 'A37', 'A73'],
  },
  {
    name: 'a text of one line has one',
    file: 'src/schema/kinds/text.ts',
    from: 'givenSchema: (schema) => ({ ...schema, pattern: oneLine }),',
    to: 'givenSchema: (schema) => ({ ...schema }),',
    asked: ['A35', 'A12'],
  },
  {
    name: 'an address is one of the web',
    file: 'src/base/web-address.ts',
    from: 'if (!/^https?:\\/\\/[^/?#]/i.test(text) ||',
    to: 'if (',
    asked: ['A69'],
  },
]

export const defences: readonly Defence[] = [
  ...matrixDefences,
  ...accountDefences,
  ...personalDefences,
  ...providerDefences,
  ...ledgerDefences,
  ...catalogueDefences,
  ...creditDefences,
  ...discountDefences,
  ...priceDefences,
  ...figureDefences,
  ...ownFieldDefences,
  ...taxDefences,
  ...mailDefences,
  ...inboundDefences,
  ...mailHookDefences,
  ...mailboxDefences,
  ...invoiceDefences,
  ...mollieDefences,
  ...stripeDefences,
  ...payPalDefences,
  ...sandboxDefences,
]

export function defenceNamed(name: string): Defence {
  const found = defences.find((one) => one.name === name)
  if (!found) throw new Error(`There is no defence "${name}".`)
  return found
}

/** @throws Error where the source does not say that any more */
export function mutated({ name, file, from, to }: Defence, source: string): string {
  const parts = source.split(from)
  if (parts.length !== 2)
    throw new Error(
      `${name}: ${file} has its text ${parts.length - 1} times. Say in defences.ts which text it is now: it must stand there once.`,
    )
  return parts.join(to)
}
