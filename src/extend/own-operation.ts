// Operations of a project: like ours, with what code of a project is given besides. Their `run` is held to its transaction.
import type { CallerRule } from '../access/rule.ts'
import { EngineError } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import { nodeHttp } from '../base/node-http.ts'
import { declarationOf, declare, placeOfDeclaration } from '../base/place.ts'
import type { Filter } from '../contract/filter.ts'
import type { Static, TSchema } from '../contract/type.ts'
import {
  type Answer,
  type Command,
  type CommandContext,
  type CommonSpec,
  type Content,
  command as defineCommand,
  query as defineQuery,
  type Operation,
  type PrepareContext,
  type Query,
  type QueryContext,
  type ToldOperation,
} from '../operation/define.ts'
import type { CollectionRef } from '../schema/collection.ts'
import type { Model } from '../schema/model.ts'
import type { Reader } from '../storage/storage.ts'
import type { Transaction } from '../storage/transaction.ts'
import { inTime } from './in-time.ts'
import { brokenBy, type During, isAnswer, named, OwnCodeError, OwnMistake, type Piece, runOwnCode } from './own-code.ts'
import { checkedReader, checkFilter } from './own-filter.ts'
import { checkId } from './own-key.ts'
import type { OwnName } from './own-name.ts'
import { checkAnswer, checkBytes, checkIsAnswer, checkOutput } from './own-output.ts'
import { type DutyWork, dutyWork, type OutsideWork, type OwnParts, outsideWork } from './own-work.ts'
import { boundOf, countWrite } from './scope.ts'
import { asEngine } from './whose-code.ts'

/** `signal` ends what still waits when the time is over: `fetch(url, { signal })`. */
type Readable = Pick<OutsideWork, 'records' | 'secrets' | 'signal'>

/** What may be answered as `T`: fields that it does not name are left out of the answer, and a time may be a `Date`. */
type Answerable<T> = T extends string
  ? T | Date
  : T extends readonly (infer TItem)[]
    ? readonly Answerable<TItem>[]
    : T extends object
      ? { readonly [TName in keyof T]: Answerable<T[TName]> | (object extends Pick<T, TName> ? undefined : never) }
      : T
/** Null is for what has no body, such as 204. */
type OutputOf<TOutput extends TSchema> = unknown extends Static<TOutput> ? unknown : Answerable<Static<TOutput>> | null

/** A route, or the sentence that says what is wrong with it. One that the compiler does not know is looked at by the start. */
type RouteOf<TRoute extends string, TMethod extends string, TInput> = string extends TRoute
  ? TRoute
  : TRoute extends `${TMethod} /api/${string}`
    ? unknown extends TInput
      ? TRoute
      : Exclude<ParametersOf<TRoute>, keyof TInput> extends infer P extends string
        ? [P] extends [never]
          ? TRoute
          : `the route names ${P}, which the input does not have`
        : TRoute
    : `${TMethod} /api/…`
type ParametersOf<TRoute extends string> = TRoute extends `${string}/:${infer P}/${infer R}`
  ? P | ParametersOf<`/${R}`>
  : TRoute extends `${string}/:${infer P}`
    ? P
    : never

/** A read. It sees committed data and changes nothing. */
export function query<const TName extends OwnName, const TRoute extends string, TInput extends TSchema, TOutput extends TSchema>(
  spec: Omit<CommonSpec<TInput, TOutput>, 'name' | 'route' | 'access'> & {
    readonly name: TName
    readonly route: RouteOf<TRoute, 'GET', Static<TInput>>
    readonly access: CallerRule
    readonly run: (context: QueryContext<Static<TInput>> & Readable) => Promise<Answer<OutputOf<TOutput>>>
  },
): Query & ToldOperation<TName, TInput, TOutput> {
  return declare(defineQuery(spec as never) as Query, spec, placeOfDeclaration())
}

