// A thread of its own for reading messages: what strangers send may take any time and any memory. It reads one at a time; one that takes too long or too much is
// given up, its thread ended, and the others are read by a new one.
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { EngineError } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import type { MailReader, ParsedMail } from '../domains/inbound/parse-mail.ts'

export type ToMailThread = { readonly id: number; readonly raw: Uint8Array; readonly place: number | null }
export type FromMailThread =
  | { readonly id: number; readonly result: ParsedMail | Uint8Array | null }
  | { readonly id: number; readonly error: string }

type Waiting = { readonly asked: ToMailThread; readonly resolve: (result: never) => void; readonly reject: (error: Error) => void }

function startThread(memoryMb: number, hear: (answer: FromMailThread) => void): Worker {
  const one = new Worker(new URL(file, import.meta.url), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
  })
  one.on('message', hear)
  return one
}

function settle({ resolve, reject }: Waiting, answer: FromMailThread): void {
  if ('result' in answer) resolve(answer.result as never)
  else reject(new Error(answer.error))
}

export type MailThread = MailReader & { stop(): void }

/** TypeScript in a clone, JavaScript in the package. */
const file = `./mail-worker${extname(import.meta.url)}`

/** `idleMs`: how long it is kept. */
export function createMailThread({
  idleMs = 30_000,
  readMs = limits.mailReadMs as number,
  memoryMb = limits.mailReadMemoryMb as number,
} = {}): MailThread {
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

  function giveUp(why: string): void {
    end(new Error(why))
    next()
  }

  function begin(): Worker {
    const one = startThread(memoryMb, (answer) => {
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

  const ask = <T>(raw: Uint8Array, place: number | null) =>
    new Promise<T>((resolve, reject) => {
      if (isStopped || waiting.length >= limits.mailsWaitingMax) return reject(new EngineError('overloaded'))
      waiting.push({ asked: { id: ++last, raw, place }, resolve, reject })
      if (current === null) next()
    })

  return {
    read: (raw) => ask<ParsedMail>(raw, null),
    readEnclosed: (raw, place) => ask<Uint8Array | null>(raw, place),
    stop() {
      isStopped = true
      for (const one of waiting.splice(0)) one.reject(new EngineError('overloaded'))
      end(new EngineError('overloaded'))
    },
  }
}
