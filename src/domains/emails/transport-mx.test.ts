// Mail to servers that the DNS names: a DNS and mail servers of the test's own, on real sockets.
import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { SMTPServer } from 'smtp-server'
import { selfSigned } from '../../../test/support/certificate.ts'
import { type DnsPeer, startDnsServer, type Zone } from '../../../test/support/dns-server.ts'
import { systemClock } from '../../base/clock.ts'
import { createDns, type Dns } from '../../base/dns.ts'
import type { Egress } from '../../base/egress.ts'
import { limits } from '../../base/limits.ts'
import { systemRandom } from '../../base/random.ts'
import { parseStsPolicy } from './mta-sts.ts'
import type { Delivery, MailTransport, Message } from './transport.ts'
import { createMxTransport, type MxOptions } from './transport-mx.ts'

const message: Message = {
  ...{ from: 'Shop <shop@shop.example>', to: 'ann@mail.example', replyTo: null, subject: 'Hello', text: 'Hello.', html: null },
  ...{ messageId: '<eml_1@shop.example>', inReplyTo: null, references: null, createdAt: 1_790_000_000_000, sendAt: null, attachments: [] },
}
const authority = selfSigned('Test authority', { isAuthority: true })
const certified = selfSigned('mx1.mail.example', { issuer: authority })
const stranger = selfSigned('mx1.mail.example')
const chained = { key: certified.key, cert: `${certified.cert}${authority.cert}` }

type Peer = { readonly taken: string[]; close(): Promise<void> }
type PeerOptions = {
  readonly tls?: { readonly key: string; readonly cert: string } | 'broken'
  readonly greeting?: string
  readonly onSender?: string
  readonly onRecipient?: string
}

let dnsPeer: DnsPeer
let port: number
let peers: Peer[]
let transports: MailTransport[]
let pages: Record<string, string>
let fetched: string[]
beforeEach(async () => {
  dnsPeer = await startDnsServer({}, { isSigned: true })
  ;[port, peers, transports, pages, fetched] = [0, [], [], {}, []]
})
afterEach(async () => {
  for (const one of transports) await one.close()
  for (const peer of peers) await peer.close()
  await dnsPeer.close()
})

const said = (words: string) => Object.assign(new Error(words.slice(4)), { responseCode: Number(words.slice(0, 3)) })

/** All at one port, each at an address of its own. What it took: `TLS` or `open`, and to whom. */
async function mailServer(address: string, { tls, greeting, onSender, onRecipient }: PeerOptions = {}): Promise<Peer> {
  const taken: string[] = []
  const server = new SMTPServer({
    ...(typeof tls === 'object' ? tls : {}),
    disabledCommands: tls === undefined ? ['AUTH', 'STARTTLS'] : ['AUTH'],
    ...{ disableReverseLookup: true, hideENHANCEDSTATUSCODES: true, logger: false },
    onConnect: (_session, done) => done(greeting === undefined ? null : said(greeting)),
    onMailFrom: (_address, _session, done) => done(onSender === undefined ? null : said(onSender)),
    onRcptTo: (_address, _session, done) => done(onRecipient === undefined ? null : said(onRecipient)),
    onData(stream, session, done) {
      stream.resume()
      stream.once('end', () => {
        taken.push(`${session.secure ? 'TLS' : 'open'} ${session.envelope.rcptTo.map((one) => one.address)} ${session.hostNameAppearsAs}`)
        done()
      })
    },
  })
  // Whatever the client says first is no handshake to it.
  if (tls === 'broken') server.updateSecureContext({ key: stranger.key, cert: stranger.cert, minVersion: 'TLSv1', maxVersion: 'TLSv1' })
  server.on('error', () => {})
  server.listen(port, address)
  await once(server.server, 'listening')
  port = (server.server.address() as AddressInfo).port
  const peer = { taken, close: () => new Promise<void>((resolve) => server.close(resolve)) }
  peers.push(peer)
  return peer
}

const dnsOf = (server: DnsPeer): Dns => createDns({ servers: [server], clock: systemClock, random: systemRandom })

/** `zones`: besides the two servers of mail.example. */
function toward(zones: Readonly<Record<string, Zone>>, options: Partial<MxOptions> = {}): (more?: Partial<Message>) => Promise<Delivery> {
  dnsPeer.set({
    'mail.example': { MX: ['20 mx2.mail.example', '10 mx1.mail.example'] },
    'mx1.mail.example': { A: ['127.0.0.2'] },
    'mx2.mail.example': { A: ['127.0.0.3'] },
    ...zones,
  })
  const egress: Egress = {
    async request({ url }) {
      fetched.push(url)
      const body = pages[url]
      return body === undefined ? { status: 404, body: '' } : { status: 200, body, type: 'text/plain' }
    },
  }
  const transport = createMxTransport({
    ...{ name: 'out.shop.example', dns: dnsOf(dnsPeer), egress, clock: systemClock, isPublicOnly: false, port, ca: authority.cert },
    ...options,
  })
  transports.push(transport)
  return (more) => transport.send({ ...message, ...more })
}

