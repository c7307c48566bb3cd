// The SMTP server of a process with the role `mail`: where it listens, and the files of its certificate.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { systemClock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Certificate } from '../domains/inbound/smtp-receiver.ts'
import type { Engine } from '../engine/create-engine.ts'
import type { LoadedConfig } from './load-config.ts'
import type { ProcessSettings } from './settings.ts'

export type MailReceiver = {
  /** `127.0.0.1:2525` */
  readonly place: string
  close(): Promise<void>
}

type Parts = {
  readonly settings: ProcessSettings
  readonly loaded: LoadedConfig
  readonly engine: Engine
  readonly log: Log
}

/** The port of the config, where the environment names no other. 25 needs more rights than a server should have. */
const portDefault = 2525

/** Null where no mail is taken in, or not by this process. @throws Error with a sentence for people */
export async function openMailReceiver({ settings, loaded, engine, log }: Parts): Promise<MailReceiver | null> {
  const inbound = loaded.config.mail?.inbound
  // A domain whose mail comes into a mailbox is met here as well only where somebody says so.
  const isOnlyRead = inbound?.imap !== undefined && inbound.port === undefined && settings.smtpPort === null
  if (inbound?.domain === undefined || isOnlyRead || !settings.roles.includes('mail')) return null
  const { createSmtpReceiver } = await import('../domains/inbound/smtp-receiver.ts')
  const { tls, domain } = inbound
  const receiver = createSmtpReceiver({
    name: domain,
    isKnown: engine.isMailTaken,
    receive: engine.receiveMail,
    clock: systemClock,
    log,
    ...(tls && { readCertificate: certificateIn(loaded.folder, tls) }),
  })
  const host = inbound.host ?? settings.host
  const asked = settings.smtpPort ?? inbound.port ?? portDefault
  const port = await receiver.listen(asked, host).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`Mail cannot be taken in at ${host}:${asked} (${error.code}): set KINGPOST_SMTP_PORT to another port.`)
  })
  return { place: `${host}:${port}`, close: receiver.close }
}

/** Whoever asks again gets the same object until a file has changed. @throws Error where one cannot be read */
export function certificateIn(folder: string, { key, cert }: { readonly key: string; readonly cert: string }): () => Certificate {
  const read = (name: 'key' | 'cert', path: string) => {
    try {
      return readFileSync(resolve(folder, path), 'utf8')
    } catch (error) {
      throw new Error(`mail.inbound.tls.${name}: ${resolve(folder, path)} cannot be read (${(error as NodeJS.ErrnoException).code}).`)
    }
  }
  let known: Certificate | null = null
  return () => {
    const now = { key: read('key', key), cert: read('cert', cert) }
    if (known === null || known.key !== now.key || known.cert !== now.cert) known = now
    return known
  }
}
