// One logical process: a real engine behind ports that the simulator owns. Each call of a port is a
// request leg, an execution and an answer leg, and each leg can go wrong. A crash drops what the process
// was told and meant to do; what it has committed or sent stays.

import { createHash } from 'node:crypto'
import type { Egress } from '../../src/base/egress.ts'
import { EngineError, isEngineError, LostRace } from '../../src/base/engine-error.ts'
import { limits } from '../../src/base/limits.ts'
import type { Log } from '../../src/base/log.ts'
import type { Random } from '../../src/base/random.ts'
import type { MailTransport } from '../../src/domains/emails/transport.ts'
import type { PaymentProvider } from '../../src/domains/payments/provider.ts'
import { createEngine, type Engine, type EngineOptions, type Replacements } from '../../src/engine/create-engine.ts'
import type { PasswordHasher } from '../../src/operation/define.ts'
import { createSandboxProvider } from '../../src/payment-providers/sandbox/adapter.ts'
import type { SandboxBook } from '../../src/sandbox/book.ts'
import type { Commit, Reader, StorageAdapter } from '../../src/storage/storage.ts'
import type { Faults } from './faults.ts'
import type { Mutant } from './mutants.ts'
import { limited, type ProviderTrouble } from './provider-plan.ts'
import { type Receivers, receiverEgress } from './receivers.ts'
import type { ServerDatabase } from './server/database.ts'
import type { SmtpPeer } from './smtp-peer.ts'
import { publicUrl, type Store } from './store.ts'
import type { Tally } from './tally.ts'
import type { Owner, World } from './world.ts'

export type Surroundings = {
  readonly world: World
  readonly faults: Faults
  readonly store: Store
  /** The shop's data lies on a database server of its own, with the engine's own code for such; else in SQLite. */
  readonly server: ServerDatabase | null
  readonly book: SandboxBook
  /** What is wrong with the provider besides the faults of every run. */
  readonly trouble: ProviderTrouble
  readonly tally: Tally
  readonly peer: SmtpPeer
  /** Of webhooks; null in most runs. */
  readonly receivers: Receivers | null
  readonly secret: string
  readonly mutant: Mutant | null
  /** Also runs the schedules that find nothing in a run (`findsNothing`). */
  readonly isThorough: boolean
  /** Called after every transaction that was carried out, committed or not. */
  readonly afterTransaction: () => void
  readonly ownerOfCommit: WeakMap<object, Commit[]>
  /** What an engine must never say. */
  readonly complain: (problem: string) => void
}

export type Process = Owner & {
  skewMs: number
  /** Null until it has booted. */
  engine: Engine | null
  /** Runs a request in it; rejects with the connection when the process dies. */
  serve<T>(work: (engine: Engine) => Promise<T>): Promise<T>
  crash(): void
}

const unavailable = () => new EngineError('storage_unavailable')

/** Boots a process; when its start fails it is dead, as a real one would exit. */
export function bootProcess(around: Surroundings, name: string, { isAlone, onExit }: { isAlone: boolean; onExit: () => void }): Process {
  const { world, store, server } = around
  const connections = new Set<(error: Error) => void>()
  const process: Process = {
    name,
    isAlive: true,
    pausedUntil: 0,
    skewMs: 0,
    engine: null,
    serve(work) {
      return new Promise((resolve, reject) => {
        const { engine } = process
        if (engine === null) return reject(new Error('connection refused'))
        connections.add(reject)
        work(engine)
          .then(resolve, reject)
          .finally(() => connections.delete(reject))
      })
    },
    crash() {
      process.isAlive = false
      process.engine = null
      server?.crashed(process)
      for (const reject of connections) reject(new Error('connection reset'))
      connections.clear()
    },
  }
  const clock = world.clockOf(process, () => process.skewMs)
  const options: Omit<EngineOptions, 'storage'> = {
    backend: store.backend,
    clock,
    random: world.dice as Random,
    log: logOf(around, process),
    services: { passwords: plainPasswords },
    providers: [providerOf(around, process)],
    mail: mailOf(around, process),
    ...(around.receivers ? { webhooks: { egress: messagesOf(around, around.receivers, process) } } : {}),
    replace: replacementsOf(around),
  }
  const boot = async () => {
    const storage = server ? await server.open(process) : storageOf(around, process, isAlone)
    const engine = await createEngine({ ...options, storage: lying(around, storage) })
    await engine.start()
    process.engine = engine
  }
  boot().catch((error: unknown) => {
    if (!isEngineError(error)) around.complain(`boot: ${error instanceof Error ? error.stack : String(error)}`)
    process.crash()
    onExit()
  })
  return process
}

