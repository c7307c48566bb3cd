import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type DnsPeer, startDnsServer, type Zone } from '../../test/support/dns-server.ts'
import { systemClock } from './clock.ts'
import { createDns, DnsFailure, type DnsServer, isOnThisMachine, parseDnsServer, systemDns } from './dns.ts'
import { decodeReply } from './dns-wire.ts'
import { limits } from './limits.ts'
import { systemRandom } from './random.ts'

const open: DnsPeer[] = []
after(() => Promise.all(open.map((peer) => peer.close())))

async function peer(zones: Readonly<Record<string, Zone>>, options?: { readonly isSigned: boolean }): Promise<DnsPeer> {
  const started = await startDnsServer(zones, options)
  open.push(started)
  return started
}

/** Tries end at once: nobody here takes a while. */
const hasty = { after: (_ms: number, task: () => void) => systemClock.after(50, task) }
const askedBy = (servers: readonly DnsServer[], clock: Parameters<typeof createDns>[0]['clock'] = systemClock) =>
  createDns({ servers, clock, random: systemRandom })

test('each type of record is read as what it says', async () => {
  const long = `v=DKIM1; p=${'A'.repeat(400)}`
  const dns = askedBy([
    await peer({
      'shop.example': { MX: ['10 MX1.shop.example', '20 mx2.shop.example'], TXT: ['v=spf1 -all', long], A: ['192.0.2.1', '192.0.2.2'] },
      'six.example': { AAAA: ['2001:db8::25'] },
      'none.example': { MX: ['0 .'] },
      'www.shop.example': { CNAME: 'shop.example', A: ['192.0.2.9'] },
      '1.2.0.192.in-addr.arpa': { PTR: 'mx1.shop.example' },
      '_25._tcp.mx1.shop.example': { TLSA: ['3 1 1 00ff'] },
    }),
  ])
  const mx = await dns.resolve('Shop.Example.', 'MX')
  assert.deepEqual(mx, {
    ...{ status: 'found', isAuthentic: false },
    records: [
      { preference: 10, exchange: 'mx1.shop.example' },
      { preference: 20, exchange: 'mx2.shop.example' },
    ],
  })
  assert.deepEqual((await dns.resolve('none.example', 'MX')).records, [{ preference: 0, exchange: '' }])
  const texts = (await dns.resolve('shop.example', 'TXT')).records
  assert.deepEqual([texts.length, texts[1]!.length, texts.map((strings) => strings.join(''))], [2, 2, ['v=spf1 -all', long]])
  assert.deepEqual((await dns.resolve('six.example', 'AAAA')).records, ['2001:db8:0:0:0:0:0:25'])
  assert.deepEqual((await dns.resolve('www.shop.example', 'A')).records, ['192.0.2.9'], 'of the name that it is another name for')
  assert.deepEqual((await dns.resolve('1.2.0.192.in-addr.arpa', 'PTR')).records, ['mx1.shop.example'])
  assert.deepEqual((await dns.resolve('_25._tcp.mx1.shop.example', 'TLSA')).records, [
    { usage: 3, selector: 1, match: 1, bytes: Uint8Array.of(0, 255) },
  ])
})

test('no record, no name, and a name that there cannot be are three answers, none of them an error', async () => {
  const server = await peer({ 'shop.example': { A: ['192.0.2.1'] } })
  const dns = askedBy([server])
  assert.equal((await dns.resolve('shop.example', 'MX')).status, 'none')
  assert.equal((await dns.resolve('nobody.example', 'MX')).status, 'missing')
  for (const name of ['', 'a..b', `${'a'.repeat(64)}.example`, Array(60).fill('abcd').join('.'), 'bücher.example', 'a b.example'])
    assert.equal((await dns.resolve(name, 'A')).status, 'missing', name)
  assert.equal(server.asked.length, 2, 'nobody is asked for what there cannot be')
})

test('an answer that does not fit is asked for by TCP', async () => {
  const server = await peer({
    'shop.example': { isLong: true, TXT: Array.from({ length: 40 }, (_, index) => `${index} ${'x'.repeat(200)}`) },
  })
  assert.equal((await askedBy([server]).resolve('shop.example', 'TXT')).records.length, 40)
  assert.deepEqual(server.asked, ['TXT shop.example', 'TXT shop.example'])
})

test('what is no answer to the question is waited past', async () => {
  const server = await peer({ 'shop.example': { fails: 'lies', A: ['192.0.2.1'] } })
  assert.deepEqual((await askedBy([server]).resolve('shop.example', 'A')).records, ['192.0.2.1'])
})

test('silence and failures are told apart from an empty answer, and another resolver is asked first', async () => {
  const broken = await peer({ 'shop.example': { fails: 'servfail' } })
  const silent = await peer({ 'shop.example': { fails: 'silent' } })
  const good = await peer({ 'shop.example': { A: ['192.0.2.1'] } })
  assert.deepEqual((await askedBy([broken, good]).resolve('shop.example', 'A')).records, ['192.0.2.1'])
  assert.deepEqual((await askedBy([silent, good], hasty).resolve('shop.example', 'A')).records, ['192.0.2.1'])
  await assert.rejects(
    askedBy([broken]).resolve('shop.example', 'A'),
    (error) => error instanceof DnsFailure && /code 2/.test(error.message),
  )
  await assert.rejects(askedBy([silent], hasty).resolve('shop.example', 'A'), DnsFailure)
  assert.equal(silent.asked.length, 1 + limits.dnsTriesMax)
  await assert.rejects(askedBy([]).resolve('shop.example', 'A'), DnsFailure)
})

test('an answer is authentic where a resolver of this machine says so', async () => {
  const server = await peer({ 'shop.example': { A: ['192.0.2.1'] }, 'other.example': { isUnsigned: true } }, { isSigned: true })
  const dns = systemDns([server])
  assert.equal((await dns.resolve('shop.example', 'A')).isAuthentic, true)
  assert.equal((await dns.resolve('other.example', 'A')).isAuthentic, false)
  assert.deepEqual(['127.0.0.53', '::1', '192.0.2.1', '10.0.0.1', 'fd00::1'].map(isOnThisMachine), [true, true, false, false, false])
})

test('addresses of resolvers are read, and what is none is refused', () => {
  assert.deepEqual(parseDnsServer('127.0.0.1'), { host: '127.0.0.1', port: 53 })
  assert.deepEqual(parseDnsServer('127.0.0.1:5353'), { host: '127.0.0.1', port: 5353 })
  assert.deepEqual(parseDnsServer('::1'), { host: '::1', port: 53 })
  assert.deepEqual(parseDnsServer('[::1]:5353'), { host: '::1', port: 5353 })
  for (const text of ['', 'dns.example', '127.0.0.1:0', '127.0.0.1:99999', '[::1', '1.2.3'])
    assert.throws(() => parseDnsServer(text), /no address of a DNS resolver/, text)
})

test('no bytes make it fail in another way than by being no answer', () => {
  const seed = 14
  let state = seed
  const next = () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648)
  const question = { id: 1, name: 'a.example', type: 'MX' } as const
  const start = Buffer.from('000181800001000200000000016107657861 6d706c6500000f0001'.replaceAll(' ', ''), 'hex')
  for (let run = 0; run < 2_000; run++) {
    const rest = Buffer.from(Array.from({ length: next() % 60 }, () => (next() >> 8) & 0xff))
    const bytes = run % 4 === 0 ? rest : Buffer.concat([start, rest])
    const reply = decodeReply(bytes, question)
    assert.ok(reply === null || Array.isArray(reply.records), `seed ${seed}, run ${run}: ${bytes.toString('hex')}`)
  }
})
