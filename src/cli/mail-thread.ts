// A thread of its own for reading messages: what strangers send may take any time and any memory. It reads one at a time; one that takes too long or too much is
// given up, its thread ended, and the others are read by a new one.
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { DnsServer } from '../base/dns.ts'
import { EngineError } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import type { AuthenticateMail, Authentication, Carrier } from '../domains/emails/authentication.ts'
import type { MailReader, ParsedMail } from '../domains/inbound/parse-mail.ts'

/** Read it, hand over the file at a place of it, or look up who vouches for it. */
export type MailTask =
  | { readonly kind: 'read'; readonly raw: Uint8Array }
  | { readonly kind: 'enclosed'; readonly raw: Uint8Array; readonly place: number }
  | { readonly kind: 'authenticate'; readonly raw: Uint8Array; readonly carrier: Carrier }
export type ToMailThread = { readonly id: number; readonly task: MailTask }
export type FromMailThread =
  | { readonly id: number; readonly result: ParsedMail | Uint8Array | Authentication | null }
  | { readonly id: number; readonly error: string }
/** `dns`: null: the resolvers of this machine. `name`: what it calls itself to the DNS of others. */
export type MailThreadData = { readonly dns: readonly DnsServer[] | null; readonly name: string }

type Waiting = { readonly asked: ToMailThread; readonly resolve: (result: never) => void; readonly reject: (error: Error) => void }

function startThread(memoryMb: number, data: MailThreadData, hear: (answer: FromMailThread) => void): Worker {
  const one = new Worker(new URL(file, import.meta.url), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    workerData: data,
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
  })
  one.on('message', hear)
  return one
}

function settle({ resolve, reject }: Waiting, answer: FromMailThread): void {
  if ('result' in answer) resolve(answer.result as never)
  else reject(new Error(answer.error))
}

export type MailThread = MailReader & { readonly authenticate: AuthenticateMail; stop(): void }

/** TypeScript in a clone, JavaScript in the package. */
const file = `./mail-worker${extname(import.meta.url)}`

type Options = {
  /** How long it is kept when nothing is to be done. */
  readonly idleMs?: number
  /** How long one task may take. */
  readonly readMs?: number
  readonly memoryMb?: number
} & Partial<MailThreadData>

export function createMailThread(options: Options = {}): MailThread {
  const { idleMs = 30_000, readMs = limits.mailReadMs, memoryMb = limits.mailReadMemoryMb, dns = null, name = 'localhost' } = options
  const waiting: Waiting[] = []
  let current: Waiting | null = null
  let thread: Worker | null = null
  let last = 0
  let timer: NodeJS.Timeout | undefined
  let isStopped = false

  /** Ends the thread, and with it what it was reading. */
  function end(error: Error): void {
    clearTimeout(timer)
    void thread?.terminate()
    thread = null
    const given = current
    current = null
    given?.reject(error)
  }

  function next(): void {
    clearTimeout(timer)
    current = waiting.shift() ?? null
    if (current === null) {
      thread?.unref()
      return void (timer = setTimeout(end, idleMs, new Error('idle')).unref())
    }
    thread ??= begin()
    thread.ref()
    timer = setTimeout(giveUp, readMs, `Reading it took longer than ${readMs} ms.`)
    thread.postMessage(current.asked)
  }

  const giveUp = (why: string) => {
    end(new Error(why))
    next()
  }

  function begin(): Worker {
    const one = startThread(memoryMb, { dns, name }, (answer) => {
      if (current?.asked.id !== answer.id) return
      settle(current, answer)
      current = null
      next()
    })
    one.on('error', (error) => {
      if (thread === one) giveUp(`Reading it failed: ${(error as Error).message}`)
    })
    return one
  }

  const ask = <T>(task: MailTask) =>
    new Promise<T>((resolve, reject) => {
      if (isStopped || waiting.length >= limits.mailsWaitingMax) return reject(new EngineError('overloaded'))
      waiting.push({ asked: { id: ++last, task }, resolve, reject })
      if (current === null) next()
    })

  return {
    read: (raw) => ask<ParsedMail>({ kind: 'read', raw }),
    readEnclosed: (raw, place) => ask<Uint8Array | null>({ kind: 'enclosed', raw, place }),
    authenticate: (raw, carrier) => ask<Authentication>({ kind: 'authenticate', raw, carrier }),
    stop() {
      isStopped = true
      for (const one of waiting.splice(0)) one.reject(new EngineError('overloaded'))
      end(new EngineError('overloaded'))
    },
  }
}
