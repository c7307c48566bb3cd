// Letters of all kinds before a name server of the test's own: what of them is told, and that none of it takes longer than it may. SPF, DKIM, DMARC and
// ARC themselves are proved by mailauth's own suites (openspf, ValiMail's ARC, RFC 9989); here it is how they are asked, and what is made of it.
import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { DnsPeer, Zone } from '../../../test/support/dns-server.ts'
import { startDnsServer } from '../../../test/support/dns-server.ts'
import { systemClock } from '../../base/clock.ts'
import { systemDns } from '../../base/dns.ts'
import { limits } from '../../base/limits.ts'
import type { Authentication, Carrier } from '../emails/authentication.ts'
import { parseDkimKey, signDkim } from '../emails/sign-dkim.ts'
import { createMailAuthenticator } from './mail-authenticator.ts'

const pair = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const publicKey = pair.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
const dkimRecord = { TXT: [`v=DKIM1; k=rsa; p=${publicKey}`] }

const zones: Record<string, Zone> = {
  'mail.test': { TXT: ['v=spf1 ip4:192.0.2.1 -all'], A: ['192.0.2.1'] },
  '_dmarc.mail.test': { TXT: ['v=DMARC1; p=reject'] },
  'key1._domainkey.mail.test': dkimRecord,
  'key1._domainkey.evil.test': dkimRecord,
  'evil.test': { TXT: ['v=spf1 ip4:192.0.2.66 -all'] },
  'soft.test': { TXT: ['v=spf1 ~all'] },
  'key1._domainkey.bare.test': dkimRecord,
  'bare.test': { A: ['192.0.2.1'] },
  'strict.test': { TXT: ['v=spf1 ip4:192.0.2.1 -all'] },
  '_dmarc.strict.test': { TXT: ['v=DMARC1; p=reject; adkim=s; aspf=s'] },
  'sub.strict.test': { TXT: ['v=spf1 ip4:192.0.2.1 -all'] },
  'bomb.test': { TXT: [`v=spf1 ${Array.from({ length: 12 }, (_, at) => `include:b${at}.bomb.test`).join(' ')} -all`] },
  ...Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`b${at}.bomb.test`, { TXT: ['v=spf1 ip4:198.51.100.1 -all'] }])),
  'away.test': { fails: 'servfail' },
  '_dmarc.away.test': { fails: 'servfail' },
  'still.test': { fails: 'silent' },
  '_dmarc.still.test': { fails: 'silent' },
}
let dns: DnsPeer
let authenticate: ReturnType<typeof createMailAuthenticator>
before(async () => {
  dns = await startDnsServer(zones)
  authenticate = createMailAuthenticator({ dns: systemDns([dns]), clock: systemClock, name: 'in.shop.test' })
})
after(() => dns.close())

const letter = (from = 'Ann <ann@mail.test>', head: readonly string[] = [], body = 'Hello.\r\n') =>
  Buffer.from([`From: ${from}`, 'To: help@in.shop.test', 'Subject: Hi', ...head, '', body].join('\r\n'))
const signed = (raw: Buffer, domain = 'mail.test') => signDkim(raw, [{ domain, selector: 'key1', key: parseDkimKey(pem) }], Date.now())
const carried = (sender: string | null, address: string | null = '192.0.2.1', more: Partial<Carrier> = {}): Carrier => ({
  address,
  helo: 'mx.mail.test',
  sender,
  author: 'ann@mail.test',
  relays: [],
  ...more,
})
const asked = async (raw: Buffer, carrier: Carrier) => await authenticate(raw, carrier)
const short = ({ isAuthentic, spf, dkim, dmarc }: Authentication) => [isAuthentic, spf.result, dkim.result, dmarc.result]

/** A signature over what the caller says, made by hand (RFC 6376 section 3.7, simple/simple). */
function signedBy(raw: Buffer, { more = '', length = Number.POSITIVE_INFINITY } = {}): Buffer {
  const text = raw.toString('latin1')
  const [from] = /^From: .*\r\n/m.exec(text)!
  const body = text.slice(text.indexOf('\r\n\r\n') + 4).slice(0, length)
  const bh = createHash('sha256').update(body, 'latin1').digest('base64')
  const line = `DKIM-Signature: v=1; a=rsa-sha256; c=simple/simple; d=mail.test; s=key1; h=From;${more} bh=${bh}; b=`
  const b = sign('sha256', Buffer.from(from + line, 'latin1'), pair.privateKey).toString('base64')
  return Buffer.concat([Buffer.from(`${line}${b}\r\n`), raw])
}

