// A thread of its own for drawing documents: one takes a tenth of a second of a core and more, in which nobody would be answered.
// It draws one at a time, and ends when it has nothing to do for a while.
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { EngineError } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import type { InvoiceDocument } from '../documents/invoice-document.ts'
import type { RenderDocument } from '../documents/render-document.ts'

export type FromDocumentThread = { readonly id: number; readonly bytes: Uint8Array } | { readonly id: number; readonly error: string }
export type ToDocumentThread = { readonly id: number; readonly document: InvoiceDocument }

type Waiting = { readonly resolve: (bytes: Uint8Array) => void; readonly reject: (error: Error) => void }

export type DocumentThread = { readonly render: RenderDocument; stop(): void }

/** TypeScript in a clone, JavaScript in the package. */
const file = `./document-worker${extname(import.meta.url)}`

/** `idleMs`: how long it is kept. It has some 60 MB. */
export function createDocumentThread({ idleMs = 30_000, documentMs = limits.documentMs } = {}): DocumentThread {
  const waiting = new Map<number, Waiting>()
  let thread: Worker | null = null
  let last = 0
  let timer: NodeJS.Timeout | undefined
  let isStopped = false

  function end(error: Error): void {
    clearTimeout(timer)
    void thread?.terminate()
    thread = null
    for (const one of waiting.values()) one.reject(error)
    waiting.clear()
  }

  /** Of what is under way, or of its rest. */
  function watch(): void {
    clearTimeout(timer)
    const isIdle = waiting.size === 0
    timer = setTimeout(end, isIdle ? idleMs : documentMs, new EngineError('overloaded', { detail: 'The document takes too long.' })).unref()
    if (isIdle) thread?.unref()
    else thread?.ref()
  }

  function begin(): Worker {
    const one = new Worker(new URL(file, import.meta.url), { execArgv: ['--disable-warning=ExperimentalWarning'] })
    one.on('message', (message: FromDocumentThread) => {
      const asked = waiting.get(message.id)
      waiting.delete(message.id)
      watch()
      if ('bytes' in message) asked?.resolve(message.bytes)
      else asked?.reject(new Error(message.error))
    })
    one.on('error', (error) => {
      if (thread === one) end(error as Error)
    })
    return one
  }

  return {
    render: (document) =>
      new Promise((resolve, reject) => {
        if (isStopped || waiting.size >= limits.documentsWaitingMax) return reject(new EngineError('overloaded'))
        thread ??= begin()
        last++
        waiting.set(last, { resolve, reject })
        if (waiting.size === 1) watch()
        thread.postMessage({ id: last, document } satisfies ToDocumentThread)
      }),
    stop() {
      isStopped = true
      end(new EngineError('overloaded'))
    },
  }
}