describe('the way', () => {
  test('goes to the servers of the domain in their order, and to the next where one lets nobody in', async () => {
    const one = await mailServer('127.0.0.2')
    const two = await mailServer('127.0.0.3')
    assert.equal((await toward({})()).status, 'accepted')
    assert.deepEqual([one.taken, two.taken], [['open ann@mail.example out.shop.example'], []])
    await one.close()
    assert.equal((await toward({})()).status, 'accepted')
    assert.equal(two.taken.length, 1)
    const busy = await mailServer('127.0.0.2', { greeting: '421 4.3.2 busy' })
    assert.equal((await toward({})()).status, 'accepted')
    assert.deepEqual([busy.taken.length, two.taken.length], [0, 2])
  })

  test('goes to the domain itself where it names no server, and to nobody where it says so', async () => {
    const own = await mailServer('127.0.0.4')
    const send = toward({
      'plain.example': { A: ['127.0.0.4'] },
      'none.example': { MX: ['0 .'] },
      'odd.example': { MX: ['0 .', '10 bad_name.example'] },
      'lost.example': { MX: ['10 nowhere.example'] },
      'alias.example': { CNAME: 'plain.example', A: ['127.0.0.4'] },
    })
    assert.equal((await send({ to: 'a@plain.example' })).status, 'accepted')
    assert.equal((await send({ to: 'a@alias.example' })).status, 'accepted')
    assert.deepEqual(own.taken, ['open a@plain.example out.shop.example', 'open a@alias.example out.shop.example'])
    assert.deepEqual(await send({ to: 'a@none.example' }), { status: 'refused', reply: '556 5.1.10 none.example takes no mail' })
    for (const [to, reply] of [
      ['a@missing.example', /^550 5\.4\.4 There is no domain/],
      ['a@odd.example', /^550 5\.4\.4 The mail servers/],
    ] as const) {
      const end = await send({ to })
      assert.equal(end.status, 'refused')
      assert.match(end.reply, reply)
    }
    const lost = await send({ to: 'a@lost.example' })
    assert.deepEqual([lost.status, 'isOfDomain' in lost && lost.isOfDomain], ['deferred', true])
  })

  test('what a server says once it has let us in is the answer', async () => {
    const two = await mailServer('127.0.0.3')
    for (const [options, status] of [
      [{ onRecipient: '550 5.1.1 nobody' }, 'refused'],
      [{ onRecipient: '451 4.7.1 greylisted' }, 'deferred'],
      // It likes our address not: others may, and their mail goes on.
      [{ onSender: '550 5.7.1 not you' }, 'refused'],
    ] as const) {
      const one = await mailServer('127.0.0.2', options)
      assert.equal((await toward({})()).status, status)
      await one.close()
    }
    assert.deepEqual(two.taken, [])
  })

  test('leads to no machine that only ours reach, whatever a domain says', async () => {
    const inside = await mailServer('127.0.0.2')
    const zones = {
      'six.example': { AAAA: ['::1', '::ffff:7f00:2', 'fd00::1'] },
      'meta.example': { A: ['169.254.169.254'] },
    }
    const send = toward(zones, { isPublicOnly: true })
    for (const to of ['ann@mail.example', 'a@six.example', 'a@meta.example']) {
      const end = await send({ to })
      assert.equal(end.status, 'deferred')
      assert.match(end.reply, /no address on the public Internet/)
    }
    assert.deepEqual(inside.taken, [])
  })

  test('a domain whose DNS fails waits alone; where nobody answers at all, all mail does', async () => {
    const silent = { after: (_ms: number, task: () => void) => systemClock.after(50, task) }
    const dns = createDns({ servers: [dnsPeer], clock: silent, random: systemRandom })
    const send = toward({ 'mail.example': { fails: 'silent' }, 'out.shop.example': { A: ['192.0.2.1'] } }, { dns })
    const end = await send()
    assert.deepEqual([end.status, 'isOfDomain' in end && end.isOfDomain], ['deferred', true])
    dnsPeer.set({ 'mail.example': { fails: 'silent' }, 'out.shop.example': { fails: 'silent' } })
    assert.equal((await send()).status, 'unavailable')
  })
})

