// Whether the DNS says of the domains of mail what receivers look for: what is there, what is wrong, and the exact record to publish. Looks up, and
// changes nothing. Who is asked (`dns`, `fetchPolicy`) is given; what is not answered is `unknown`, and never good.
import { X509Certificate } from 'node:crypto'
import type { Dns } from '../../base/dns.ts'
import type { DnsRecord, DnsType } from '../../base/dns-wire.ts'
import { isPublicAddress } from '../../base/public-address.ts'
import type { Resolver } from './bounded-dns.ts'

export const mailCheckSubjects = ['SPF', 'DKIM', 'DMARC', 'MX', 'PTR', 'TLS', 'MTA-STS'] as const
/** `advice`: it works, and could be better. `unknown`: nobody has answered. */
export const mailCheckStates = ['good', 'advice', 'missing', 'wrong', 'unknown'] as const

export type MailCheck = {
  readonly subject: (typeof mailCheckSubjects)[number]
  /** The name in the DNS. */
  readonly name: string
  readonly state: (typeof mailCheckStates)[number]
  readonly says: string
  /** What is there now. */
  readonly found: string | null
  /** What to enter at the DNS provider. */
  readonly publish: { readonly type: 'TXT' | 'MX' | 'PTR'; readonly name: string; readonly value: string } | null
}

export type MailFacts = {
  /** Of the address that mails are from. */
  readonly from: string
  /** Of the sender on the envelope: where mail comes in, or the same. */
  readonly envelope: string
  /** Null: none comes in. */
  readonly inbound: string | null
  /** Who hands mail on: a provider by name, a mail server by host, or nobody. */
  readonly provider: string | null
  readonly smtpHost: string | null
  readonly keys: readonly { readonly domain: string; readonly selector: string; readonly record: string }[]
  /** In PEM, of the receiver; null: it has none. */
  readonly certificate: string | null
}

export type MailCheckPorts = {
  readonly dns: Dns
  readonly now: () => number
  /** SPF of mailauth. */
  readonly spf: (sender: string, address: string) => Promise<{ readonly result: string }>
  /** The text at an address of HTTPS, or null where there is none. @throws Error where nobody answers */
  readonly fetchText: (url: string) => Promise<string | null>
}

/** What a provider asks to be named by. Those that are not here send by a domain of their own. */
const includes: Readonly<Record<string, string>> = { sendgrid: 'sendgrid.net', mailgun: 'mailgun.org', ses: 'amazonses.com' }

export async function checkMail(facts: MailFacts, ports: MailCheckPorts): Promise<readonly MailCheck[]> {
  const groups = await Promise.all([
    checkSpf(facts, ports),
    checkDkim(facts, ports),
    checkDmarc(facts, ports),
    checkMx(facts, ports),
    checkPtr(facts, ports),
    checkTls(facts, ports),
    checkMtaSts(facts, ports),
  ])
  return groups.flat()
}

type Part = Pick<MailCheck, 'state' | 'says'> & Partial<MailCheck>
const check = (subject: MailCheck['subject'], name: string, part: Part): MailCheck => ({
  subject,
  name,
  found: null,
  publish: null,
  ...part,
})
const silent = (error: unknown): Part => ({ state: 'unknown', says: (error as Error).message })
const txt = (name: string, value: string) => ({ type: 'TXT', name, value }) as const

/** Empty where there is none. @throws DnsFailure */
const records = async <T extends DnsType>({ dns }: MailCheckPorts, name: string, type: T): Promise<readonly DnsRecord[T][]> =>
  (await dns.resolve(name, type)).records
const texts = async (ports: MailCheckPorts, name: string, begins: RegExp): Promise<readonly string[]> =>
  (await records(ports, name, 'TXT')).map((parts) => parts.join('')).filter((text) => begins.test(text))
const addressesOf = async (ports: MailCheckPorts, host: string): Promise<readonly string[]> => [
  ...(await records(ports, host, 'A')),
  ...(await records(ports, host, 'AAAA')),
]

