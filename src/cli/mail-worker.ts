// The thread that reads messages, one after the other. Who runs it, and ends it: mail-thread.ts.
import { parentPort } from 'node:worker_threads'
import { parseEnclosed, parseMail } from '../domains/inbound/parse-mail.ts'
import type { FromMailThread, ToMailThread } from './mail-thread.ts'

let last: Promise<void> = Promise.resolve()

parentPort!.on('message', ({ id, raw, place }: ToMailThread) => {
  last = last.then(async () => {
    const answer: FromMailThread = await (place === null ? parseMail(raw) : parseEnclosed(raw, place)).then(
      (result) => ({ id, result }),
      (error: unknown) => ({ id, error: error instanceof Error ? error.message : String(error) }),
    )
    parentPort!.postMessage(answer)
  })
})
