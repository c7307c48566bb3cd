// What is told of domains in every state, by a name server of the test's own.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startDnsServer, type Zone } from '../../../test/support/dns-server.ts'
import { systemClock } from '../../base/clock.ts'
import { systemDns } from '../../base/dns.ts'
import { createPatience } from './bounded-dns.ts'
import { checkMail, type MailFacts, spfBy } from './mail-checks.ts'

const record = 'v=DKIM1; k=rsa; p=QUJD'
const facts: MailFacts = {
  from: 'shop.test',
  envelope: 'in.shop.test',
  inbound: 'in.shop.test',
  provider: null,
  smtpHost: 'out.shop.test',
  keys: [{ domain: 'shop.test', selector: 'key1', record }],
  certificate: null,
}
const good: Record<string, Zone> = {
  'in.shop.test': { TXT: ['v=spf1 ip4:8.8.4.4 -all', 'other'], MX: ['10 mx.shop.test'] },
  'out.shop.test': { A: ['8.8.4.4'] },
  'mx.shop.test': { A: ['8.8.8.8'] },
  'key1._domainkey.shop.test': { TXT: ['v=DKIM1; k=rsa; p=QU JD'] },
  '_dmarc.shop.test': { TXT: ['v=DMARC1; p=reject'] },
  '4.4.8.8.in-addr.arpa': { PTR: 'out.shop.test' },
  '_mta-sts.in.shop.test': { TXT: ['v=STSv1; id=1'] },
}
const policy = 'version: STSv1\nmode: enforce\nmx: *.shop.test\nmax_age: 604800\n'

test('each thing that receivers look for: there, missing, wrong, and unknown', async () => {
  const dns = await startDnsServer(good)
  const port = systemDns([dns])
  const look = async (zones: Record<string, Zone>, more: Partial<MailFacts> = {}, text: string | null = policy) => {
    dns.set({ ...good, ...zones })
    const { resolver } = createPatience({ dns: port, clock: systemClock }).of(null)
    const checks = await checkMail({ ...facts, ...more }, { dns: port, now: Date.now, spf: spfBy(resolver), fetchText: async () => text })
    return new Map(checks.map((one) => [one.subject, one]))
  }
  try {
    const all = await look({})
    assert.deepEqual(
      [...all.values()].map(({ subject, state }) => `${subject} ${state}`),
      ['SPF good', 'DKIM good', 'DMARC good', 'MX good', 'PTR good', 'TLS missing', 'MTA-STS good'],
    )
    for (const [subject, state, says, zones, more, text] of [
      ['SPF', 'missing', /nothing says/, { 'in.shop.test': { MX: ['10 mx.shop.test'] } }],
      ['SPF', 'wrong', /there are 2/, { 'in.shop.test': { TXT: ['v=spf1 -all', 'v=spf1 ~all'] } }],
      ['SPF', 'wrong', /lets anybody/, { 'in.shop.test': { TXT: ['v=spf1 +all'] } }],
      ['SPF', 'wrong', /cannot be followed/, { 'in.shop.test': { TXT: ['v=spf1 include:in.shop.test -all'] } }],
      ['SPF', 'wrong', /does not name 8\.8\.4\.4/, { 'in.shop.test': { TXT: ['v=spf1 ip4:8.8.8.8 -all'] } }],
      ['SPF', 'advice', /refuses nobody/, { 'in.shop.test': { TXT: ['v=spf1 ip4:8.8.4.4'] } }],
      ['SPF', 'unknown', /in\.shop\.test/, { 'in.shop.test': { fails: 'servfail' } }],
      ['SPF', 'advice', /domain of its own/, {}, { provider: 'postmark', smtpHost: null }],
      ['DKIM', 'missing', /not published/, { 'key1._domainkey.shop.test': {} }],
      ['DKIM', 'wrong', /another key/, { 'key1._domainkey.shop.test': { TXT: ['v=DKIM1; p=AAAA'] } }],
      ['DKIM', 'wrong', /revoked/, { 'key1._domainkey.shop.test': { TXT: ['v=DKIM1; p='] } }],
      ['DKIM', 'advice', /test/, { 'key1._domainkey.shop.test': { TXT: ['v=DKIM1; t=y; p=QUJD'] } }],
      ['DKIM', 'missing', /not signed/, {}, { keys: [] }],
      [
        'DKIM',
        'wrong',
        /mails are from/,
        { 'key1._domainkey.b.test': { TXT: [record] } },
        { keys: [{ domain: 'b.test', selector: 'key1', record }] },
      ],
      ['DMARC', 'missing', /forged/, { '_dmarc.shop.test': {} }],
      ['DMARC', 'advice', /asks for nothing/, { '_dmarc.shop.test': { TXT: ['v=DMARC1; p=none'] } }],
      ['DMARC', 'wrong', /no policy/, { '_dmarc.shop.test': { TXT: ['v=DMARC1; rua=mailto:a@b.test'] } }],
      ['DMARC', 'good', /refused/, {}, { from: 'a.shop.test' }],
      ['MX', 'missing', /find no way/, { 'in.shop.test': {} }],
      ['MX', 'wrong', /no mail is taken/, { 'in.shop.test': { MX: ['0 .'] } }],
      ['MX', 'wrong', /has no address$/, { 'mx.shop.test': {} }],
      ['MX', 'wrong', /public Internet/, { 'mx.shop.test': { A: ['10.0.0.1'] } }],
      ['PTR', 'missing', /has no name/, { '4.4.8.8.in-addr.arpa': {} }],
      ['PTR', 'wrong', /does not lead back/, { '4.4.8.8.in-addr.arpa': { PTR: 'mx.shop.test' } }],
      ['MTA-STS', 'advice', /without TLS/, { '_mta-sts.in.shop.test': {} }],
      ['MTA-STS', 'wrong', /there is no https/, {}, {}, null],
      ['MTA-STS', 'wrong', /does not name mx\.shop\.test/, {}, {}, 'mode: enforce\nmx: mail.shop.test\n'],
      ['MTA-STS', 'advice', /mode is testing/, {}, {}, 'mode: testing\r\nmx: mx.shop.test\r\n'],
      ['TLS', 'wrong', /./, {}, { certificate: 'nothing' }],
    ] as const) {
      const found = (await look(zones as Record<string, Zone>, more, text)).get(subject)!
      assert.equal(found.state, state, `${subject} ${says}: ${found.says}`)
      assert.match(found.says, says)
    }
    const missing = await look({ 'in.shop.test': {}, 'key1._domainkey.shop.test': {}, '_dmarc.shop.test': {}, '4.4.8.8.in-addr.arpa': {} })
    assert.deepEqual(
      (['SPF', 'DKIM', 'DMARC', 'MX', 'PTR'] as const).map((one) => Object.values(missing.get(one)!.publish!).join(' ')),
      [
        'TXT in.shop.test v=spf1 a:out.shop.test -all',
        `TXT key1._domainkey.shop.test ${record}`,
        'TXT _dmarc.shop.test v=DMARC1; p=none; rua=mailto:postmaster@shop.test',
        'MX in.shop.test 10 mx.in.shop.test',
        'PTR 4.4.8.8.in-addr.arpa out.shop.test',
      ],
    )
  } finally {
    await dns.close()
  }
})
