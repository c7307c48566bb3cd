// Hooks at work. Before a write they run in their order, each seeing what the one before it has set; after it, those that
// are effects are owed. Invariants: what an after hook is told is written in the transaction of its cause; an event that
// tells of money that moved is never undone by a hook.

import { systemActor } from '../access/actor.ts'
import { frozenCopyOf } from '../base/copy.ts'
import { isEngineError, isPassing, LostRace } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import type { DomainEvent } from '../contract/events.ts'
import { eq } from '../contract/filter.ts'
import { Type } from '../contract/type.ts'
import { type EffectHandler, type EffectKind, effectHandler, effectKind, enqueue } from '../effects/effect.ts'
import type { Work } from '../operation/work.ts'
import { type CollectionHooks, type RecordAction, type RecordHooks, type RecordWrite, recordActions } from '../records/record-hooks.ts'
import { checkReferences } from '../records/write-record.ts'
import type { CollectionModel } from '../schema/model.ts'
import { attempt } from './attempt.ts'
import { type EventName, isRefusable, type ProjectEvents, projectEventsOf } from './events.ts'
import { type Hook, isOnEvent } from './hook.ts'
import { type HookCall, hookCalls } from './hook-calls.ts'
import { named, OwnLimit, OwnMistake, type Piece, runOwnCode } from './own-code.ts'
import { dutyWork, type OwnParts, outsideWork, ownWork } from './own-work.ts'
import { checkedValues } from './records.ts'
import { boundOf, chained, heardLetter, scopeOf } from './scope.ts'

type Values = Readonly<Record<string, unknown>>
type Call = { readonly call: string }

const kinds = new WeakMap<Hook, EffectKind<Call>>()

function kindOf(hook: Hook): EffectKind<Call> {
  const found = kinds.get(hook) ?? effectKind(`hook.${hook.name}`, Type.Object({ call: Type.String() }))
  kinds.set(hook, found)
  return found
}

/** By collection: what stands before and after its writes. None where there is none. */
export function collectionHooks(hooks: readonly Hook[], parts: OwnParts): ReadonlyMap<string, CollectionHooks> {
  const byCollection = Map.groupBy(
    hooks.filter(({ on }) => !isOnEvent(on)),
    ({ on }) => (isOnEvent(on) ? on : on.name),
  )
  return new Map([...byCollection].map(([name, own]) => [name, hooksOfCollection(own, parts)]))
}

function hooksOfCollection(hooks: readonly Hook[], parts: OwnParts): CollectionHooks {
  const of = (action: RecordAction) => {
    const own = hooks.filter(({ actions }) => actions.includes(action))
    if (own.length === 0) return []
    const [befores, afters] = [own.filter(({ kind }) => kind === 'before'), own.filter(({ kind }) => kind === 'after')]
    const both: RecordHooks = {
      errors: befores.flatMap(({ errors }) => errors),
      before: async (write: RecordWrite) => await runBefore(befores, parts, write),
      async after({ work, action: done, before, record }: RecordWrite) {
        for (const hook of afters) await owe(work, hook, { told: { action: done, before, record }, record: record.id })
      },
    }
    return [[action, both] as const]
  }
  return Object.fromEntries(recordActions.flatMap(of))
}

/** What hooks look at are copies that nobody can change: what is written goes through `set`, which checks it. */
async function runBefore(hooks: readonly Hook[], parts: OwnParts, write: RecordWrite): Promise<Values> {
  const { work, model, action, actor } = write
  const before = frozenCopyOf(write.before)
  let more: Values = {}
  for (const hook of hooks) {
    const record = frozenCopyOf({ ...write.record, ...more })
    const causedBy = chained(write.causedBy ?? [], hook.name)
    const collection = model.get({ name: nameOf(hook) })
    let own: Values = {}
    const set = (values: Values) => {
      if (action === 'delete') throw new OwnMistake('nothing can be set of a record that is deleted')
      own = { ...own, ...checkedValues(collection, values, 'set') }
    }
    const written = await runOwnCode(hook, boundOf(work.tx, parts.clock), async (during) => {
      await hook.run({ ...ownWork(parts, work, { during, causedBy, caller: actor.id }), action, actor, before, record, set } as never)
      // What is set after its end is not written: nobody would check where it leads.
      const ended = own
      await during(() => checkSetReferences(write, collection, ended))
      return ended
    })
    more = { ...more, ...written }
  }
  return more
}

/** What a hook sets is the project's word: a record must be there, whoever may see it; itself it will be. @throws OwnMistake */
async function checkSetReferences({ work, model, record }: RecordWrite, collection: CollectionModel, values: Values): Promise<void> {
  const references = Object.entries(values).flatMap(([name, value]) => {
    const { to } = collection.fields.get(name)!.field
    const isOther = (id: unknown) => to !== collection.name || id !== record.id
    if (to === undefined || value === null || !isOther(value)) return []
    return [[name, Array.isArray(value) ? value.filter(isOther) : value] as const]
  })
  if (references.length === 0) return
  try {
    await checkReferences(work.tx, model, collection, systemActor, Object.fromEntries(references))
  } catch (error) {
    if (!isEngineError(error, 'reference_not_found')) throw error
    throw new OwnMistake(`records(${collection.name}).set: ${error.detail}`)
  }
}

