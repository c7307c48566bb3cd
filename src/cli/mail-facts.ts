// What this process knows of the domains of its mail, for whoever looks whether the DNS fits it.
import { createPublicKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { systemClock } from '../base/clock.ts'
import { systemDns } from '../base/dns.ts'
import { systemEgress } from '../base/egress.ts'
import type { Project } from '../config/project.ts'
import { createPatience } from '../domains/inbound/bounded-dns.ts'
import { checkMail, type MailCheck, type MailFacts, spfBy } from '../domains/inbound/mail-checks.ts'
import type { LoadedConfig } from './load-config.ts'
import { dkimKeysOf } from './mail-transport.ts'
import type { ProcessSettings } from './settings.ts'

type Parts = { readonly settings: ProcessSettings; readonly loaded: LoadedConfig; readonly project: Project }

/** @throws UsageError where a key or a certificate cannot be read */
export async function lookAtMail(parts: Parts): Promise<readonly MailCheck[]> {
  const dns = systemDns(parts.settings.dnsServers ?? undefined)
  const { resolver } = createPatience({ dns, clock: systemClock }).of(null)
  return await checkMail(await mailFactsOf(parts), { dns, now: systemClock.now, spf: spfBy(resolver), fetchText })
}

async function fetchText(url: string): Promise<string | null> {
  const { status, body } = await systemEgress.request({ method: 'GET', url, isPublicOnly: true, withinMs: 5_000 })
  return status === 200 ? body : null
}

async function mailFactsOf({ settings, loaded, project }: Parts): Promise<MailFacts> {
  const { mail } = project
  const from = mail.from.address.slice(mail.from.address.indexOf('@') + 1)
  const host = settings.smtpUrl === null ? '' : new URL(settings.smtpUrl).hostname
  const tls = loaded.config.mail?.inbound?.tls
  return {
    from,
    envelope: mail.inbound?.domain ?? from,
    inbound: mail.inbound?.domain ?? null,
    provider: mail.provider?.name ?? null,
    // A server on this machine hands it on by another that is not named here.
    smtpHost: host === '' || host === 'localhost' || isIP(host.replace(/^\[|\]$/g, '')) !== 0 ? null : host,
    keys: (await dkimKeysOf(settings, project)).map(({ domain, selector, key }) => ({ domain, selector, record: dkimRecord(key) })),
    certificate: tls === undefined ? null : readFileSync(resolve(loaded.folder, tls.cert), 'utf8'),
  }
}

/** RFC 6376 section 3.6.1, and RFC 8463 section 4: of Ed25519 the 32 bytes alone. */
export function dkimRecord(key: KeyObject): string {
  const der = createPublicKey(key).export({ type: 'spki', format: 'der' })
  if (key.asymmetricKeyType === 'rsa') return `v=DKIM1; k=rsa; p=${der.toString('base64')}`
  return `v=DKIM1; k=ed25519; p=${der.subarray(-32).toString('base64')}`
}
