// Leaks that are planted, to see that the two worlds tell of them: one of each way by which hidden data could be learned.
import type { Actor } from '../../../src/access/actor.ts'
import { signedIn } from '../../../src/access/rule.ts'
import { EngineError } from '../../../src/base/engine-error.ts'
import { eq } from '../../../src/contract/filter.ts'
import type { Answer, Command, Operation, Query } from '../../../src/operation/define.ts'
import type { AnyRecord, Collection } from '../../../src/schema/collection.ts'
import type { Field } from '../../../src/schema/kinds/kind.ts'
import type { Play } from './play.ts'

type Leak = Pick<Play, 'collections' | 'operations' | 'only'>
type Change = (all: readonly Collection[]) => readonly Collection[]

function field(collection: string, name: string, change: (field: Field) => Field): Change {
  return (all) =>
    all.map((one) => (one.name === collection ? { ...one, fields: { ...one.fields, [name]: change(one.fields[name]!) } } : one))
}

/** `run` is given the real one. */
type Run<TOperation extends Operation> = TOperation['run']
type Context<TOperation extends Operation> = Parameters<Run<TOperation>>[0]
function query(name: string, run: (real: Run<Query>, context: Context<Query>) => Promise<Answer<unknown>>): Leak['operations'] {
  return (all) =>
    all.map((one) =>
      one.name === name ? ({ ...one, run: (context: Context<Query>) => run(one.run as Run<Query>, context) } as Operation) : one,
    )
}
function command(name: string, before: (context: Context<Command>) => Promise<void>): Leak['operations'] {
  const changed = (one: Command): Operation => ({
    ...one,
    async run(context: Context<Command>) {
      await before(context)
      return await one.run(context)
    },
  })
  return (all) => all.map((one) => (one.name === name ? changed(one as Command) : one))
}

const asStaff = (actor: Actor): Actor => ({ ...actor, roles: ['staff'] })

const inputOf = (context: { readonly input: unknown }) => context.input as Readonly<Record<string, unknown>>

export const leaks: Readonly<Record<string, Leak>> = {
  'a field that lost its rule': {
    only: ['notes.list', 'notes.get'],
    collections: field('notes', 'scored', ({ read: _read, ...rest }) => rest),
  },
  'a list of the deleted without the rule to read': {
    only: ['audits.listDeleted'],
    operations: query('audits.listDeleted', (run, context) => run({ ...context, actor: asStaff(context.actor) })),
  },
  'a hidden field that one may count up': {
    only: ['tasks.update'],
    collections: field('tasks', 'pin', (pin) => ({ ...pin, write: signedIn })),
    operations: (all) => all.map((one) => (one.name === 'tasks.update' ? withoutViews(one) : one)),
  },
  'a validator that counts writes': {
    only: ['notes.get'],
    operations: query('notes.get', async (run, context) => {
      const answer = await run(context)
      const row = await context.read.get<AnyRecord>({ name: 'notes' }, String(inputOf(context)['id']))
      return { ...answer, headers: { ...answer.headers, etag: `"version-${String(row?.['version']).padStart(8, '0')}"` } }
    }),
  },
  'a count of everything': {
    only: ['notes.list'],
    operations: query('notes.list', async (run, context) => {
      const answer = await run(context)
      return { ...answer, output: { ...(answer.output as object), count: await context.read.count({ name: 'notes' }) } }
    }),
  },
  'a sum of everything': {
    only: ['audits.aggregate'],
    operations: query('audits.aggregate', (run, context) => run({ ...context, actor: asStaff(context.actor) })),
  },
  'a filter by a hidden field': {
    only: ['tasks.list'],
    operations: query('tasks.list', async (run, context) => {
      if (!JSON.stringify(inputOf(context)['filter'] ?? '').includes('"pin"')) return await run(context)
      const { output } = await run({ ...context, actor: asStaff(context.actor) })
      return { output: { next: null, items: (output as { items: AnyRecord[] }).items.map(({ id }) => ({ id })) } }
    }),
  },
  'an expansion of everything': {
    only: ['notes.list'],
    operations: query('notes.list', async (run, context) => {
      const isExpanded = 'expand' in inputOf(context)
      return await run(isExpanded ? { ...context, actor: asStaff(context.actor) } : context)
    }),
  },
  'a search in hidden fields': {
    only: ['products.list'],
    operations: query('products.list', async (run, context) => {
      if (!('search' in inputOf(context))) return await run(context)
      const { output } = await run({ ...context, actor: asStaff(context.actor) })
      return { output: { next: null, items: [], count: (output as { items: unknown[] }).items.length } }
    }),
  },
  'a hidden record that is forbidden, not missing': {
    only: ['notes.get'],
    operations: query('notes.get', async (run, context) => {
      const row = await context.read.get({ name: 'notes' }, String(inputOf(context)['id']))
      return await run(context).catch((error: unknown) => {
        throw row === null ? error : new EngineError('forbidden')
      })
    }),
  },
  'a hidden reference that is told from a missing one': {
    only: ['notes.create'],
    operations: command('notes.create', async (context) => {
      const { parent } = inputOf(context)
      if (typeof parent === 'string' && (await context.tx.get({ name: 'notes' }, parent)) === null) throw new EngineError('not_found')
    }),
  },
  'a taken value that is told before access': {
    only: ['tasks.update'],
    operations: command('tasks.update', async ({ tx, input }) => {
      const { code } = input as { code?: unknown }
      if (typeof code !== 'string') return
      const [taken] = await tx.find({ name: 'tasks' }, { where: eq('code', code), limit: 1 })
      if (taken) throw new EngineError('already_exists')
    }),
  },
  'a feed that tells of hidden changes': {
    only: ['notes.update', 'changes.watch'],
    operations: query('changes.watch', async (run, context) => {
      const answer = await run(context)
      const changed = await context.read.count({ name: 'notes' }, { op: 'gt', path: 'version', value: 3 })
      return {
        ...answer,
        stream: (sink) => answer.stream!({ ...sink, send: (events) => sink.send(Buffer.concat([Buffer.from(`: ${changed}\n`), events])) }),
      }
    }),
  },
}

function withoutViews({ inputFor: _inputFor, ...rest }: Operation): Operation {
  return rest as Operation
}