async function checkSpf({ envelope, provider, smtpHost }: MailFacts, ports: MailCheckPorts): Promise<MailCheck[]> {
  const by = provider === null ? (smtpHost === null ? 'mx' : `a:${smtpHost}`) : includes[provider] && `include:${includes[provider]}`
  if (by === undefined)
    return [check('SPF', envelope, { state: 'advice', says: `${provider} sends by a domain of its own, which it has you set up` })]
  const publish = txt(envelope, `v=spf1 ${by} -all`)
  try {
    const all = await texts(ports, envelope, /^v=spf1(?: |$)/i)
    const [found = null] = all
    if (found === null) return [check('SPF', envelope, { state: 'missing', says: 'nothing says who may send for it', publish })]
    if (all.length > 1)
      return [check('SPF', envelope, { state: 'wrong', says: `there are ${all.length} records, and there may be one`, found })]
    // An address of examples (RFC 5737), which nobody sends from.
    const anybody = (await ports.spf(`postmaster@${envelope}`, '192.0.2.1')).result
    if (anybody === 'permerror')
      return [check('SPF', envelope, { state: 'wrong', says: 'it cannot be followed, or leads to more than 10 others', found })]
    if (anybody === 'temperror') return [check('SPF', envelope, { state: 'unknown', says: 'what it leads to is not answered', found })]
    if (anybody === 'pass') return [check('SPF', envelope, { state: 'wrong', says: 'it lets anybody send', found, publish })]
    return [check('SPF', envelope, { ...(await ownSpf({ envelope, smtpHost, anybody, publish }, ports)), found })]
  } catch (error) {
    return [check('SPF', envelope, silent(error))]
  }
}

type Own = Pick<MailFacts, 'envelope' | 'smtpHost'> & { readonly anybody: string; readonly publish: MailCheck['publish'] }

/** Whether the mail server that takes ours is among those that it names. */
async function ownSpf({ envelope, smtpHost, anybody, publish }: Own, ports: MailCheckPorts): Promise<Part> {
  const own = smtpHost === null ? [] : (await addressesOf(ports, smtpHost)).filter(isPublicAddress)
  const results = await Promise.all(own.map(async (address) => ({ address, ...(await ports.spf(`postmaster@${envelope}`, address)) })))
  const left = results.find(({ result }) => result !== 'pass')
  if (left !== undefined) return { state: 'wrong', says: `it does not name ${left.address}, which ${smtpHost} has`, publish }
  if (anybody === 'neutral' || anybody === 'none') return { state: 'advice', says: 'it refuses nobody: let it end in -all' }
  return { state: 'good', says: own.length > 0 ? `it names ${own.join(', ')}` : 'it says who may send' }
}

async function checkDkim({ from, keys, provider }: MailFacts, ports: MailCheckPorts): Promise<MailCheck[]> {
  if (keys.length === 0) {
    if (provider !== null) return [check('DKIM', from, { state: 'advice', says: `${provider} signs by keys that it has you publish` })]
    return [check('DKIM', from, { state: 'missing', says: 'mails are not signed: mail.dkim of the config names no key' })]
  }
  return await Promise.all(keys.map((key) => checkKey(key, from, ports)))
}

async function checkKey({ domain, selector, record }: MailFacts['keys'][number], from: string, ports: MailCheckPorts): Promise<MailCheck> {
  const name = `${selector}._domainkey.${domain}`
  const publish = txt(name, record)
  try {
    const [found = null] = (await records(ports, name, 'TXT')).map((parts) => parts.join(''))
    if (found === null)
      return check('DKIM', name, { state: 'missing', says: 'the key is not published, and its signatures hold nowhere', publish })
    const [there, ours] = [found, record].map((text) => /(?:^|;)\s*p=([^;]*)/.exec(text)?.[1]?.replaceAll(/\s/g, '') ?? null)
    if (there === '') return check('DKIM', name, { state: 'wrong', says: 'the key is revoked', found, publish })
    if (there !== ours) return check('DKIM', name, { state: 'wrong', says: 'another key is published than the config has', found, publish })
    if (!isBelow(from, domain) && !isBelow(domain, from))
      return check('DKIM', name, { state: 'wrong', says: `it signs for ${domain}, and mails are from ${from}`, found })
    if (/(?:^|;)\s*t=[^;]*y/.test(found))
      return check('DKIM', name, { state: 'advice', says: 'it is marked as a test (t=y)', found, publish })
    return check('DKIM', name, { state: 'good', says: 'the key of the config is published', found })
  } catch (error) {
    return check('DKIM', name, silent(error))
  }
}