/** Nothing in a run is old enough for these, or of their kind: they would be a sixth of all ticks. */
const findsNothing: readonly string[] = ['files.sweep', 'carts.remind', 'giftCards.expire', 'exports.sweep']

function replacementsOf({ world, mutant, isThorough }: Surroundings): Replacements {
  const replace = mutant?.replace?.(world.dice) ?? {}
  const schedules: Replacements['schedules'] = (all) => {
    const kept = isThorough ? all : all.filter(({ name }) => !name.endsWith('.forget') && !findsNothing.includes(name))
    return replace.schedules?.(kept) ?? kept
  }
  return { ...replace, schedules }
}

/** Argon2 is slow on purpose; here only its contract counts. */
const plainPasswords: PasswordHasher = {
  hash: async (password) => `plain:${password}`,
  verify: async (password, hash) => hash === `plain:${password}`,
  isCurrent: () => true,
  stretch: async (text, salt) => createHash('sha256').update(salt).update(text).digest(),
}

/** What the engine logs as an error must be an engine error: anything else is a bug of ours. */
function logOf({ world, complain }: Surroundings, process: Process): Log {
  return {
    write(level, message, fields) {
      if (world.isTraced) world.note(`${process.name.padEnd(10)} log ${level}: ${message} ${String(fields?.['error'] ?? '')}`)
      const error = fields?.['error']
      if (level === 'error' && !isEngineError(error) && process.isAlive)
        complain(`${message} ${error instanceof Error ? error.stack : String(error)}`)
    },
  }
}

/** The storage with what a mutant makes of its transactions. */
function lying({ mutant, world: { dice } }: Surroundings, storage: StorageAdapter): StorageAdapter {
  if (!mutant?.transaction && !mutant?.isRolledBack) return storage
  return {
    ...storage,
    async transaction(work) {
      let lie: { readonly result: unknown } | null = null
      try {
        return await storage.transaction(async (inner) => {
          const result = await work(mutant.transaction ? mutant.transaction(inner, dice) : inner)
          if (!mutant.isRolledBack?.(dice)) return result
          lie = { result }
          throw lie
        })
      } catch (error) {
        if (error === lie) return lie!.result as never
        throw error
      }
    },
  }
}

function storageOf(around: Surroundings, process: Process, isAlone: boolean): StorageAdapter {
  const { world, faults, store, ownerOfCommit, afterTransaction } = around
  const { adapter } = store
  const listeners: ((commit: Commit) => void)[] = []
  const answers: (() => void)[] = []
  let lastAnswerAt = 0
  const legMs = () => world.dice.between(0, 3) + (faults.strikes('storageSlow') ? world.dice.between(500, 20_000) : 0)

  /** Answers of one connection come in the order they were given. */
  function answer(give: () => void): void {
    if (!process.isAlive) return
    answers.push(give)
    lastAnswerAt = Math.max(lastAnswerAt, world.now() + legMs())
    world.at(lastAnswerAt - world.now(), process, 'storage answers', () => answers.shift()!())
  }

  function reading<T>(label: string, read: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      world.at(legMs(), process, label, () => {
        if (faults.strikes('readRefused')) return void world.at(legMs(), process, 'read refused', () => reject(unavailable()))
        read().then(
          (value) => void world.at(legMs(), process, 'read answers', () => resolve(value)),
          (error) => void world.at(legMs(), process, 'read fails', () => reject(error as Error)),
        )
      })
    })
  }

  const reader: Reader = {
    get: (ref, id, where) => reading('read get', () => adapter.reader.get(ref, id, where)),
    getMany: (ref, ids) => reading('read many', () => adapter.reader.getMany(ref, ids)),
    find: (ref, query) => reading('read find', () => adapter.reader.find(ref, query)),
    count: (ref, where, atMost) => reading('read count', () => adapter.reader.count(ref, where, atMost)),
    group: (ref, query) => reading('read group', () => adapter.reader.group(ref, query)),
  }

  return {
    capabilities: { ...adapter.capabilities, isShared: !isAlone },
    reader,
    transaction(work) {
      return new Promise((resolve, reject) => {
        world.at(legMs(), process, 'transaction', () => {
          if (faults.strikes('storageRefused')) return answer(() => reject(unavailable()))
          if (faults.strikes('storageConflict')) return answer(() => reject(new LostRace()))
          const isUndone = faults.strikes('storageConflictAfterWork')
          const isLost = faults.strikes('storageAnswerLost')
          const own: Commit[] = []
          adapter
            .transaction(async (inner) => {
              if (!process.isAlive) throw new Error('the process is dead')
              const result = await work({
                ...inner,
                async appendCommit(line) {
                  ownerOfCommit.set(line.changes, own)
                  await inner.appendCommit(line)
                },
              })
              if (isUndone) throw new LostRace()
              return result
            })
            .then(
              (value) => {
                afterTransaction()
                answer(() => {
                  if (isLost) return reject(unavailable())
                  for (const commit of own) for (const listener of listeners) listener(commit)
                  resolve(value)
                })
              },
              (error: unknown) => {
                afterTransaction()
                answer(() => reject(error as Error))
              },
            )
        })
      })
    },
    commitsAfter: (position, limit) => adapter.commitsAfter(position, limit),
    commitRange: () => adapter.commitRange(),
    forgetCommits: (before) => adapter.forgetCommits(before),
    rewriteCommits: (commits) => adapter.rewriteCommits(commits),
    forgetRemains: () => adapter.forgetRemains(),
    now: () => adapter.now(),
    onCommit: (listener) => void listeners.push(listener),
    onFeed: (listener) => void listeners.push(listener),
    caughtUp: () => adapter.caughtUp(),
    readMark: (name) => adapter.readMark(name),
    close: async () => {},
  }
}

