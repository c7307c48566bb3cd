// Mail straight to the servers of its receivers, as their MX records name them. A server that is away, or not who it must be, is passed over for
// the next one; what none of them lets in is put off, and so is that domain: nobody else's mail waits for it. Invariants: no mail goes to a
// machine that is not who its domain says (DANE before MTA-STS), nor to one that only ours reach; what a server says once it has let us in is the
// answer.
import { TLSSocket } from 'node:tls'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { Clock } from '../../base/clock.ts'
import { type Dns, DnsFailure } from '../../base/dns.ts'
import type { Egress } from '../../base/egress.ts'
import { limits } from '../../base/limits.ts'
import { composeMessage } from './compose-message.ts'
import { daneMisfit, usableTlsa } from './dane.ts'
import { findHost, findRoute, type MailHost, type MailRoute } from './mail-route.ts'
import { createStsPolicies, isServerOf, type StsPolicy } from './mta-sts.ts'
import type { DkimKey } from './sign-dkim.ts'
import type { Delivery, MailTransport, Message } from './transport.ts'
import { envelopeOf, transmit } from './transport-smtp.ts'

export type MxOptions = {
  /** What this machine calls itself: the name that its address has in the DNS. */
  readonly name: string
  readonly dns: Dns
  /** Brings policies (MTA-STS). */
  readonly egress: Egress
  readonly clock: Clock
  readonly dkim?: readonly DkimKey[]
  /** Set in production: nobody's domain leads to a machine of this network. */
  readonly isPublicOnly: boolean
  /** Of the servers: 25. */
  readonly port?: number
  /** Of their certificates, besides those that Node knows. */
  readonly ca?: string
}

/**
 * What the connection to a server must be. `any`: TLS where it is offered, by any certificate. `encrypted`: TLS, by any. `verified`: by a
 * certificate for its name. `pinned`: by the one that the DNS names.
 */
type Security = 'any' | 'encrypted' | 'verified' | 'pinned'

/** RFC 5321 section 4.5.4.2. */
const smtpPort = 25

type Job = {
  readonly envelope: { readonly from: string; readonly to: string[] }
  readonly bytes: Buffer
  readonly domain: string
  readonly until: number
}

export function createMxTransport(options: MxOptions): MailTransport {
  const { dns, clock, name } = options
  const policies = createStsPolicies(options)
  const peers = createPeers(options)
  return {
    atOnce: limits.mailDirectAtOnce,
    async send(message) {
      const domain = domainOf(message.redirectTo ?? message.to)
      const until = clock.monotonic() + limits.mailDirectMs
      const job = { envelope: envelopeOf(message), bytes: await composeMessage(message, options.dkim), domain, until }
      try {
        const [route, policy] = await Promise.all([findRoute(dns, domain), policies.policyOf(domain)])
        if (route.kind === 'nowhere') return { status: 'refused', reply: route.reply }
        return await sendAlong(job, { options, peers, route, policy })
      } catch (error) {
        if (!(error instanceof DnsFailure)) throw error
        // Whether nobody answers at all is the matter of all messages.
        const isGone = await dns.resolve(name, 'A').then(
          () => false,
          () => true,
        )
        return isGone ? { status: 'unavailable', reply: error.message } : { status: 'deferred', reply: error.message, isOfDomain: true }
      }
    },
    close: async () => peers.close(),
  }
}

type Way = {
  readonly options: MxOptions
  readonly peers: Peers
  readonly route: MailRoute & { readonly kind: 'hosts' }
  readonly policy: StsPolicy | null
}

/** To the first server that lets us in. */
async function sendAlong(job: Job, { options, peers, route, policy }: Way): Promise<Delivery> {
  const { dns, clock, isPublicOnly, port = smtpPort } = options
  let why = `${job.domain} has no mail server that can be reached`
  for (const name of route.names) {
    if (job.until - clock.monotonic() < limits.mailNextMs) break
    const host = await findHost(name, { dns, isPublicOnly, isAuthentic: route.isAuthentic, port }).catch((error: Error) => error)
    const delivery = host instanceof Error ? host.message : await peers.tryHost(job, host, policy)
    if (typeof delivery !== 'string') return delivery
    why = delivery
  }
  return { status: 'deferred', reply: why.slice(0, limits.refusalCharactersMax), isOfDomain: true }
}

