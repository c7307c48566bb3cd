// Operations as values. One value gives the route, validation, the OpenAPI document, the audit name and
// the rate class; `run` touches nothing but its arguments, so that it can be retried, simulated and
// tested without mocks.

import type { Actor } from '../access/actor.ts'
import type { Rule } from '../access/rule.ts'
import type { Bytes } from '../base/bytes.ts'
import type { ProjectErrorKind } from '../base/project-error.ts'
import type { ExchangeRates } from '../config/exchange-rates.ts'
import type { Project } from '../config/project.ts'
import type { TaxService } from '../config/tax-service.ts'
import type { ErrorCode } from '../contract/error-codes.ts'
import type { DomainEvent } from '../contract/events.ts'
import type { Static, TSchema } from '../contract/type.ts'
import type { AnyRecord } from '../schema/collection.ts'
import type { Model } from '../schema/model.ts'
import type { Reader } from '../storage/storage.ts'
import type { Work } from './work.ts'

/** What every part of an operation is given. */
export type CallContext<TInput> = {
  readonly input: TInput
  readonly actor: Actor
  /** Milliseconds UTC; one value for the whole call. */
  readonly now: number
  readonly model: Model
  readonly project: Project
  readonly request: RequestFacts
}

/** What of the request is not input: conditions and proofs. */
export type RequestFacts = {
  readonly id: string
  readonly ifMatch: string | null
  readonly ifNoneMatch: string | null
  /** The bytes of the body as they came, for signatures; only where the operation asks for them. */
  readonly rawBody: Uint8Array | null
  /** Begins to read the body as one file; only where the operation takes one. */
  readonly openFile?: () => Promise<IncomingFile>
  /** Told how far it is by what takes long; a request over HTTP has nobody to tell. */
  readonly onProgress?: (done: { readonly rows: number; readonly rejected: number }) => void
  readonly headers: Readonly<Record<string, string | undefined>>
}

/** What its sender says of a file, and its bytes as they come. What is left of them when nobody reads on is thrown away. */
export type IncomingFile = {
  readonly name: string | null
  readonly type: string | null
  /** In bytes, where that is known before. */
  readonly length: number | null
  /** A part is only good until the next is asked for. @throws malformed_request when they break off, request_timeout when they come too slowly */
  readonly bytes: AsyncIterable<Uint8Array>
}

/** Bytes that are sent as they are read. */
export type Content = {
  /** Null where it is not known before: then there are no ranges of it. */
  readonly size: number | null
  /** All of them, or from `first` to `last`, both included. */
  open(range: { readonly first: number; readonly last: number } | null): Promise<Bytes>
}

export type QueryContext<TInput> = CallContext<TInput> & { readonly read: Reader }

export type CommandContext<TInput, TPrepared = unknown> = CallContext<TInput> & Work & { readonly prepared: TPrepared }

/** Slow, pure or external work that must not happen inside a transaction, such as hashing a password. */
export type PrepareContext<TInput> = QueryContext<TInput> & {
  readonly services: Services
  /** What must be known before anything outside changes, in a transaction of its own. It may run several times. */
  readonly writeFirst: <T>(work: (work: Work) => Promise<T>) => Promise<T>
}

/** Ports that preparations may use. */
export type Services = {
  readonly passwords: PasswordHasher
  /** Left out where there is no way to ask: then none is known. */
  readonly breaches?: Breaches
  /** Left out where there is no way to ask. */
  readonly vatRegister?: VatRegister
  /** Left out where the config names none. */
  readonly taxService?: TaxService
  /** Left out where the config names none. */
  readonly exchangeRates?: ExchangeRates
}
/** The register of VAT numbers of the EU. */
export interface VatRegister {
  /** `requester`: whose question it is. Where it cannot be learnt in time: `unavailable`. */
  check(
    vatId: string,
    requester: string,
  ): Promise<{ readonly state: 'valid' | 'invalid' | 'unavailable'; readonly reference: string | null }>
}
export interface Breaches {
  /** Whether a password was found elsewhere. Where that cannot be learnt in time: false. */
  has(password: string): Promise<boolean>
}
export interface PasswordHasher {
  hash(password: string): Promise<string>
  /** With no hash it does the same work and answers false: time does not tell whether an account exists. */
  verify(password: string, hash: string | null): Promise<boolean>
  /** Whether it is in the form and of the cost that `hash` makes now; otherwise a right password is stored anew. */
  isCurrent(hash: string): boolean
  /** 32 bytes that can be found again from the same text and salt, and tried no faster than a password's hash. */
  stretch(text: string, salt: Uint8Array): Promise<Uint8Array>
}