describe('who vouches for a letter', () => {
  test('its server, by SPF; its signature, by DKIM; and its domain, by DMARC', async () => {
    const all = await asked(signed(letter()), carried('ann@mail.test'))
    assert.deepEqual(all, {
      isAuthentic: true,
      relay: null,
      spf: { result: 'pass', domain: 'mail.test' },
      dkim: { result: 'pass', domains: ['mail.test'] },
      dmarc: { result: 'pass', policy: 'reject', domain: 'mail.test' },
      arc: { result: 'none' },
    })
    assert.deepEqual(short(await asked(letter(), carried('ann@mail.test'))), [true, 'pass', 'none', 'pass'])
    assert.deepEqual(short(await asked(signed(letter()), carried('x@evil.test'))), [true, 'fail', 'pass', 'pass'])
    assert.deepEqual(short(await asked(letter(), carried('ann@mail.test', '192.0.2.9'))), [false, 'fail', 'none', 'fail'])
    // Without a policy the signature of its own domain is enough, and none of nobody.
    const bare = { author: 'b@bare.test' }
    const own = await asked(signed(letter('b@bare.test'), 'bare.test'), carried('x@evil.test', '192.0.2.9', bare))
    assert.deepEqual(short(own), [true, 'fail', 'pass', 'none'])
    assert.deepEqual(short(await asked(letter('b@bare.test'), carried('b@bare.test', '192.0.2.1', bare))), [false, 'none', 'none', 'none'])
    const soft = await asked(letter('s@soft.test'), carried('s@soft.test', '192.0.2.1', { author: 's@soft.test' }))
    assert.deepEqual(short(soft), [false, 'softfail', 'none', 'none'])
  })

  test('nobody, where the domain that does is another than the author’s', async () => {
    const forged = await asked(letter(), carried('eve@evil.test', '192.0.2.66'))
    assert.deepEqual([...short(forged), forged.spf.domain], [false, 'pass', 'none', 'fail', 'evil.test'])
    const signature = await asked(signed(letter(), 'evil.test'), carried('eve@evil.test', '192.0.2.66'))
    assert.deepEqual(short(signature), [false, 'pass', 'pass', 'fail'])
    // A domain may ask for its very name.
    const strict = await asked(letter('s@strict.test'), carried('s@sub.strict.test', '192.0.2.1', { author: 's@strict.test' }))
    assert.deepEqual(short(strict), [false, 'pass', 'none', 'fail'])
  })

  test('nobody, where its author is not one, or is shown as another', async () => {
    const two = signed(letter('Ann <ann@mail.test>'))
    const above = Buffer.concat([Buffer.from('From: Boss <boss@mail.test>\r\n'), two])
    for (const [name, raw, author] of [
      ['two headers, the signed one shown', above, 'ann@mail.test'],
      ['two headers, the other one shown', above, 'boss@mail.test'],
      ['two in one header', signed(letter('Ann <ann@mail.test>, Boss <boss@mail.test>')), 'ann@mail.test'],
      ['another is shown', signed(letter()), 'boss@mail.test'],
      ['none', signed(letter('nobody')), 'ann@mail.test'],
      ['none is shown', signed(letter()), ''],
    ] as const) {
      const { isAuthentic } = await asked(raw, carried('ann@mail.test', '192.0.2.1', { author }))
      assert.equal(isAuthentic, false, name)
    }
    assert.equal((await asked(signed(letter()), carried('ann@mail.test', '192.0.2.1', { author: 'Ann@MAIL.test' }))).isAuthentic, true)
  })

  test('nobody, where a signature covers a part, has ended, or what it covers was changed', async () => {
    const away = carried('x@evil.test', '192.0.2.9')
    assert.deepEqual(short(await asked(signedBy(letter()), away)), [true, 'fail', 'pass', 'pass'])
    const part = await asked(signedBy(letter(undefined, [], 'Hello.\r\nSend it elsewhere.\r\n'), { more: ' l=8;', length: 8 }), away)
    assert.deepEqual(short(part), [false, 'fail', 'pass', 'pass'])
    const ended = await asked(signedBy(letter(), { more: ' t=1000; x=1001;' }), away)
    assert.deepEqual(short(ended), [false, 'fail', 'neutral', 'fail'])
    const changed = Buffer.from(signedBy(letter()).toString('latin1').replace('Hello.', 'Hullo.'), 'latin1')
    assert.equal((await asked(changed, away)).isAuthentic, false)
  })
})

