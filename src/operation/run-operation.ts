// The spine: whatever a caller asks for is carried out here, whichever way the call came. What the engine does by itself
// (effects, schedules) and the command line write by storage/in-transaction.ts.
// access -> schema -> idempotency -> transaction { run -> reactions -> changes } -> commit -> answer.
// Invariant: an answer is given only after the commit that it speaks of.
import { type Actor, callerName } from '../access/actor.ts'
import { refusedAs } from '../access/refusal.ts'
import { allows } from '../access/rule.ts'
import { EngineError, invalid, isEngineError } from '../base/engine-error.ts'
import { isA } from '../base/error-text.ts'
import { limits } from '../base/limits.ts'
import { ProjectError } from '../base/project-error.ts'
import type { DomainEvent } from '../contract/events.ts'
import { validatorOf } from '../schema/validate.ts'
import { type Cause, inTransaction, type TransactionParts } from '../storage/in-transaction.ts'
import type { Transaction } from '../storage/transaction.ts'
import type { Answer, AnswerHeaders, CallContext, Command, Ended, Operation, RequestFacts, Services } from './define.ts'
import { type WatchedFile, watchFile } from './file-digest.ts'
import {
  checkIsAnswered,
  claimOf,
  doneWith,
  type IdempotencyClaim,
  idempotencyClaim,
  idempotencyKeys,
  isAwaiting,
  newClaim,
  type OpenClaim,
  openAnswer,
  rememberAnswer,
} from './idempotency.ts'
import { withinScope } from './key-scope.ts'
import { requestLine } from './request-line.ts'
import { toldTo } from './told-to.ts'
import { type Work, type WorkParts, workIn } from './work.ts'

export type OperationParts = TransactionParts &
  WorkParts & {
    readonly services: Services
    /** How the caller can show again who they are. */
    readonly waysToProve: (actor: Actor) => Promise<readonly string[]>
    /** Runs the effects that an answer waits for. `write`: also in the transaction that ends the only one, where that tells. */
    readonly effects: { runAwaited(ids: readonly string[], write?: (tx: Transaction, ended: Ended) => Promise<void>): Promise<Ended> }
    readonly react: (work: Work, events: readonly DomainEvent[]) => Promise<void>
  }

export type Call = {
  readonly input: unknown
  readonly actor: Actor
  readonly idempotencyKey: string | null
  readonly request: RequestFacts
}

export type Reply = {
  readonly stream?: Answer<unknown>['stream']
  readonly content?: Answer<unknown>['content']
  readonly json?: string
  readonly status: number
  readonly output: unknown
  readonly headers: AnswerHeaders
}

/** @throws EngineError, and whatever is a bug */
export async function runOperation(parts: OperationParts, operation: Operation, asked: Call): Promise<Reply> {
  const actor = withinScope(asked.actor, operation)
  const call = actor === asked.actor ? asked : { ...asked, actor }
  // First: what an input must be is told only to those who may ask.
  if (!allows(operation.access, call.actor)) throw await refusal(parts, operation, call.actor)
  const place = operation.kind === 'query' || operation.takesFile || operation.takesQuery ? 'query' : 'body'
  validatorOf(operation.inputFor?.(call.actor) ?? operation.input)(call.input, place)
  checkKey(operation, call)
  const context: CallContext<unknown> = {
    input: call.input,
    actor: call.actor,
    now: parts.clock.now(),
    model: parts.model,
    project: parts.project,
    request: call.request,
  }
  if (operation.kind === 'query') return replyOf(await operation.run({ ...context, read: parts.storage.reader }), operation)
  return await runCommand(parts, operation, call, context)
}

async function refusal(parts: OperationParts, operation: Operation, actor: Actor): Promise<EngineError> {
  const refused = refusedAs(actor, operation)
  return refused.code === 'proof_needed' ? new EngineError('proof_needed', { params: { ways: await parts.waysToProve(actor) } }) : refused
}