/** By their names in lower case. Several values: a cookie each. */
export type AnswerHeaders = Readonly<Record<string, string | readonly string[]>>

export type Answer<TOutput> = {
  readonly output: TOutput
  /** 200 unless said otherwise; 204 sends no body. */
  readonly status?: number
  readonly headers?: AnswerHeaders
  /** A presented output as text, where it was made already: it is not made twice. */
  readonly json?: string
  readonly events?: readonly DomainEvent[]
  /** The answer is bytes that are read while they are sent; `output` is nothing. */
  readonly content?: Content
  /** The answer is a stream of events; the returned function ends it. */
  readonly stream?: (sink: EventSink) => () => void
  /** Effects whose outcome the caller waits for; `reload` then makes the answer, also when there are none. */
  readonly awaiting?: readonly string[]
  /** The same answer from what is at hand, which spares `reload`; null where that is not all of it. */
  readonly atHand?: (read: Reader, ended: Ended) => Promise<TOutput | null>
}

/** By their ids: the records that awaited effects are about, as their ends left them, where nothing else followed from that. */
export type Ended = ReadonlyMap<string, AnyRecord>

/** Where a stream's events go. */
export type EventSink = {
  /** Whole events, as they go out. */
  send(events: Uint8Array): void
  /** The reader has yet to take most of what it was sent. */
  isBehind(): boolean
  /** Resolves when the reader has taken most of what was sent; true when that had to be waited for. Others get their turn meanwhile. */
  drained(): Promise<boolean>
  /** Asked before each heartbeat for the place reached; null says nothing new. */
  onHeartbeat(place: () => string | null): void
  /** Ends the stream after a failure: the client comes back with its last id. */
  fail(error: unknown): void
}

/** How hard a call is limited: one bucket per class and caller. */
export type RateClass = 'read' | 'write' | 'account' | 'webhook' | 'none'

export type CommonSpec<TInput extends TSchema, TOutput extends TSchema> = {
  /** `carts.checkOut`: the noun's folder and the verb. Also the audit name. */
  readonly name: string
  /** `POST /api/carts/:id/checkout` */
  readonly route: string
  readonly summary: string
  /** Path parameters, body fields and query parameters in one object; unknown ones are refused. */
  readonly input: TInput
  /** What of it this caller may know of, where that differs; `input` is the whole. */
  readonly inputFor?: (actor: Actor) => TInput
  readonly output: TOutput
  /** What of it this caller may be answered, where that differs. For documents: presenting keeps to it anyway. */
  readonly outputFor?: (actor: Actor) => TSchema
  /** Status of success, for OpenAPI. */
  readonly status?: number
  /** What it may add to those any request can meet: codes of the table, and errors of the project's own. */
  readonly errors?: readonly (ErrorCode | ProjectErrorKind)[]
  readonly access: Rule
  /** What an API key must have for it: `reviews:read`, or its own name when left out. Null: what it touches asks for itself. */
  readonly scope?: string | null
  /** A role of the config may name it, although no API key can. */
  readonly isForRoles?: true
  /** Whoever is staff for anything may ask: what it touches is looked at for each collection. */
  readonly isForEachRole?: true
  /** Where `access` lets anyone ask and the records decide: their rule. Documents leave the operation out for whom it never lets in. */
  readonly audience?: Rule
  /** The parameters that stand for an object in the query (`filter[name]`), by their names, for documents. */
  readonly filters?: (actor: Actor) => Readonly<Record<string, Record<string, unknown>>>
  /** More headers that it reads, with what they say. */
  readonly headers?: readonly (readonly [name: string, description: string])[]
  /** Its answer names its state in an ETag, also where no precondition is taken. */
  readonly hasEtag?: boolean
  readonly rate?: RateClass
  /** As how many requests it counts for that, by its input, which is not checked yet; one when left out. */
  readonly requestsIn?: (input: unknown) => number
  /**
   * How many codes it tries, of gift cards or discounts: each counts as `codeWrites` requests, of its caller and of their network. Of its
   * input, which is not checked yet.
   */
  readonly codesIn?: (input: unknown) => number
  readonly tag?: string
  /** The answer already passed the gate of records/present.ts, so it is sent as it is. */
  readonly isPresented?: boolean
  /** The input holds a password: what is kept for an Idempotency-Key must not let it be tried. */
  readonly hasSecretInput?: boolean
  /** Body bytes are kept for a signature, and any media type is taken. */
  readonly rawBody?: boolean
  /** Besides its path, the input is the query of its address: the body is bytes alone. */
  readonly takesQuery?: boolean
  /** Pages of other sites post it. So it takes nothing from who is signed in: its caller is a guest. */
  readonly isFromElsewhere?: boolean
  /** The body is one file, by itself or as the only part of a form. `prepare` reads it as it comes. A list: media types, for documents. */
  readonly takesFile?: true | readonly string[]
  /** Headers of each answer at its address, refusals and OPTIONS included. */
  readonly always?: Readonly<Record<string, string>>
  /** Why it takes no Idempotency-Key: where it writes in several transactions, no key could cover them all. */
  readonly takesNoKey?: string
  /** Of the answer, where it is neither JSON nor text. */
  readonly mediaType?: string | readonly string[]
}