describe('TLS', () => {
  const policy = (mode: string, mx = '*.mail.example') => `version: STSv1\r\nmode: ${mode}\r\nmx: ${mx}\r\nmax_age: 86400\r\n`
  const url = 'https://mta-sts.mail.example/.well-known/mta-sts.txt'
  const marked = { '_mta-sts.mail.example': { TXT: ['v=STSv1; id=20261201;'] } }
  const pin = (usage: number, pem: string) =>
    `${usage} 1 1 ${createHash('sha256')
      .update(new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' }))
      .digest('hex')}`
  const pinned = (tlsa: string[], more: Partial<Zone> = {}) => ({ [`_${port}._tcp.mx1.mail.example`]: { TLSA: tlsa, ...more } })

  test('is used where it is offered, by any certificate; what is broken goes in the open', async () => {
    const one = await mailServer('127.0.0.2', { tls: stranger })
    assert.equal((await toward({})()).status, 'accepted')
    await one.close()
    const broken = await mailServer('127.0.0.2', { tls: 'broken' })
    assert.equal((await toward({})()).status, 'accepted')
    assert.deepEqual(
      [...one.taken, ...broken.taken].map((line) => line.split(' ')[0]),
      ['TLS', 'open'],
    )
  })

  test('a policy that is enforced takes a certificate for the name, of servers that it names, and nothing in the open', async () => {
    pages = { [url]: policy('enforce') }
    for (const [options, taken] of [
      [{ tls: chained }, 1],
      [{ tls: stranger }, 0],
      [{ tls: 'broken' }, 0],
      [{}, 0],
    ] as const) {
      const one = await mailServer('127.0.0.2', options)
      const end = await toward(marked)()
      assert.deepEqual([end.status, one.taken.length], [taken === 1 ? 'accepted' : 'deferred', taken], end.reply)
      await one.close()
    }
    const one = await mailServer('127.0.0.2', { tls: chained })
    pages = { [url]: policy('enforce', 'mx9.mail.example') }
    assert.match((await toward(marked)()).reply, /none of the servers that the policy/)
    // Asked for, and not yet held to.
    pages = { [url]: policy('testing', 'mx9.mail.example') }
    assert.equal((await toward(marked)()).status, 'accepted')
    assert.equal(one.taken.length, 1)
  })

  test('a policy is kept for its time, whoever keeps the DNS or its page from us', async () => {
    await mailServer('127.0.0.2', { tls: stranger })
    pages = { [url]: policy('enforce') }
    const send = toward(marked)
    assert.equal((await send()).status, 'deferred')
    assert.equal((await send()).status, 'deferred')
    assert.deepEqual(fetched, [url])
    pages = {}
    for (const zones of [{}, { '_mta-sts.mail.example': { TXT: ['v=STSv1; id=other'] } }] as Record<string, Zone>[]) {
      dnsPeer.set({ 'mail.example': { MX: ['10 mx1.mail.example'] }, 'mx1.mail.example': { A: ['127.0.0.2'] }, ...zones })
      assert.equal((await send()).status, 'deferred')
    }
    // Another policy, by another id.
    pages = { [url]: policy('none') }
    dnsPeer.set({
      'mail.example': { MX: ['10 mx1.mail.example'] },
      'mx1.mail.example': { A: ['127.0.0.2'] },
      '_mta-sts.mail.example': { TXT: ['v=STSv1; id=3'] },
    })
    assert.equal((await send()).status, 'accepted')
  })

  test('a certificate that a signed DNS names is the only one that is taken, and it goes before a policy', async () => {
    for (const [tls, tlsa, taken] of [
      [stranger, [pin(3, stranger.cert)], 1],
      [stranger, [pin(3, certified.cert)], 0],
      [chained, [pin(2, authority.cert)], 1],
      [chained, [pin(2, stranger.cert)], 0],
      // One that nobody can read asks for TLS alone.
      [stranger, ['1 1 1 00'], 1],
      [undefined, ['3 1 1 00'], 0],
      [undefined, [pin(3, stranger.cert)], 0],
    ] as const) {
      const one = await mailServer('127.0.0.2', tls === undefined ? {} : { tls })
      pages = { [url]: policy('enforce', 'mx9.mail.example') }
      const end = await toward({ ...marked, ...pinned([...tlsa]) })()
      assert.deepEqual(
        [end.status, one.taken.map((line) => line.split(' ')[0])],
        taken === 1 ? ['accepted', ['TLS']] : ['deferred', []],
        tlsa[0],
      )
      await one.close()
    }
  })

  test('what the DNS names is worth nothing where nobody has verified it, and is waited for where it cannot be told', async () => {
    const one = await mailServer('127.0.0.2', { tls: stranger })
    const wrong = [pin(3, certified.cert)]
    for (const zones of [
      pinned(wrong, { isUnsigned: true }),
      { ...pinned(wrong), 'mail.example': { MX: ['10 mx1.mail.example'], isUnsigned: true } },
      { ...pinned(wrong), 'mx1.mail.example': { A: ['127.0.0.2'], isUnsigned: true } },
    ])
      assert.equal((await toward(zones)()).status, 'accepted')
    assert.equal(one.taken.length, 3)
    assert.equal((await toward(pinned([], { fails: 'servfail' }))()).status, 'deferred')
    assert.equal(one.taken.length, 3)
  })

  test('what is no policy is none', () => {
    assert.deepEqual(parseStsPolicy(policy('enforce')), { mode: 'enforce', mx: ['*.mail.example'], maxAgeMs: 86_400_000 })
    for (const text of [
      '',
      'version: STSv2',
      policy('perhaps'),
      policy('enforce').replace(/mx: .*\r\n/, ''),
      policy('enforce').replace('86400', 'soon'),
    ])
      assert.equal(parseStsPolicy(text), null, text)
    assert.equal(parseStsPolicy(policy('none').replace('86400', '9999999999'))!.maxAgeMs, limits.mailPolicyAgeMaxMs)
  })
})
