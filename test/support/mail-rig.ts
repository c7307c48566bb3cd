// Mail as it is between real servers of others: Postfix is the relay of our shops and the mail server of `cust.test`, Dovecot has the mailboxes there,
// and a name server of the test's own says who takes mail for whom. Our shops take mail in at port 25 of addresses of their own, as MX records lead there.
// Invariant: all of it is on this machine, at addresses and in folders that no other run has.
import { spawn, spawnSync } from 'node:child_process'
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, connect as netConnect } from 'node:net'
import { join } from 'node:path'
import { text as readText } from 'node:stream/consumers'
import { selfSigned } from './certificate.ts'
import { type Cleanable, cleanUp } from './clean-up.ts'
import { startDnsServer, type Zone } from './dns-server.ts'
import type { HttpClient } from './http-client.ts'
import { type ServerProcess, startServer, temporaryFolder } from './server-process.ts'
import { freePort } from './servers/database-server.ts'
import { type Dovecot, startDovecot, whyNoDovecot } from './servers/dovecot.ts'
import { findProgram } from './servers/find-program.ts'
import { askingOnly, type Postfix, startPostfix, whyNoPostfix } from './servers/postfix.ts'
import { signInAdmin } from './shop.ts'

export type MailRig = {
  readonly dovecot: Dovecot
  readonly postfix: Postfix
  /** The address of who knows the names of all this, at port 53. */
  readonly nameServer: string
  /** Where a shop of this domain takes mail in: `127.81.3.2`. */
  hostOf(domain: ShopDomain): string
  /** A shop of ours, that sends through Postfix or by the port given. */
  openShop(domain: ShopDomain, options?: ShopOptions): Promise<RigShop>
  /** By a program that asks no other name server. @returns its exit code and what it said */
  run(command: readonly string[], input: string | Uint8Array): Promise<Said>
}
type Said = { readonly code: number | null; readonly said: string }

const shopDomains = ['shop.test', 'club.test'] as const
export type ShopDomain = (typeof shopDomains)[number]
export type ShopOptions = {
  readonly smtpPort?: number
  readonly smtpUrl?: string
  readonly database?: string
  readonly dataFolder?: string
}
export type RigShop = { readonly server: ServerProcess; readonly staff: HttpClient; readonly domain: ShopDomain }

export const customers = 'cust.test'
/** A domain whose records name another key (DANE) than the server that they lead to has. */
export const impostors = 'false.test'

/** Null where a rig can be had, else why not and what to do. */
export function whyNoMailRig(): string | null {
  const programs = ['swaks', 'opendkim-testmsg', 'dkimverify'].filter((name) => findProgram(name) === null)
  if (programs.length > 0) return `${programs.join(', ')} cannot be found: apt-get install swaks opendkim-tools python3-dkim`
  if (spawnSync('perl', ['-MMail::DKIM', '-e', '1']).status !== 0) return 'Mail::DKIM cannot be found: apt-get install libmail-dkim-perl'
  return whyNoDovecot() ?? whyNoPostfix()
}

/** For tests: false where there is one, else why they are not run. A machine that is no CI goes on without. @throws Error in CI */
export function skipsMailRig(): string | false {
  const reason = whyNoMailRig()
  if (reason === null) return false
  if (process.env['CI'] === 'true') throw new Error(`${reason}. In CI this must run.`)
  return `NOT RUN: ${reason}`
}

/** The value of a header in a message, as text of one byte a character, on one line. */
export function headerOf(raw: string, name: string): string | undefined {
  const [, value] = new RegExp(`^${name}:(.*(?:\r\n[ \t].*)*)`, 'im').exec(raw.slice(0, raw.indexOf('\r\n\r\n'))) ?? []
  return value?.replaceAll(/\r\n[ \t]+/g, ' ').trim()
}