export type Query<TInput extends TSchema = TSchema, TOutput extends TSchema = TSchema> = CommonSpec<TInput, TOutput> & {
  readonly kind: 'query'
  run(context: QueryContext<Static<TInput>>): Promise<Answer<unknown>>
}

export type Command<TInput extends TSchema = TSchema, TOutput extends TSchema = TSchema> = CommonSpec<TInput, TOutput> & {
  readonly kind: 'command'
  /** Whether there is anything to prepare for this call; without it there is, and `prepared` is what `prepare` answers. */
  prepares?(context: CallContext<Static<TInput>>): boolean
  prepare?(context: PrepareContext<Static<TInput>>): Promise<unknown>
  /** `prepared`: what `prepare` answered. */
  run(context: CommandContext<Static<TInput>, unknown>): Promise<Answer<unknown>>
  /** Makes the answer after the commit, once awaited effects ended (or took too long). */
  reload?(context: QueryContext<Static<TInput>>, output: unknown): Promise<unknown>
}

export type Operation = Query | Command

/** What an operation says to the compiler: carries types only, and is never set. */
export type ToldOperation<TName extends string, TInput extends TSchema, TOutput extends TSchema> = {
  readonly types?: { readonly name: TName; readonly input: Static<TInput>; readonly output: Static<TOutput> }
}

/** A read. It sees committed data and changes nothing. */
export function query<const TName extends string, TInput extends TSchema, TOutput extends TSchema>(
  spec: CommonSpec<TInput, TOutput> & {
    readonly name: TName
    readonly run: (context: QueryContext<Static<TInput>>) => Promise<Answer<unknown>>
  },
): Query & ToldOperation<TName, TInput, TOutput> {
  return { kind: 'query', ...spec }
}

/** A change, in one transaction. */
export function command<
  const TName extends string,
  TInput extends TSchema,
  TOutput extends TSchema,
  TPrepared = undefined,
  TResult = unknown,
>(
  spec: CommonSpec<TInput, TOutput> & {
    readonly name: TName
    readonly prepares?: (context: CallContext<Static<TInput>>) => boolean
    readonly prepare?: (context: PrepareContext<Static<TInput>>) => Promise<TPrepared>
    readonly run: (context: CommandContext<Static<TInput>, TPrepared>) => Promise<Answer<TResult>>
    readonly reload?: (context: QueryContext<Static<TInput>>, output: TResult) => Promise<TResult>
  },
): Command & ToldOperation<TName, TInput, TOutput> {
  return { kind: 'command', ...spec }
}