/** @throws validation_failed */
function checkKey({ takesNoKey }: Operation, { idempotencyKey }: Call): void {
  if (takesNoKey !== undefined && idempotencyKey !== null) throw invalid('header:Idempotency-Key', 'not_taken', takesNoKey)
}

async function runCommand(parts: OperationParts, operation: Command, call: Call, context: CallContext<unknown>): Promise<Reply> {
  const { storage } = parts
  const { openFile } = call.request
  const file = openFile && call.idempotencyKey !== null ? watchFile(openFile) : null
  const claim =
    call.idempotencyKey === null ? null : idempotencyClaim(call.actor, operation.name, call.idempotencyKey, fingerprinted(operation, call))
  // Only where a repeat would prepare for nothing: without that its own row, written last, holds a repeat back.
  const prepares = operation.prepare !== undefined && operation.prepares?.(context) !== false
  const earlier = claim && prepares ? await replay(parts, operation, { claim, file }, context) : null
  if (earlier) return earlier

  const cause: Cause = { operation: operation.name, actor: callerName(call.actor), requestId: requestLine(call.request, call.actor) }
  const prepared = prepares
    ? await operation.prepare!({
        ...context,
        ...(file ? { request: { ...context.request, openFile: file.openFile } } : {}),
        read: storage.reader,
        services: parts.services,
        writeFirst: (write) => inTransaction(parts, cause, (tx, now) => write(workIn(parts, tx, now))),
      })
    : undefined
  const own = claim && (await newClaim(file ? await file.claimed(claim) : claim, parts.random, stretchOf(parts, operation)))
  let answer: Answer<unknown>
  try {
    answer = await inTransaction(parts, cause, async (tx, now) => {
      const work = workIn(parts, tx, now)
      const ran = await operation.run({ ...context, ...work, prepared })
      if (ran.events) await parts.react(work, ran.events)
      if (own) await rememberAnswer(tx, { claim: own, random: parts.random }, remembered(ran, operation))
      return ran
    })
  } catch (error) {
    // A refusal changed nothing and is not remembered: asked again, the call is tried again. But an earlier one with the
    // same key may be what held ours back: then its answer is the answer.
    const answered = claim !== null && isRefusal(error) ? await replay(parts, operation, { claim, file }, context) : null
    if (answered === null) throw toldTo(call.actor, parts.model, error)
    return answered
  }
  const reply = replyOf(answer, operation)
  if (!isUnfinished(answer, operation)) return reply

  const { awaiting = [], atHand } = answer
  const last = atHand ? lastAnswer(parts, { claim: own, reply, atHand }) : null
  const ended = awaiting.length === 0 ? null : await withTimeout(parts, parts.effects.runAwaited(awaiting, last?.write))
  if (ended && last?.isKept(ended)) return { ...reply, output: last.output() }
  const output = ended && atHand ? await atHand(storage.reader, ended) : null
  return await reloaded(parts, operation, context, { claim: own, reply, output })
}

type Unfinished = {
  readonly claim: OpenClaim | null
  readonly reply: Reply
  readonly atHand: NonNullable<Answer<unknown>['atHand']>
}

/** Made and remembered in the transaction that ends what it waits for, which spares it a look and a commit of its own. */
function lastAnswer({ random }: OperationParts, { claim, reply, atHand }: Unfinished) {
  let output: unknown = null
  let tries = 0
  return {
    output: () => output,
    /** Once the transaction is committed, and by it. */
    isKept: (ended: Ended) => ended.size > 0 && output !== null,
    async write(tx: Transaction, ended: Ended): Promise<void> {
      // What held the first try back may be a repeat that waited no longer: what it answered is looked up after the commit.
      output = ++tries > 1 ? null : await atHand(tx, ended)
      if (output === null || claim === null) return
      await tx.touchOrFail(idempotencyKeys, claim.id, doneWith(claim, random, { output, headers: reply.headers }), isAwaiting)
    },
  }
}