/** A change, in one transaction. What must not happen inside one, such as a call to another service, is done by `prepare`, before it. */
export function command<
  const TName extends OwnName,
  const TRoute extends string,
  TInput extends TSchema,
  TOutput extends TSchema,
  TPrepared = undefined,
>(
  spec: Omit<CommonSpec<TInput, TOutput>, 'name' | 'route' | 'access'> & {
    readonly name: TName
    readonly route: RouteOf<TRoute, 'POST' | 'PUT' | 'PATCH' | 'DELETE', Static<TInput>>
    readonly access: CallerRule
    readonly prepare?: (context: PrepareContext<Static<TInput>> & Readable) => Promise<TPrepared>
    readonly run: (context: CommandContext<Static<TInput>, TPrepared> & DutyWork) => Promise<Answer<OutputOf<TOutput>>>
    readonly reload?: (context: QueryContext<Static<TInput>> & Readable, output: Static<TOutput>) => Promise<OutputOf<TOutput>>
  },
): Command & ToldOperation<TName, TInput, TOutput> {
  return declare(defineCommand(spec as never) as Command, spec, placeOfDeclaration())
}

/** As the engine runs it. */
export function ownOperation(operation: Operation, parts: OwnParts): Operation {
  const piece: Piece = {
    what: `The operation ${operation.name}`,
    place: declarationOf(operation)?.place ?? '',
    outside: '`prepare`, which runs before the transaction, or in an effect',
  }
  if (operation.kind === 'query')
    return {
      ...operation,
      errors: [...(operation.errors ?? []), 'took_too_long'],
      async run(context: QueryContext<unknown>) {
        const answer = await outside({ piece, parts, ms: limits.ownAnswerMs }, context, (held) => operation.run(held))
        checked(piece, answer, () => {
          checkIsAnswer(operation, answer)
          checkAnswer(operation, answer)
          checkHead(operation, answer)
        })
        return opened(piece, answer)
      },
    }
  const { prepare, reload } = operation
  const preparing: Piece = { ...piece, what: `${piece.what}, in prepare`, outside: '`prepare` itself, before or after `writeFirst`' }
  const reloading: Piece = { ...piece, what: `${piece.what}, in reload` }
  // A file that is sent has its own time.
  const ms = operation.takesFile ? limits.fileUploadMs : limits.ownAnswerMs
  return {
    ...operation,
    ...(prepare && {
      prepare: (context) =>
        outside({ piece: preparing, parts, ms }, context, (held) =>
          prepare({ ...held, writeFirst: writingFirst(preparing, parts, context.writeFirst) }),
        ),
    }),
    ...(reload && {
      async reload(context, output) {
        const made = await outside({ piece: reloading, parts, ms: limits.ownAnswerMs }, context, (held) => reload(held, output))
        return checked(piece, made, () => {
          // Where it answers 204 there is nothing.
          if (made !== null && made !== undefined) checkOutput(operation, made)
        })
      },
    }),
    async run(context: CommandContext<unknown, unknown>) {
      const { context: duty, events } = dutyWork(parts, context)
      const answer = await runOwnCode(piece, boundOf(context.tx, parts.clock), (during) =>
        operation.run({
          ...context,
          ...duty({ during, causedBy: [], caller: context.actor.id }),
          tx: new HeldTransaction(context.tx, during, parts.model),
        }),
      )
      checked(piece, answer, () => {
        checkIsAnswer(operation, answer)
        if (!reload) checkAnswer(operation, answer)
        checkHead(operation, answer)
      })
      return events.length === 0 ? answer : { ...answer, events: [...(answer.events ?? []), ...events] }
    },
  }
}

type Outside = { readonly piece: Piece; readonly parts: OwnParts; readonly ms: number }