const isBelow = (name: string, domain: string) => name === domain || name.endsWith(`.${domain}`)

/** RFC 9989 section 4.10: its own, or one of a domain above it. */
async function checkDmarc({ from }: MailFacts, ports: MailCheckPorts): Promise<MailCheck[]> {
  const publish = txt(`_dmarc.${from}`, `v=DMARC1; p=none; rua=mailto:postmaster@${from}`)
  const labels = from.split('.')
  try {
    for (let at = 0; at < labels.length - 1; at++) {
      const name = `_dmarc.${labels.slice(at).join('.')}`
      const all = await texts(ports, name, /^v=DMARC1(?:;|\s|$)/i)
      if (all.length > 1)
        return [check('DMARC', name, { state: 'wrong', says: `there are ${all.length} records, and there may be one`, found: all[0]! })]
      if (all.length === 0) continue
      const found = all[0]!
      const policy = /;\s*p\s*=\s*(\w+)/i.exec(found)?.[1]?.toLowerCase()
      if (policy === undefined) return [check('DMARC', name, { state: 'wrong', says: 'it has no policy (p=)', found, publish })]
      if (policy === 'none')
        return [
          check('DMARC', name, {
            state: 'advice',
            says: 'it asks for nothing: p=quarantine once the reports show that all mail passes',
            found,
          }),
        ]
      return [
        check('DMARC', name, { state: 'good', says: `what is forged is to be ${policy === 'reject' ? 'refused' : 'put aside'}`, found }),
      ]
    }
    return [check('DMARC', publish.name, { state: 'missing', says: 'nothing says what is to be done with forged mail', publish })]
  } catch (error) {
    return [check('DMARC', publish.name, silent(error))]
  }
}

async function checkMx({ inbound }: MailFacts, ports: MailCheckPorts): Promise<MailCheck[]> {
  if (inbound === null) return []
  try {
    const all = (await records(ports, inbound, 'MX')).toSorted((a, b) => a.preference - b.preference)
    const found = all.map(({ preference, exchange }) => `${preference} ${exchange || '.'}`).join(', ') || null
    const publish = { type: 'MX', name: inbound, value: `10 mx.${inbound}` } as const
    if (found === null)
      return [
        check('MX', inbound, {
          state: 'missing',
          says: 'answers and bounces find no way: name the machine that mail comes in at',
          publish,
        }),
      ]
    if (all.some(({ exchange }) => exchange === ''))
      return [check('MX', inbound, { state: 'wrong', says: 'it says that no mail is taken', found, publish })]
    for (const { exchange } of all) {
      const own = await addressesOf(ports, exchange)
      if (own.length === 0) return [check('MX', inbound, { state: 'wrong', says: `${exchange} has no address`, found })]
      if (!own.some(isPublicAddress))
        return [check('MX', inbound, { state: 'wrong', says: `${exchange} has no address of the public Internet`, found })]
    }
    return [check('MX', inbound, { state: 'good', says: `mail goes to ${all.map(({ exchange }) => exchange).join(', ')}`, found })]
  } catch (error) {
    return [check('MX', inbound, silent(error))]
  }
}

/** The names of those addresses that send, and that these lead back (RFC 1912 section 2.1): large receivers refuse others. */
async function checkPtr({ smtpHost }: MailFacts, ports: MailCheckPorts): Promise<MailCheck[]> {
  if (smtpHost === null) return []
  try {
    const own = (await records(ports, smtpHost, 'A')).filter(isPublicAddress)
    return await Promise.all(own.map((address) => checkReverse(address, smtpHost, ports)))
  } catch (error) {
    return [check('PTR', smtpHost, silent(error))]
  }
}

