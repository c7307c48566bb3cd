// The thread that looks into messages, one after the other. Who runs it, and ends it: mail-thread.ts.
import { workerData } from 'node:worker_threads'
import { systemClock } from '../base/clock.ts'
import { systemDns } from '../base/dns.ts'
import { createMailAuthenticator } from '../domains/inbound/mail-authenticator.ts'
import { parseEnclosed, parseMail } from '../domains/inbound/parse-mail.ts'
import { answerInThread } from './answer-in-thread.ts'
import type { MailTask, MailThreadData } from './mail-thread.ts'

const { dns, name } = workerData as MailThreadData
const authenticate = createMailAuthenticator({ dns: systemDns(dns ?? undefined), clock: systemClock, name })

answerInThread(async (task: MailTask) => {
  if (task.kind === 'read') return await parseMail(task.raw)
  if (task.kind === 'enclosed') return await parseEnclosed(task.raw, task.place)
  return await authenticate(task.raw, task.carrier)
})