/** `ways`: of Postfix, to addresses that the DNS does not tell. */
export async function openMailRig(t: Cleanable, ways: Readonly<Record<string, string>> = {}): Promise<MailRig> {
  const network = `127.${64 + ((process.pid >> 8) & 127)}.${process.pid & 255}`
  const nameServer = `${network}.1`
  const hosts: Record<ShopDomain, string> = { 'shop.test': `${network}.2`, 'club.test': `${network}.3` }
  const keys = dkimKeys()
  const zone: Record<string, Zone> = Object.fromEntries(
    shopDomains.flatMap((domain) => [
      [`in.${domain}`, { MX: [`10 mx.${domain}`] }],
      [`mx.${domain}`, { A: [hosts[domain]] }],
      [`rsa._domainkey.${domain}`, { TXT: [keys.rsa.record] }],
      [`ed._domainkey.${domain}`, { TXT: [keys.ed.record] }],
      [`_dmarc.${domain}`, { TXT: ['v=DMARC1; p=reject'] }],
    ]),
  )
  // Who writes from there is vouched for by where it comes from.
  zone[customers] = { TXT: ['v=spf1 ip4:127.0.0.0/8 -all'], MX: [`10 mx.${customers}`] }
  zone[`_dmarc.${customers}`] = { TXT: ['v=DMARC1; p=reject'] }
  const mx = { host: `${network}.4`, ...selfSigned(`mx.${customers}`) }
  const digest = createHash('sha256')
    .update(createPublicKey(mx.cert).export({ type: 'spki', format: 'der' }))
    .digest('hex')
  for (const [name, key] of [
    [`mx.${customers}`, digest],
    [`mx.${impostors}`, '00'.repeat(32)],
  ] as const) {
    zone[name] = { A: [mx.host] }
    zone[`_25._tcp.${name}`] = { TLSA: [`3 1 1 ${key}`] }
  }
  zone[impostors] = { MX: [`10 mx.${impostors}`] }
  const dns = await startDnsServer(zone, { isSigned: true, host: nameServer, port: 53 })
  cleanUp(t, dns.close)
  const port = await freePort()
  const dovecot = await startDovecot({ submission: `127.0.0.1:${port}` })
  cleanUp(t, () => dovecot.kill())
  const postfix = await startPostfix({
    name: `mx.${customers}`,
    domains: [customers],
    lmtpSocket: dovecot.lmtpSocket,
    nameServer,
    mx,
    port,
    ways,
    settings: postfixSettings,
  })
  cleanUp(t, () => postfix.kill())
  const folder = temporaryFolder(t)
  const { key, cert } = selfSigned('mx.shop.test')
  writeFileSync(join(folder, 'key.pem'), key)
  writeFileSync(join(folder, 'cert.pem'), cert)
  return {
    dovecot,
    postfix,
    nameServer,
    hostOf: (domain) => hosts[domain],
    async openShop(domain, { smtpPort = port, smtpUrl = `smtp://127.0.0.1:${smtpPort}`, ...options } = {}) {
      const env = {
        ...{ MAIL_RIG_DOMAIN: domain, MAIL_RIG_HOST: hosts[domain], MAIL_RIG_TLS: folder },
        ...{ KINGPOST_SMTP_PORT: '25', KINGPOST_SMTP_URL: smtpUrl },
        ...{ DKIM_RSA: keys.rsa.key, DKIM_ED: keys.ed.key, KINGPOST_DNS: nameServer },
      }
      const server = await startServer(t, { config: join(import.meta.dirname, 'mail-rig.config.ts'), env, ...options })
      return { server, domain, staff: await signInAdmin(server) }
    },
    run: (command, input) => runProgram(askingOnly(join(postfix.folder, 'resolv.conf'), command), input),
  }
}

const postfixSettings = {
  // As old servers are: what stands alone ends a line, and may end a message.
  smtpd_forbid_bare_newline: 'no',
  cleanup_replace_stray_cr_lf: 'no',
  delay_warning_time: '1s',
  // On its way through a test's own sockets a conversation is looked into: 127.0.0.1 is where they listen, our shops do elsewhere.
  smtp_discard_ehlo_keyword_address_maps: 'inline:{{127.0.0.1=starttls}}',
  // Whoever is silent is left.
  ...Object.fromEntries(
    ['connect', 'helo', 'mail', 'rcpt', 'data_init', 'data_xfer', 'data_done', 'quit', 'rset', 'starttls'].map((name) => [
      `smtp_${name}_timeout`,
      '4s',
    ]),
  ),
}

/** As the guide makes them. */
function dkimKeys() {
  const of = (pair: { privateKey: KeyObject }, record: (key: Buffer) => string) => ({
    key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    record: record(createPublicKey(pair.privateKey).export({ type: 'spki', format: 'der' })),
  })
  return {
    rsa: of(generateKeyPairSync('rsa', { modulusLength: 2_048 }), (key) => `v=DKIM1; k=rsa; p=${key.toString('base64')}`),
    // RFC 8463 section 4: the key alone, which is the end of what it is exported as.
    ed: of(generateKeyPairSync('ed25519'), (key) => `v=DKIM1; k=ed25519; p=${key.subarray(-32).toString('base64')}`),
  }
}

/** A way to Postfix that keeps each message as it was handed over, from behind `DATA` to the last dot. */
export async function tapMail(t: Cleanable, port: number): Promise<{ readonly port: number; readonly seen: readonly string[] }> {
  const seen: string[] = []
  const server = createServer((client) => {
    const peer = netConnect(port, '127.0.0.1')
    let said = ''
    client.on('data', (chunk: Buffer) => void (said += chunk.toString('latin1')))
    client.on('close', () =>
      seen.push(...[...said.matchAll(/^DATA\r\n(.*?\r\n)\.\r\n/gms)].map(([, body]) => body!.replaceAll(/^\.\./gm, '.'))),
    )
    for (const socket of [client, peer]) socket.on('error', () => {})
    client.pipe(peer).pipe(client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUp(t, () => void server.close())
  return { port: (server.address() as { port: number }).port, seen }
}

/** The name server of this process has to answer meanwhile. */
async function runProgram([program, ...words]: readonly string[], input: string | Uint8Array): Promise<Said> {
  const child = spawn(program!, words, { stdio: 'pipe' })
  const closed = once(child, 'close')
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [out, err] = await Promise.all([readText(child.stdout), readText(child.stderr), closed])
  return { code: child.exitCode, said: `${out}${err}` }
}

/** A mail of somebody, by swaks: `words` are its own. @throws Error where it was not taken */
export async function swaks(words: readonly string[], message: string): Promise<string> {
  const { code, said } = await runProgram(['swaks', ...words, '--data', '-'], message)
  if (code !== 0) throw new Error(`swaks ended with ${code}: ${said}`)
  return said
}