/** It may wait for whatever it likes, for so long. Whatever it fails of has its name. @throws ProjectError, EngineError, OwnCodeError */
async function outside<TContext extends QueryContext<unknown>, T>(
  { piece, parts, ms }: Outside,
  context: TContext,
  code: (held: TContext & Readable) => Promise<T>,
): Promise<T> {
  const tooMuch = (why: string) => {
    const cause = new OwnCodeError(`${named(piece)} ${why}.`)
    return new EngineError('took_too_long', { detail: `${piece.what} ${why}.`, cause, inDevelopment: () => cause.message })
  }
  const late = (took: string) => tooMuch(`${took} to answer`)
  try {
    return await inTime({ clock: parts.clock, piece, ms, late, tooMuch, goesOn: isStream }, ({ signal, during }) => {
      const read = heldReader(context.read, during)
      return code({ ...context, ...outsideWork(parts, read, (asked) => asked()), read: checkedReader(read, parts.model), signal })
    })
  } catch (error) {
    throw isAnswer(error) ? error : brokenBy(piece, error)
  }
}

function isStream(made: unknown): boolean {
  return typeof made === 'object' && made !== null && 'stream' in made
}

function heldReader(read: Reader, during: During): Reader {
  return {
    get: (...given) => during(() => read.get(...given)),
    getMany: (...given) => during(() => read.getMany(...given)),
    find: (...given) => during(() => read.find(...given)),
    count: (...given) => during(() => read.count(...given)),
    group: (...given) => during(() => read.group(...given)),
  }
}

type WriteFirst = PrepareContext<unknown>['writeFirst']

/** A transaction like that of `run`, and held to it. */
function writingFirst(piece: Piece, parts: OwnParts, writeFirst: WriteFirst): WriteFirst {
  return (write) =>
    asEngine(() =>
      writeFirst((work) =>
        runOwnCode(piece, boundOf(work.tx, parts.clock), (during) =>
          write({ ...work, tx: new HeldTransaction(work.tx, during, parts.model) }),
        ),
      ),
    )
}

/** What it made, if that is what it said it would make. @throws OwnCodeError */
function checked<T>(piece: Piece, made: T, check: () => void): T {
  try {
    check()
  } catch (error) {
    throw brokenBy(piece, error)
  }
  return made
}

/** A stream that fails when it begins or ends is closed, and told: its head is sent, and nobody else would catch it. */
function heldStream(piece: Piece, stream: NonNullable<Answer<unknown>['stream']>): NonNullable<Answer<unknown>['stream']> {
  return (sink) => {
    const fail = (error: unknown) => sink.fail(brokenBy(piece, error))
    try {
      const close: unknown = stream(sink)
      if (typeof close !== 'function') throw new OwnMistake('its `stream` must return the function that ends it')
      return () => {
        try {
          close()
        } catch (error) {
          fail(error)
        }
      }
    } catch (error) {
      // Whoever opens it has to know first how it is ended.
      queueMicrotask(() => fail(error))
      return () => {}
    }
  }
}

/** Bytes that are none are found before the head is sent: afterwards the caller would wait for them. */
function opened(piece: Piece, answer: Answer<unknown>): Answer<unknown> {
  const { content, stream } = answer
  if (stream) return { ...answer, stream: heldStream(piece, stream) }
  if (!content) return answer
  const open: Content['open'] = async (range) => {
    const bytes = await content.open(range)
    return checked(piece, bytes, () => checkBytes(bytes))
  }
  return { ...answer, content: { size: content.size, open } }
}

/** What Node would refuse to send is found before the commit: afterwards it could be neither taken back nor answered. @throws Error */
function checkHead(operation: Operation, answer: Answer<unknown>): void {
  const status = answer.status ?? operation.status ?? 200
  if (!Number.isInteger(status) || status < 200 || status > 599) throw new Error(`${status} is not a status from 200 to 599.`)
  for (const name in answer.headers) {
    nodeHttp.validateHeaderName(name)
    for (const value of [answer.headers[name]!].flat()) nodeHttp.validateHeaderValue(name, value)
  }
}

/** The transaction, told what is asked of it and how much is written. */
class HeldTransaction implements Transaction {
  readonly #tx: Transaction
  readonly #during: During
  readonly #model: Model
  readonly #read: Reader

