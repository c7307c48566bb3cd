// The processes of one run and the network in front of them: who is up, who crashes or stalls, and the
// way of a request from outside to one of them and back.
import type { Actor } from '../../src/access/actor.ts'
import type { Egress } from '../../src/base/egress.ts'
import { isEngineError } from '../../src/base/engine-error.ts'
import type { Engine } from '../../src/engine/create-engine.ts'
import type { Operation, RequestFacts } from '../../src/operation/define.ts'
import type { Reply } from '../../src/operation/run-operation.ts'
import { bootProcess, type Process, type Surroundings } from './logical-process.ts'
import type { Owner } from './world.ts'

export type Result =
  | { readonly end: 'answered'; readonly reply: Reply }
  | { readonly end: 'refused'; readonly code: string; readonly status: number }
  | { readonly end: 'lost' }

export type Request = {
  readonly operation: string
  readonly input: unknown
  readonly key?: string
  readonly bearer?: string
  readonly cartToken?: string
  /** Known without asking: staff at work. */
  readonly actor?: Actor
  readonly rawBody?: string
  readonly headers?: Readonly<Record<string, string>>
}

export type Cluster = ReturnType<typeof createCluster>

const clientPatienceMs = 20_000
const leaseMs = 30_000

export function createCluster(around: Surroundings, size: number) {
  const { world, faults } = around
  const { dice } = world
  const processes: (Process | null)[] = []
  let generation = 0
  let requests = 0

  function boot(slot: number): void {
    generation += 1
    processes[slot] = bootProcess(around, `p${slot}.${generation}`, { isAlone: size === 1, onExit: () => revive(slot) })
  }

  function revive(slot: number): void {
    processes[slot] = null
    world.at(dice.between(50, 5_000), null, `boot of slot ${slot}`, () => boot(slot))
  }

  world.onInterrupt((owner: Owner) => {
    const slot = processes.indexOf(owner as Process)
    if (slot < 0) return false
    const process = processes[slot]!
    if (faults.strikes('processCrash')) {
      world.note(`${process.name.padEnd(10)} CRASHES`)
      process.crash()
      revive(slot)
      return true
    }
    if (faults.strikes('processPause')) {
      process.pausedUntil = world.now() + (dice.chance(0.5) ? dice.between(leaseMs, leaseMs * 3) : dice.between(100, 5_000))
      world.note(`${process.name.padEnd(10)} STALLS for ${process.pausedUntil - world.now()} ms`)
      return true
    }
    if (faults.strikes('clockJump')) process.skewMs = dice.between(-60_000, 60_000)
    return false
  })

  async function runIn(engine: Engine, request: Request): Promise<Reply> {
    const operation = operationOf(engine, request.operation)
    const { bearer, cartToken } = request
    const credentials = {
      authorization: bearer === undefined ? undefined : `Bearer ${bearer}`,
      cookie: undefined,
      cartToken,
      network: '198.51.100.7',
    }
    const actor = request.actor ?? (await engine.authenticate(credentials))
    requests += 1
    const facts: RequestFacts = {
      id: `req_${requests}`,
      ifMatch: null,
      ifNoneMatch: null,
      rawBody: request.rawBody === undefined ? null : Buffer.from(request.rawBody),
      headers: request.headers ?? {},
    }
    return await engine.run(operation, { input: request.input, actor, idempotencyKey: request.key ?? null, request: facts })
  }

  /** Sends a request to some process that is up and brings back what became of it. */
  function send(request: Request): Promise<Result> {
    return new Promise((resolve) => {
      const legMs = () => dice.between(1, 40)
      const giveUp = world.at(clientPatienceMs, null, `client gives up ${request.operation}`, () => resolve({ end: 'lost' }))
      const finish = (result: Result) => {
        if (faults.strikes('answerLost')) return
        world.at(legMs(), null, `answer to ${request.operation}: ${result.end === 'refused' ? result.code : result.end}`, () => {
          giveUp()
          resolve(result)
        })
      }
      world.at(legMs(), null, `request ${request.operation}`, () => {
        if (faults.strikes('requestLost')) return
        const up = processes.filter((process) => process?.engine != null)
        if (up.length === 0) return finish({ end: 'lost' })
        const process = dice.pick(up)!
        world.note(`${process.name.padEnd(10)} serves ${request.operation}`)
        process
          .serve((engine) => runIn(engine, request))
          .then(
            (reply) => finish({ end: 'answered', reply }),
            (error: unknown) => {
              // Staff who may do nothing would make the run prove less than it says.
              const isShutOut = isEngineError(error, 'proof_needed') || isEngineError(error, 'forbidden')
              if (request.actor && isShutOut) around.complain(`${request.operation} was refused to staff: ${error.code}`)
              if (isEngineError(error)) return finish({ end: 'refused', code: error.code, status: error.status })
              if (process.isAlive) around.complain(`${request.operation} broke: ${error instanceof Error ? error.stack : String(error)}`)
              finish({ end: 'lost' })
            },
          )
      })
    })
  }

  return {
    send,
    start(): void {
      for (let slot = 0; slot < size; slot++) boot(slot)
    },
    processes: (): readonly Process[] => processes.filter((process) => process !== null),
    maxSkewMs: (): number => Math.max(0, ...processes.map((process) => process?.skewMs ?? 0)),
    /** Everybody wakes up and looks at the right clock. */
    heal(): void {
      for (const process of processes) {
        if (process === null) continue
        process.pausedUntil = 0
        process.skewMs = 0
      }
    },
  }
}

const byName = new WeakMap<Engine, Map<string, Operation>>()

function operationOf(engine: Engine, name: string): Operation {
  let all = byName.get(engine)
  if (!all) byName.set(engine, (all = new Map(engine.operations.map((operation) => [operation.name, operation]))))
  return all.get(name)!
}

/** The provider's webhooks come in as requests like any other. */
export function webhookEgress(send: (request: Request) => Promise<Result>): Egress {
  return {
    async request({ body = '', headers = {} }) {
      const result = await send({ operation: 'payments.receiveWebhook', input: { provider: 'sandbox' }, rawBody: body, headers })
      if (result.end === 'lost') throw new Error('no answer')
      return { status: result.end === 'answered' ? result.reply.status : result.status, body: '' }
    },
  }
}