async function checkReverse(address: string, smtpHost: string, ports: MailCheckPorts): Promise<MailCheck> {
  const name = `${address.split('.').toReversed().join('.')}.in-addr.arpa`
  const publish = { type: 'PTR', name, value: smtpHost } as const
  try {
    const [found = null] = await records(ports, name, 'PTR')
    if (found === null)
      return check('PTR', name, { state: 'missing', says: `${address} has no name: whoever lends it can set one`, publish })
    const back = await records(ports, found, 'A')
    if (!back.includes(address))
      return check('PTR', name, { state: 'wrong', says: `${found} does not lead back to ${address}`, found, publish })
    return check('PTR', name, { state: 'good', says: `${address} is ${found}`, found })
  } catch (error) {
    return check('PTR', name, silent(error))
  }
}

async function checkTls({ inbound, certificate }: MailFacts, ports: MailCheckPorts): Promise<MailCheck[]> {
  if (inbound === null) return []
  if (certificate === null)
    return [check('TLS', inbound, { state: 'missing', says: 'mail comes in for everybody to read: mail.inbound.tls names no certificate' })]
  try {
    const one = new X509Certificate(certificate)
    const found = `until ${one.validToDate.toISOString().slice(0, 10)}, for ${one.subjectAltName ?? one.subject}`
    if (one.validToDate.getTime() < ports.now())
      return [check('TLS', inbound, { state: 'wrong', says: 'the certificate has ended', found })]
    const hosts = (await records(ports, inbound, 'MX')).map(({ exchange }) => exchange).filter((host) => host !== '')
    const other = hosts.find((host) => one.checkHost(host) === undefined)
    if (other !== undefined)
      return [check('TLS', inbound, { state: 'advice', says: `the certificate is not for ${other}, where mail is sent to`, found })]
    return [check('TLS', inbound, { state: 'good', says: 'the receiver has a certificate', found })]
  } catch (error) {
    return [check('TLS', inbound, { state: 'wrong', says: (error as Error).message })]
  }
}

/** RFC 8461. Whoever has it keeps senders from sending without TLS; without it mail goes all the same. */
async function checkMtaSts({ inbound }: MailFacts, ports: MailCheckPorts): Promise<MailCheck[]> {
  if (inbound === null) return []
  const name = `_mta-sts.${inbound}`
  try {
    const [found = null] = await texts(ports, name, /^v=STSv1\s*;/)
    if (found === null)
      return [
        check('MTA-STS', name, { state: 'advice', says: 'senders may be made to send without TLS', publish: txt(name, 'v=STSv1; id=1') }),
      ]
    const policy = await ports.fetchText(`https://mta-sts.${inbound}/.well-known/mta-sts.txt`)
    if (policy === null)
      return [check('MTA-STS', name, { state: 'wrong', says: `there is no https://mta-sts.${inbound}/.well-known/mta-sts.txt`, found })]
    const lines = policy.split(/\r?\n/).map((line) => line.split(':').map((part) => part.trim()))
    const mode = lines.find(([key]) => key === 'mode')?.[1]
    const named = lines.filter(([key]) => key === 'mx').map(([, value]) => value!.toLowerCase())
    const hosts = (await records(ports, inbound, 'MX')).map(({ exchange }) => exchange)
    const other = hosts.find(
      (host) => !named.some((one) => one === host || (one.startsWith('*.') && host.slice(host.indexOf('.')) === one.slice(1))),
    )
    if (other !== undefined)
      return [check('MTA-STS', name, { state: 'wrong', says: `its policy does not name ${other}: mail to it is not sent`, found })]
    if (mode !== 'enforce')
      return [check('MTA-STS', name, { state: 'advice', says: `its mode is ${mode ?? 'missing'}: enforce it`, found })]
    return [check('MTA-STS', name, { state: 'good', says: 'senders must use TLS', found })]
  } catch (error) {
    return [check('MTA-STS', name, silent(error))]
  }
}

/** SPF as mailauth follows it, by a resolver that is bounded. */
export function spfBy(resolver: Resolver): MailCheckPorts['spf'] {
  return async (sender, ip) => {
    const { spf } = await import('mailauth/lib/spf/index.js')
    // Its own types, which a project reads in place of ours, name each answer of the DNS.
    const asked = resolver as (name: string, type: string) => Promise<never>
    const { status } = await spf({ sender, ip, helo: sender.slice(sender.indexOf('@') + 1), mta: 'doctor', resolver: asked })
    return status
  }
}
