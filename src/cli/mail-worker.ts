// The thread that looks into messages, one after the other. Who runs it, and ends it: mail-thread.ts.
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../base/clock.ts'
import { systemDns } from '../base/dns.ts'
import { createMailAuthenticator } from '../domains/inbound/mail-authenticator.ts'
import { parseEnclosed, parseMail } from '../domains/inbound/parse-mail.ts'
import type { FromMailThread, MailTask, MailThreadData, ToMailThread } from './mail-thread.ts'

const { dns, name } = workerData as MailThreadData
const authenticate = createMailAuthenticator({ dns: systemDns(dns ?? undefined), clock: systemClock, name })

let last: Promise<void> = Promise.resolve()

parentPort!.on('message', ({ id, task }: ToMailThread) => {
  last = last.then(async () => {
    const answer: FromMailThread = await carryOut(task).then(
      (result) => ({ id, result }),
      (error: unknown) => ({ id, error: error instanceof Error ? error.message : String(error) }),
    )
    parentPort!.postMessage(answer)
  })
})

function carryOut(task: MailTask) {
  if (task.kind === 'read') return parseMail(task.raw)
  if (task.kind === 'enclosed') return parseEnclosed(task.raw, task.place)
  return authenticate(task.raw, task.carrier)
}
