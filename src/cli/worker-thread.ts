// A thread of its own for what may take long, or may be made to by a stranger: it does one piece of work at a time. One that takes too long or too
// much is given up, its thread ended, and the others are done by a new one. It ends when it has nothing to do for a while.
import { Worker } from 'node:worker_threads'
import { EngineError } from '../base/engine-error.ts'

export type ToThread<TAsked> = { readonly id: number; readonly asked: TAsked }
export type FromThread = { readonly id: number; readonly result: unknown } | { readonly id: number; readonly error: string }

type Waiting<TAsked> = {
  readonly message: ToThread<TAsked>
  readonly resolve: (result: never) => void
  readonly reject: (error: Error) => void
}

export type ThreadOptions = {
  readonly file: URL
  /** What it is given at its start. */
  readonly data?: unknown
  /** How many may wait behind the one that is being done. */
  readonly waitingMax: number
  /** How long it is kept. */
  readonly idleMs: number
  /** For one piece of work. */
  readonly eachMs: number
  readonly memoryMb?: number
  /** What it is to those who asked that it took too long, and that the thread failed. */
  readonly tooLong: () => Error
  readonly failed: (why: string) => Error
}

/** `ask` rejects with `overloaded` where too many wait, or it was stopped. */
export function createWorkerThread<TAsked>(options: ThreadOptions) {
  const { waitingMax, idleMs, eachMs, tooLong, failed } = options
  const waiting: Waiting<TAsked>[] = []
  let current: Waiting<TAsked> | null = null
  let thread: Worker | null = null
  let last = 0
  let timer: NodeJS.Timeout | undefined
  let isStopped = false

  /** Ends the thread, and with it what it was doing. */
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
    timer = setTimeout(() => giveUp(tooLong()), eachMs)
    thread.postMessage(current.message)
  }

  function giveUp(why: Error): void {
    end(why)
    next()
  }

  function begin(): Worker {
    const one = startThread(options, (answer) => {
      if (current?.message.id !== answer.id) return
      if ('result' in answer) current.resolve(answer.result as never)
      else current.reject(new Error(answer.error))
      current = null
      next()
    })
    one.on('error', (error) => {
      if (thread === one) giveUp(failed((error as Error).message))
    })
    return one
  }

  return {
    ask: <T>(asked: TAsked) =>
      new Promise<T>((resolve, reject) => {
        if (isStopped || waiting.length >= waitingMax) return reject(new EngineError('overloaded'))
        waiting.push({ message: { id: ++last, asked }, resolve, reject })
        if (current === null) next()
      }),
    stop() {
      isStopped = true
      for (const one of waiting.splice(0)) one.reject(new EngineError('overloaded'))
      end(new EngineError('overloaded'))
    },
  }
}

function startThread({ file, data, memoryMb }: ThreadOptions, hear: (answer: FromThread) => void): Worker {
  const one = new Worker(file, {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    workerData: data,
    ...(memoryMb !== undefined && { resourceLimits: { maxOldGenerationSizeMb: memoryMb } }),
  })
  one.on('message', hear)
  return one
}