  constructor(tx: Transaction, during: During, model: Model) {
    this.#tx = tx
    this.#model = model
    this.#read = checkedReader(tx, model)
    this.#during = during
  }

  get worker() {
    return this.#tx.worker
  }

  #write<T>(asked: () => Promise<T>, count = 1): Promise<T> {
    return this.#during(() => {
      countWrite(this.#tx, count)
      return asked()
    })
  }

  /** What is guarded by a filter, or finds what it changes by one. */
  #guarded<T>(
    asked: () => Promise<T>,
    ref: CollectionRef<unknown>,
    { id, filter }: { id?: string; filter: Filter | undefined | null },
  ): Promise<T> {
    return this.#write(async () => {
      if (id !== undefined) checkId(id, `a write of ${ref.name}: the id`)
      // Null: there need be none.
      if (filter !== null) checkFilter(this.#model, ref, filter)
      return await asked()
    })
  }

  get: Transaction['get'] = (...given) => this.#during(() => this.#read.get(...given))
  getMany: Transaction['getMany'] = (...given) => this.#during(() => this.#read.getMany(...given))
  find: Transaction['find'] = (...given) => this.#during(() => this.#read.find(...given))
  count: Transaction['count'] = (...given) => this.#during(() => this.#read.count(...given))
  group: Transaction['group'] = (...given) => this.#during(() => this.#read.group(...given))
  lock: Transaction['lock'] = (ref, id, mode) =>
    this.#during(async () => {
      checkId(id, `lock(${ref.name}): the id`)
      return await this.#tx.lock(ref, id, mode)
    })
  lockAll: Transaction['lockAll'] = (ref, ids, mode) =>
    this.#during(async () => {
      for (const id of ids) checkId(id, `lockAll(${ref.name}): the ids`)
      return await this.#tx.lockAll(ref, ids, mode)
    })
  current: Transaction['current'] = (...given) => this.#during(() => this.#tx.current(...given))
  insert: Transaction['insert'] = (...given) => this.#write(() => this.#tx.insert(...given))
  insertMany: Transaction['insertMany'] = (ref, fields) => this.#write(() => this.#tx.insertMany(ref, fields), fields.length)
  insertOnce: Transaction['insertOnce'] = (...given) => this.#write(() => this.#tx.insertOnce(...given))
  update: Transaction['update'] = (...given) => this.#write(() => this.#tx.update(...given))
  updateIfUnchanged: Transaction['updateIfUnchanged'] = (...given) => this.#write(() => this.#tx.updateIfUnchanged(...given))
  adjust: Transaction['adjust'] = (ref, id, change, guard) =>
    this.#guarded(() => this.#tx.adjust(ref, id, change, guard), ref, { id, filter: guard ?? null })
  touch: Transaction['touch'] = (ref, id, change, guard) =>
    this.#guarded(() => this.#tx.touch(ref, id, change, guard), ref, { id, filter: guard ?? null })
  touchOrFail: Transaction['touchOrFail'] = (ref, id, change, guard) =>
    this.#guarded(() => this.#tx.touchOrFail(ref, id, change, guard), ref, { id, filter: guard ?? null })
  touchAll: Transaction['touchAll'] = (ref, filter, change) => this.#guarded(() => this.#tx.touchAll(ref, filter, change), ref, { filter })
  addOrFail: Transaction['addOrFail'] = (ref, all) => this.#write(() => this.#tx.addOrFail(ref, all), all.length)
  delete: Transaction['delete'] = (...given) => this.#write(() => this.#tx.delete(...given))
  putBack: Transaction['putBack'] = (...given) => this.#write(() => this.#tx.putBack(...given))
  forget: Transaction['forget'] = (ref, filter) => this.#guarded(() => this.#tx.forget(ref, filter), ref, { filter })
  deleteWhere: Transaction['deleteWhere'] = (ref, filter) => this.#guarded(() => this.#tx.deleteWhere(ref, filter), ref, { filter })
}