type Peer = { readonly host: MailHost; readonly address: string; readonly security: Security; readonly isPlain: boolean }
type Peers = ReturnType<typeof createPeers>

function createPeers(options: MxOptions) {
  const { clock, isPublicOnly } = options
  const open = new Set<SMTPConnection>()
  const leftOf = ({ until }: Job) => until - clock.monotonic()

  async function connectTo(job: Job, peer: Peer): Promise<{ readonly delivery: Delivery; readonly isTlsBroken: boolean }> {
    const { host, security } = peer
    const withinMs = Math.min(limits.effectCallMs, leftOf(job))
    const connection = connectionTo(peer, withinMs, options)
    open.add(connection)
    try {
      const misfit = () => (security === 'pinned' ? misfitOf(connection, host, { names: [host.name, job.domain], now: clock.now() }) : null)
      const delivery = await transmit({ connection, auth: null, clock, withinMs, isTheirs: true, misfit, ...job })
      return { delivery, isTlsBroken: connection.upgrading === true }
    } finally {
      open.delete(connection)
      connection.close()
    }
  }

  return {
    /** What it said, or why nothing was said to it. */
    async tryHost(job: Job, host: MailHost, policy: StsPolicy | null): Promise<Delivery | string> {
      if (host.addresses.length === 0) return `${host.name} has no address ${isPublicOnly ? 'on the public Internet' : 'in the DNS'}`
      const security = securityOf(host, policy)
      if (security === 'verified' && !isServerOf(policy!, host.name))
        return `${host.name} is none of the servers that the policy of its domain names`
      let why = `${host.name} was not asked: finding it took too long`
      for (const address of host.addresses) {
        if (leftOf(job) < limits.mailLeastMs) return why
        const first = await connectTo(job, { host, address, security, isPlain: false })
        // Its TLS is broken, and nobody was promised any: in the open is better than not at all.
        const isAgain = first.isTlsBroken && security === 'any' && leftOf(job) >= limits.mailLeastMs
        const { delivery } = isAgain ? await connectTo(job, { host, address, security, isPlain: true }) : first
        // It has not let us in: another one may.
        if (delivery.status !== 'unavailable') return delivery
        why = `${host.name} (${address}): ${delivery.reply}`
      }
      return why
    },
    close() {
      for (const connection of open) connection.close()
    },
  }
}

function connectionTo(
  { host, address, security, isPlain }: Peer,
  withinMs: number,
  { name, port = smtpPort, ca }: MxOptions,
): SMTPConnection {
  return new SMTPConnection({
    host: address,
    port,
    name,
    servername: host.name,
    secure: false,
    requireTLS: security !== 'any',
    ignoreTLS: isPlain,
    opportunisticTLS: security === 'any',
    tls: { rejectUnauthorized: security === 'verified', minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) },
    connectionTimeout: Math.min(limits.mailConnectMs, withinMs),
    greetingTimeout: withinMs,
    socketTimeout: withinMs,
  })
}

function domainOf(address: Message['to']): string {
  return address.slice(address.lastIndexOf('@') + 1)
}

/** RFC 8461 section 2: what the DNS names goes before a policy. */
function securityOf({ tlsa }: MailHost, policy: StsPolicy | null): Security {
  if (tlsa !== null) return usableTlsa(tlsa).length > 0 ? 'pinned' : 'encrypted'
  return policy?.mode === 'enforce' ? 'verified' : 'any'
}

function misfitOf(
  connection: SMTPConnection,
  { tlsa }: MailHost,
  known: { readonly names: readonly string[]; readonly now: number },
): string | null {
  const certificate = connection._socket instanceof TLSSocket ? connection._socket.getPeerX509Certificate() : undefined
  if (certificate === undefined) return 'it shows no certificate'
  return daneMisfit(certificate, { records: usableTlsa(tlsa!), ...known })
}