function nameOf({ on }: Hook): string {
  return isOnEvent(on) ? on : on.name
}

/** Owes a hook: what it is told, and the effect that carries it out. */
async function owe(work: Work, hook: Hook, { told, record }: { readonly told: Values; readonly record: string | null }): Promise<void> {
  const chain = scopeOf(work.tx).chain + 1
  if (chain > limits.hookChainMax)
    throw new OwnLimit(`${named(hook)} is caused by itself without an end: it writes what leads to it again.`)
  const call = await work.tx.insert(hookCalls, { id: work.newId('hcl'), hook: hook.name, told, chain })
  const payload = { call: call.id }
  await enqueue(work, kindOf(hook), {
    key: `hook.${hook.name}:${call.id}`,
    payload,
    ...(record === null ? {} : { record }),
    isNew: true,
    isUnrecognised: true,
  })
}

/** Follows the events of the engine, in their transaction. Null where no hook does. */
export function eventHooks(
  hooks: readonly Hook[],
  parts: OwnParts & { readonly log: Log },
): ((work: Work, event: DomainEvent) => Promise<void>) | null {
  const byEvent = Map.groupBy(
    hooks.filter(({ on }) => isOnEvent(on)),
    ({ on }) => on as EventName,
  )
  if (byEvent.size === 0) return null
  /** Hooks that failed where nothing may be refused: until then they are owed instead of run. */
  const putOff = new Map<Hook, number>()

  async function follow(work: Work, hook: Hook, { name, payload }: ReturnType<typeof projectEventsOf>[number]): Promise<void> {
    hear(work, hook, payload)
    const told = { told: payload, record: subjectOf(payload) }
    if (hook.kind === 'after' || (putOff.get(hook) ?? 0) > parts.clock.now()) return await owe(work, hook, told)
    try {
      await runOnEvent(hook, parts, { work, payload })
    } catch (error) {
      if (isRefusable(name) || isPassing(error)) throw error
      parts.log.write('error', 'A hook failed on an event that cannot be undone: it is carried out after it, as an effect.', {
        hook: hook.name,
        event: name,
        error,
      })
      putOff.set(hook, parts.clock.now() + limits.hookPutOffMs)
      // Run again, the transaction owes the hook.
      throw new LostRace(error)
    }
  }

  return async (work, event) => {
    for (const told of projectEventsOf(event)) for (const hook of byEvent.get(told.name) ?? []) await follow(work, hook, told)
  }
}

/** Of a letter: who wrote it, so that no answer goes round and round. */
function hear({ tx }: Pick<Work, 'tx'>, { on }: Hook, told: Values): void {
  if (on !== 'email.received') return
  const { email, thread } = told as ProjectEvents['email.received']
  scopeOf(tx).letter = heardLetter(email, thread)
}

async function runOnEvent(hook: Hook, parts: OwnParts, { work, payload }: { work: Work; payload: Values }): Promise<void> {
  const causedBy = chained([], hook.name)
  await runOwnCode(hook, boundOf(work.tx, parts.clock), (during) =>
    hook.run({ ...ownWork(parts, work, { during, causedBy }), ...frozenCopyOf(payload) } as never),
  )
}

/** The record that an event is about. */
function subjectOf(payload: Values): string | null {
  const [first] = Object.values(payload)
  return typeof first === 'object' && first !== null && 'id' in first && typeof first.id === 'string' ? first.id : null
}

/** Carries out what is owed of hooks: after hooks, and those on events that were put off. */
export function hookHandlers(hooks: readonly Hook[], parts: OwnParts): EffectHandler[] {
  return hooks.filter(({ kind, on }) => kind === 'after' || isOnEvent(on)).map((hook) => hookHandler(hook, parts))
}

function hookHandler(hook: Hook, parts: OwnParts): EffectHandler {
  const settling: Piece = hook.kind === 'before' ? hook : { ...hook, outside: '`run`' }
  return effectHandler<Call, { readonly call: HookCall; readonly result: unknown }>(kindOf(hook), {
    ownCode: named(hook),
    async perform({ effect, payload, read, now }) {
      const call = await read.get(hookCalls, payload.call)
      if (call === null) return { end: 'dead', error: 'What it was told is forgotten.' }
      if (hook.kind === 'before') return { end: 'done', result: { call, result: undefined } }
      return await attempt(parts.clock, hook, async ({ signal, during }) => {
        const { key, attempts } = effect
        const context = { ...outsideWork(parts, read, during), ...frozenCopyOf(call.told), now, key, attempt: attempts, signal }
        return { call, result: await hook.run(context as never) }
      })
    },

    async settle({ outcome, tell: _, effect, payload: __, ...work }) {
      if (outcome.end !== 'done') return []
      const { call, result } = outcome.result
      scopeOf(work.tx).chain = call.chain
      hear(work, hook, call.told)
      const code = hook.kind === 'before' ? hook.run : hook.settle
      const { context, events } = dutyWork(parts, work)
      if (code !== null)
        await runOwnCode(settling, boundOf(work.tx, parts.clock), (during) =>
          code({ ...context({ during, causedBy: chained([], hook.name) }), ...frozenCopyOf(call.told), key: effect.key, result } as never),
        )
      await work.tx.deleteWhere(hookCalls, eq('id', call.id))
      return events
    },
  })
}