test('the word of a server in front is taken by its name alone, the topmost, and what it says of this author', async () => {
  const front = (results: readonly string[], head: readonly string[] = [], author = 'ann@mail.test') =>
    asked(letter(`<${author}>`, [...results.map((one) => `Authentication-Results: ${one}`), ...head]), {
      ...carried('ann@mail.test', null, { author }),
      relays: ['mx.shop.test'],
    })
  dns.asked.length = 0
  const passed =
    'mx.shop.test 1; spf=pass (a; \\) dkim=fail) smtp.mailfrom="ann@mail.test";\r\n dkim=pass header.d=mail.test; dmarc=pass (p=reject) header.from=mail.test; arc=none'
  assert.deepEqual(await front([passed]), {
    isAuthentic: true,
    relay: 'mx.shop.test',
    spf: { result: 'pass', domain: 'mail.test' },
    dkim: { result: 'pass', domains: ['mail.test'] },
    dmarc: { result: 'pass', policy: null, domain: 'mail.test' },
    arc: { result: 'none' },
  })
  assert.deepEqual(dns.asked, [])
  const byTwo = await front(['mx.shop.test; dkim=pass header.d=mail.test', 'mx.shop.test; dmarc=pass header.from=mail.test'])
  assert.deepEqual(short(byTwo), [true, 'none', 'pass', 'pass'])
  assert.equal((await front(['mx.shop.test; dkim=pass header.d=mail.test'])).isAuthentic, true)
  for (const [name, results, head, author] of [
    ['of another letter', ['mx.shop.test; dmarc=pass header.from=mail.test'], [], 'ann@other.test'],
    ['a failure above a pass', ['mx.shop.test; dmarc=fail header.from=mail.test; dkim=fail', passed], [], undefined],
    ['in a comment', ['mx.shop.test; dmarc=fail (; dmarc=pass header.from=mail.test)'], [], undefined],
    ['in a quoted text', ['mx.shop.test; dmarc=fail reason="; dmarc=pass header.from=mail.test"'], [], undefined],
    ['in the name of a sender', ['mx.shop.test; spf=pass smtp.mailfrom="x smtp.mailfrom=a@mail.test y"@evil.test'], [], undefined],
    [
      'in the name of a sender, repeated in a comment',
      ['mx.shop.test; spf=pass (of "x); dmarc=pass header.from=mail.test; a=("@evil.test) smtp.mailfrom="x y"@evil.test; dmarc=fail'],
      [],
      undefined,
    ],
    ['of another domain', ['mx.shop.test; dkim=pass header.d=evil.test; spf=pass smtp.mailfrom=a@evil.test'], [], undefined],
  ] as const) {
    const found = await front(results, head, author)
    assert.deepEqual([found.isAuthentic, found.relay], [false, 'mx.shop.test'], name)
  }
  // What is not of a name that is trusted, or stood there before it came to that server, is nothing.
  const below = ['Received: from front', 'Received: from a', `Authentication-Results: ${passed}`]
  assert.equal((await front([], below)).relay, null)
  assert.equal((await front([passed.replace('mx.shop', 'mx.evil')])).relay, null)
  assert.equal((await asked(letter(undefined, [`Authentication-Results: ${passed}`]), carried('x@evil.test', '192.0.2.9'))).relay, null)
})

describe('the DNS', () => {
  test('that says nothing, or cannot say: nothing is known, in the time that it has', async () => {
    const away = await asked(letter('a@away.test'), carried('a@away.test', '192.0.2.1', { author: 'a@away.test' }))
    assert.deepEqual(short(away), [false, 'temperror', 'none', 'temperror'])
    // By a clock whose time is over at once: the answers that do not come are not waited for.
    const clock = { now: systemClock.now, after: (ms: number, run: () => void) => systemClock.after(Math.min(ms, 50), run) }
    const hasty = createMailAuthenticator({ dns: systemDns([dns]), clock, name: 'in.shop.test' })
    const still = await hasty(letter('s@still.test'), carried('s@still.test', '192.0.2.1', { author: 's@still.test' }))
    assert.deepEqual(short(still), [false, 'temperror', 'none', 'temperror'])
  })

  test('is asked no more than it may be: of SPF that leads on and on, and of a letter with 200 signatures', async () => {
    dns.asked.length = 0
    const bomb = await asked(letter('a@bomb.test'), carried('a@bomb.test', '192.0.2.1', { author: 'a@bomb.test' }))
    assert.equal(bomb.spf.result, 'permerror')
    assert.ok(dns.asked.length < 20, dns.asked.join())
    dns.asked.length = 0
    // The text is that, so each key is asked for.
    const bh = createHash('sha256').update('Hello.\r\n').digest('base64')
    const bad = Array.from(
      { length: 200 },
      (_, at) => `DKIM-Signature: v=1; a=rsa-sha256; d=d${at}.evil.test; s=s; h=from; bh=${bh}; b=YQ==`,
    )
    const many = await asked(signed(letter(undefined, bad)), carried('ann@mail.test'))
    assert.deepEqual(short(many), [true, 'pass', 'pass', 'pass'])
    assert.equal(dns.asked.filter((one) => one.includes('evil.test')).length, limits.mailSignaturesMax - 1)
  })
})
