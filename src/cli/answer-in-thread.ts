// The other end of worker-thread.ts: what a thread is asked, it answers one after the other.
import { parentPort } from 'node:worker_threads'
import type { FromThread, ToThread } from './worker-thread.ts'

/** `transfer`: of a result, the memory that goes over with it and is not copied. */
export function answerInThread<TAsked, TResult>(
  work: (asked: TAsked) => Promise<TResult>,
  transfer?: (result: TResult) => ArrayBuffer[],
): void {
  let last: Promise<void> = Promise.resolve()
  parentPort!.on('message', ({ id, asked }: ToThread<TAsked>) => {
    last = last.then(async () => {
      const [answer, memory]: [FromThread, ArrayBuffer[]] = await work(asked).then(
        (result) => [{ id, result }, transfer?.(result) ?? []],
        (error: unknown) => [{ id, error: error instanceof Error ? error.message : String(error) }, []],
      )
      parentPort!.postMessage(answer, memory)
    })
  })
}