function isRefusal(error: unknown): boolean {
  return isA(error, ProjectError) || (isEngineError(error) && error.status < 500)
}

/** Slow on purpose, where a fast hash of the input would let a password be tried. */
function stretchOf({ services }: OperationParts, operation: Command) {
  return operation.hasSecretInput ? services.passwords.stretch : null
}

/** What makes two requests the same: all of the input, the headers that the operation reads, and the body as it came where that is the input. */
function fingerprinted({ headers: read }: Operation, { input, request }: Call): unknown {
  if (request.rawBody !== null) return [input, Buffer.from(request.rawBody).toString('base64')]
  return read === undefined ? input : [input, ...read.map(([name]) => request.headers[name.toLowerCase()] ?? null)]
}

/** Makes the answer again after its commit and its effects, and remembers it as the one to repeat. */
async function reloaded(
  parts: OperationParts,
  operation: Command,
  context: CallContext<unknown>,
  { claim, reply, output: given }: { readonly claim: OpenClaim | null; readonly reply: Reply; readonly output: unknown },
): Promise<Reply> {
  const read = () => operation.reload?.({ ...context, read: parts.storage.reader }, reply.output) ?? reply.output
  const output = given ?? (await read())
  if (claim === null) return { ...reply, output }
  const change = doneWith(claim, parts.random, { output: output ?? null, headers: reply.headers })
  const kept = await inTransaction(
    parts,
    { operation: operation.name, actor: '', requestId: requestLine(context.request, context.actor) },
    async (tx) => {
      if (await tx.touch(idempotencyKeys, claim.id, change, isAwaiting)) return output
      // A repeat that waited no longer was first: what it answered is the answer.
      const row = await tx.get(idempotencyKeys, claim.id)
      return row === null ? output : openAnswer(claim, row).output
    },
  )
  return { ...reply, output: kept }
}

async function replay(
  parts: OperationParts,
  operation: Command,
  { claim, file }: { readonly claim: IdempotencyClaim; readonly file: WatchedFile | null },
  context: CallContext<unknown>,
): Promise<Reply | null> {
  const row = await parts.storage.reader.get(idempotencyKeys, claim.id)
  if (row === null) return null
  const open = await claimOf(file ? await file.claimed(claim) : claim, row, stretchOf(parts, operation))
  checkIsAnswered(row, context.now)
  const { output, headers: answered } = openAnswer(open, row)
  const headers = { ...answered, 'idempotent-replayed': 'true' }
  const reply: Reply = { status: row.status, output, headers }
  return row.state === 'done' ? reply : await reloaded(parts, operation, context, { claim: open, reply, output: null })
}

function remembered(answer: Answer<unknown>, operation: Operation) {
  const { status, output, headers } = replyOf(answer, operation)
  return { status, output, headers, isUnfinished: isUnfinished(answer, operation) }
}

/** Whether what `run` returned becomes the answer only after its commit. */
function isUnfinished(answer: Answer<unknown>, operation: Operation): boolean {
  return (answer.awaiting?.length ?? 0) > 0 || (operation.kind === 'command' && operation.reload !== undefined)
}

function replyOf(answer: Answer<unknown>, operation: Operation): Reply {
  const { output, headers = {}, stream, content, json } = answer
  const status = answer.status ?? operation.status ?? 200
  return {
    status,
    output,
    headers,
    ...(stream ? { stream } : {}),
    ...(content ? { content } : {}),
    ...(json === undefined ? {} : { json }),
  }
}

/** Null when it took too long. */
function withTimeout<T>(parts: OperationParts, work: Promise<T>): Promise<T | null> {
  return new Promise<T | null>((resolve, reject) => {
    const cancel = parts.clock.after(limits.awaitedEffectMs, () => resolve(null))
    work.then(resolve, reject).finally(cancel)
  })
}