function providerOf({ world, faults, book, secret, mutant, trouble, tally }: Surroundings, process: Process): PaymentProvider {
  const legMs = () => world.dice.between(5, 80) + (faults.strikes('providerSlow') ? world.dice.between(1_000, limits.effectCallMs) : 0)
  const provider = createSandboxProvider(book, {
    secret,
    pagesUrl: `${publicUrl}/sandbox`,
    call: (name, work) =>
      new Promise((resolve, reject) => {
        // Once sent, a request arrives whatever becomes of its sender.
        world.at(legMs(), null, `provider ${name} for ${process.name}`, () => {
          if (trouble.isAway() || faults.strikes('providerRefused'))
            return void world.at(legMs(), process, 'provider refuses', () => reject(new Error('connection refused')))
          const value = work()
          if (trouble.isBroken()) return void world.at(legMs(), process, 'provider answers 500', () => reject(new Error('500')))
          if (!trouble.isAnswering() || faults.strikes('providerAnswerLost')) {
            tally.add('effect, then time-out')
            return void world.at(limits.effectCallMs, process, 'provider call times out', () => reject(new Error('timeout')))
          }
          world.at(legMs(), process, 'provider answers', () => resolve(value))
        })
      }),
  })
  const answering = limited(provider, trouble)
  return mutant?.provider ? mutant.provider(answering, world.dice) : answering
}

function messagesOf({ world, faults, mutant }: Surroundings, receivers: Receivers, process: Process): Egress {
  const egress = receiverEgress(receivers, world, faults, process)
  return mutant?.messages ? mutant.messages(egress, receivers.dice) : egress
}

function mailOf({ world, faults, peer, mutant }: Surroundings, process: Process): MailTransport {
  const legMs = () => world.dice.between(5, 50)
  const transport: MailTransport = {
    send: (message) =>
      new Promise((resolve) => {
        world.at(legMs(), null, `mail from ${process.name}`, () => {
          const reply = (status: 'accepted' | 'refused' | 'deferred' | 'unknown', afterMs: number) =>
            void world.at(afterMs, process, `mail ${status}`, () => resolve({ status, reply: status }))
          if (faults.strikes('mailDeferred')) return reply('deferred', legMs())
          if (faults.strikes('mailRefused')) {
            peer.refuse(message)
            return reply('refused', legMs())
          }
          // The connection broke at the end of the data: taken or not, nobody hears of it.
          const isLost = faults.strikes('mailAnswerLost')
          if (!isLost || world.dice.chance(0.5)) peer.take(message)
          return isLost ? reply('unknown', limits.effectCallMs) : reply('accepted', legMs())
        })
      }),
    close: async () => {},
  }
  return mutant?.mail ? mutant.mail(transport, world.dice) : transport
}
