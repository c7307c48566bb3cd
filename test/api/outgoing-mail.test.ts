// Mails on their way out: when they go and when not any more, to whom not at all, what becomes of them when their receiver or the way there
// fails, and what can be sent again. The transport is a script, so that each end of an attempt can be had.
// databases: sqlite, postgres
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { toIso } from '../../src/base/clock.ts'
import { limits } from '../../src/base/limits.ts'
import { Type } from '../../src/contract/type.ts'
import { pauseAfter } from '../../src/domains/emails/categories.ts'
import { defineMail } from '../../src/domains/emails/define-mail.ts'
import type { Delivery, Message } from '../../src/domains/emails/transport.ts'
import { address, fillCart, openWorld, testConfig, type World, work } from '../support/api-harness.ts'

let world: World
let sent: Message[] = []
/** How the next attempts end; accepted when there are no more. */
let ends: Delivery[] = []

const open = async (shop: object = {}, mail?: object) => {
  world = await openWorld({
    config: { ...testConfig, shop: { ...(testConfig.shop as object), ...shop } as never, ...(mail && { mail: mail as never }) },
    mail: {
      async send(message) {
        sent.push(message)
        return ends.shift() ?? { status: 'accepted', reply: '250 ok' }
      },
      close: async () => {},
    },
  })
  await world.engine.start()
}
beforeEach(async () => {
  sent = []
  ends = []
  await open()
})
afterEach(async () => {
  const errors = world.log.filter(({ level }) => level === 'error')
  await world.close()
  assert.deepEqual(errors, [])
})

const post = (url: string, body: object = {}) => world.call('staff', { method: 'POST', url, body })
const hello = { to: 'ada@mail.example', subject: 'Hello', text: 'Hello.' }
const write = async (more: object = {}): Promise<string> => {
  const answer = await post('/api/emails', { ...hello, ...more })
  assert.equal(answer.status, 201, answer.text)
  return answer.body.id
}
const read = async (id: string) => (await world.call('staff', { method: 'GET', url: `/api/emails/${id}` })).body
const effectOf = async (id: string) => {
  const { body } = await world.call('staff', { method: 'GET', url: `/api/effects?filter[key]=email.send:${id}` })
  return body.items[0]
}
const inMs = (ms: number) => toIso(world.clock.now() + ms)

describe('when', () => {
  test('a message that is to go later goes then, and not before', async () => {
    const id = await write({ sendAt: inMs(20_000) })
    await work(world, 15_000)
    assert.deepEqual([sent.length, (await read(id)).status], [0, 'queued'])
    await work(world, 7_000)
    assert.deepEqual([sent.length, (await read(id)).status], [1, 'sent'])
  })

  test('one that was released too early, as after a restore, still waits for its time', async () => {
    const id = await write({ sendAt: inMs(20_000) })
    const effect = await effectOf(id)
    assert.equal((await post(`/api/effects/${effect.id}/retry`)).status, 200)
    await work(world, 5_000)
    assert.deepEqual([sent.length, (await effectOf(id)).attempts], [0, 0])
    await work(world, 20_000)
    assert.equal(sent.length, 1)
  })

  test('one whose time is over is never sent, and says so', async () => {
    ends = [{ status: 'deferred', reply: '451 4.7.1 later' }]
    const id = await write({ expiresAt: inMs(3_000) })
    await work(world, 10_000)
    const email = await read(id)
    assert.equal(sent.length, 1)
    assert.deepEqual([email.status, email.failure], ['failed', 'expired'])
    assert.match(email.lastError, /^Not sent: it was of use until 2026-/)
    assert.equal((await effectOf(id)).state, 'done')
    assert.equal((await post(`/api/emails/${id}/resend`)).body.code, 'email_state_conflict')
  })

  test('a code to sign in does not arrive after it has expired, however long the mail server was away', async () => {
    await world.request({ method: 'POST', url: '/api/auth/code', body: { email: 'owner@example.com' } })
    await work(world)
    assert.equal(sent.length, 1)
    const { body } = await world.call('staff', { method: 'GET', url: '/api/emails?filter[template]=account_code' })
    const [email] = body.items
    assert.equal(Date.parse(email.expiresAt) - Date.parse(email.createdAt), limits.signInCodeMs)
    assert.equal(email.category, 'account')
  })

  test('times that fit nothing are refused, with the field', async () => {
    const refused = async (more: object, path: string) => {
      const answer = await post('/api/emails', { ...hello, ...more })
      assert.deepEqual([answer.status, answer.body.errors?.[0].path], [400, path], JSON.stringify(more))
    }
    await refused({ sendAt: inMs(400 * 86_400_000) }, '/sendAt')
    await refused({ sendAt: 'tomorrow' }, '/sendAt')
    await refused({ expiresAt: inMs(-1) }, '/expiresAt')
    await refused({ sendAt: inMs(10_000), expiresAt: inMs(9_000) }, '/expiresAt')
    await refused({ category: 'account' }, '/category')
  })
})

test('nothing that somebody types becomes a header, a second reader or a command', async () => {
  const refused = async (more: object, path: string) => {
    const answer = await post('/api/emails', { ...hello, ...more })
    assert.deepEqual([answer.status, answer.body.errors?.[0].path], [400, path], JSON.stringify(more))
  }
  for (const subject of ['Hi\r\nBcc: all@mail.example', 'Hi\nX: y', 'Hi\rX', 'Hi\u0000', 'Hi\u2028there', 'x'.repeat(256)])
    await refused({ subject }, '/subject')
  for (const bad of [
    'ada@mail.example\r\nRCPT TO:<eve@mail.example>',
    'ada@mail.example, eve@mail.example',
    'Ada <ada@mail.example>',
    'ada@mail.example>',
    '"a b"@mail.example',
    'ädä@mail.example',
    'ada@[127.0.0.1]',
    'ada@mail',
    'ada@-mail.example',
    `${'a'.repeat(65)}@mail.example`,
    '.ada@mail.example',
    'ada',
    '',
  ]) {
    await refused({ to: bad }, '/to')
    await refused({ replyTo: bad }, '/replyTo')
  }
  await work(world)
  assert.equal(sent.length, 0)
  // A domain of another script goes as the DNS has it.
  await write({ to: 'Ada@Bücher.example' })
  await work(world)
  assert.deepEqual(
    sent.map(({ to }) => to),
    ['ada@xn--bcher-kva.example'],
  )
})

describe('addresses that are not written to', () => {
  const suppressed = (body: object) => post('/api/suppressions', body)

  test('staff put one on the list in any spelling, once, and take it off again', async () => {
    const first = await suppressed({ address: 'Ada@Mail.Example', reason: 'bounce' })
    assert.deepEqual([first.status, first.body.address, first.body.scope, 'hash' in first.body], [201, 'ada@mail.example', 'all', false])
    assert.equal((await suppressed({ address: 'ada@mail.example', reason: 'complaint', scope: 'all' })).body.code, 'already_exists')
    const lower = await suppressed({ address: 'ada@mail.example', note: 'Asked by telephone.' })
    assert.deepEqual([lower.status, lower.body.scope, lower.body.reason], [201, 'marketing', 'manual'])
    const listed = await world.call('staff', { method: 'GET', url: '/api/suppressions?filter[address]=ADA@mail.example' })
    assert.equal(listed.body.items.length, 2)
    for (const as of ['guest', 'owner'] as const) {
      const answers = [
        await world.call(as, { method: 'GET', url: `/api/suppressions/${first.body.id}` }),
        await world.call(as, { method: 'POST', url: '/api/suppressions', body: { address: 'eve@mail.example' } }),
        await world.call(as, { method: 'DELETE', url: `/api/suppressions/${first.body.id}` }),
      ]
      assert.deepEqual(
        answers.map(({ status }) => status < 400),
        [false, false, false],
      )
    }
    const again = await suppressed({ address: 'Ada@mail.example' })
    assert.deepEqual([again.status, again.body.code, again.body.errors[0].path], [409, 'already_exists', '/address'], again.text)
    assert.match(again.body.detail, new RegExp(`${lower.body.id} says so`))
    assert.equal((await world.call('staff', { method: 'DELETE', url: `/api/suppressions/${first.body.id}` })).status, 204)
    await write()
    await work(world)
    assert.equal(sent.length, 1)
  })

  test('get nothing, and each message says why: of marketing alone where only that was switched off', async () => {
    await suppressed({ address: 'ada@mail.example' })
    const [receipt, advert] = [await write(), await write({ category: 'marketing' })]
    await work(world)
    assert.deepEqual([(await read(receipt)).status, (await read(advert)).status, sent.length], ['sent', 'failed', 1])
    await suppressed({ address: 'ada@mail.example', reason: 'complaint', scope: 'all' })
    const later = await write()
    await work(world)
    const email = await read(later)
    assert.deepEqual([email.status, email.failure, sent.length], ['failed', 'suppressed', 1])
    assert.match(email.lastError, /^Not sent: the address is not written to \(complaint, supp_/)
    // Nobody has to look: it was not to be sent.
    assert.deepEqual([(await effectOf(later)).state, world.log.filter(({ level }) => level === 'warn')], ['done', []])
    assert.match((await post(`/api/emails/${later}/resend`)).body.detail, /Take supp_\w+ off/)
  })

  test('are those that a receiver says do not exist; other refusals speak of the message', async () => {
    ends = [
      { status: 'refused', reply: '550 5.1.1 nobody' },
      { status: 'refused', reply: '554 5.7.1 Client host [5.1.1.7] blocked' },
    ]
    const gone = await write({ to: 'gone@mail.example' })
    await work(world)
    await write({ to: 'strict@mail.example' })
    await work(world)
    const { body } = await world.call('staff', { method: 'GET', url: '/api/suppressions' })
    assert.deepEqual(
      body.items.map(({ address: of, reason, email, note }: Record<string, string>) => [of, reason, email, note]),
      [['gone@mail.example', 'bounce', gone, '550 5.1.1 nobody']],
    )
    await write({ to: 'gone@mail.example' })
    await write({ to: 'strict@mail.example' })
    await work(world)
    assert.deepEqual(sent.map(({ to }) => to).slice(2), ['strict@mail.example'])
  })

  test('a mail that nobody asked for has a link that takes its reader off, by one POST and without a sign-in', async () => {
    await world.close()
    await open({ cartReminderHours: 1 })
    const cart = await fillCart(world, 'guest')
    await world.call('guest', {
      method: 'PATCH',
      url: `/api/carts/${cart.id}`,
      headers: cart.headers,
      body: { email: 'left@mail.example', shippingAddress: address },
    })
    await work(world, 3_600_000 + 1_200_000)
    const [reminder] = sent
    assert.equal(reminder?.to, 'left@mail.example')
    const url = reminder!.unsubscribeUrl!
    assert.ok(reminder!.text.endsWith(`No more mails like this: ${url}\n`), reminder!.text)
    assert.ok(reminder!.html!.includes(`href="${url.replaceAll('&', '&#38;')}"`))
    const at = url.slice(url.indexOf('/api/'))
    const list = async () => (await world.call('staff', { method: 'GET', url: '/api/suppressions' })).body.items

    // What looks at links of mails calls them.
    const page = await world.request({ method: 'GET', url: at, headers: { 'accept-language': 'de' } })
    assert.equal(page.status, 200)
    assert.match(page.text, /<button>Abbestellen<\/button>/)
    assert.deepEqual(await list(), [])

    const wrong = at.replace(/signature=./, (found) => (found.endsWith('0') ? 'signature=1' : 'signature=0'))
    const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://mail.elsewhere.example' }
    assert.equal(
      (await world.request({ method: 'POST', url: wrong, headers, body: 'List-Unsubscribe=One-Click' })).body.code,
      'link_invalid',
    )
    assert.match((await world.request({ method: 'GET', url: wrong })).text, /This link does not work/)
    assert.deepEqual(await list(), [])
    for (let times = 0; times < 2; times++) {
      const done = await world.request({ method: 'POST', url: at, headers, body: 'List-Unsubscribe=One-Click' })
      // Whole, and as long as it says: a program for mail waits for that.
      assert.deepEqual([done.status, Buffer.byteLength(done.text)], [200, Number(done.headers['content-length'])])
      assert.match(done.text, /<h1>/)
    }
    const [row, ...more] = await list()
    assert.deepEqual([row.address, row.reason, row.scope, more], ['left@mail.example', 'unsubscribe', 'marketing', []])

    sent = []
    await write({ to: 'left@mail.example', category: 'marketing' })
    await write({ to: 'left@mail.example' })
    await work(world)
    assert.deepEqual(
      sent.map(({ unsubscribeUrl }) => unsubscribeUrl),
      [undefined],
    )
  })
})

test('what looks like a mark of ours is sent as words', async () => {
  const id = await write({ text: 'My ~secret~ and ~sec~secret~ret~.' })
  await work(world)
  assert.deepEqual([(await read(id)).status, sent[0]?.text.trim()], ['sent', 'My -secret- and ~sec-secret-ret~.'])
})

test('what looks like the mark of the link to unsubscribe is sent as words, in every part of a mail that has the link', async () => {
  const words = 'Type ~unsubscribe~ here.'
  await write({ category: 'marketing', subject: words, text: words, html: `<p>${words}</p>` })
  await work(world)
  const { subject, text, html, unsubscribeUrl } = sent[0]!
  const plain = 'Type -unsubscribe- here.'
  assert.deepEqual([subject, text.split('\n')[0]], [plain, plain])
  // Once: in the footer.
  assert.equal(text.split(unsubscribeUrl!).length, 2)
  assert.ok(html!.includes(`<p>${plain}</p>`) && html!.includes(`<title>${plain}</title>`), html!)
  assert.equal(html!.split('signature=').length, 2)
})

test('mails of accounts name no address of ours to answer to; others do', async () => {
  await world.close()
  await open({}, { inbound: { domain: 'in.shop.test', addresses: ['help'] } })
  await world.request({ method: 'POST', url: '/api/auth/code', body: { email: 'owner@example.com' } })
  await write()
  await work(world)
  assert.deepEqual(Object.fromEntries(sent.map(({ to, replyTo }) => [to, replyTo?.slice(0, 6) ?? null])), {
    'owner@example.com': null,
    'ada@mail.example': 'reply+',
  })
})

describe('what can be sent again', () => {
  test('is what has failed or may not have arrived: the same message, which says whether a second copy may come', async () => {
    for (const [end, status, twice] of [
      [{ status: 'refused', reply: '554 5.7.1 no' }, 'failed', false],
      [{ status: 'unknown', reply: 'cut' }, 'ambiguous', true],
    ] as const) {
      sent = []
      ends = [end]
      const id = await write()
      await work(world)
      const before = await read(id)
      assert.deepEqual([before.status, before.uncertainAt !== null], [status, twice])
      const again = await post(`/api/emails/${id}/resend`)
      assert.deepEqual([again.status, again.body], [200, { id, status: 'queued', mayArriveTwice: twice }])
      await work(world)
      const after = await read(id)
      // That there may be two is known from then on.
      assert.deepEqual([after.status, after.failure, after.lastError, after.uncertainAt], ['sent', null, null, before.uncertainAt])
      const said = ({ messageId, createdAt, text, subject, to }: Message) => ({ messageId, createdAt, text, subject, to })
      assert.deepEqual(said(sent[0]!), said(sent[1]!))
      const refusal = await post(`/api/emails/${id}/resend`)
      assert.deepEqual([refusal.status, refusal.body.code], [409, 'email_state_conflict'])
    }
    assert.equal((await post('/api/emails/eml_none/resend')).status, 404)
  })

  for (const again of ['resend', 'retry'] as const)
    test(`is tried as long as a new one: ${again}`, async () => {
      const later: Delivery = { status: 'deferred', reply: '451 later' }
      ends = [later]
      const id = await write()
      await work(world)
      const { id: effect } = await effectOf(id)
      await world.write((tx) => tx.touch({ name: 'effects' }, effect, { set: { attempts: 20, failures: 20, dueAt: world.clock.now() } }))
      ends = [later]
      await work(world)
      assert.deepEqual([(await read(id)).failure, (await effectOf(id)).state], ['given_up', 'dead'])
      ends = [later, later]
      assert.equal((await post(again === 'resend' ? `/api/emails/${id}/resend` : `/api/effects/${effect}/retry`)).status, 200)
      await work(world, 2_000)
      assert.deepEqual([(await read(id)).status, sent.length], ['deferred', 3])
      await work(world, 100_000)
      // After seconds, and a minute, as at first; and all that is known of it is that it was put off.
      assert.deepEqual([(await read(id)).status, (await read(id)).uncertainAt, sent.length], ['sent', null, 5])
    })

  test('is a new message to a provider that knows repeats, unless it may have the first', async () => {
    for (const [end, isAnew] of [
      [{ status: 'refused', reply: '554 no' }, true],
      [{ status: 'unknown', reply: 'cut' }, false],
    ] as const) {
      sent = []
      ends = [end]
      const id = await write()
      await work(world)
      assert.equal((await post(`/api/emails/${id}/resend`)).status, 200)
      await work(world)
      assert.deepEqual(
        sent.map(({ anewAt }) => anewAt !== undefined),
        [false, isAnew],
      )
    }
  })

  test('is owed anew where what sent it was forgotten by now', async () => {
    ends = [{ status: 'refused', reply: '554 no' }]
    const id = await write()
    await work(world)
    const effect = await effectOf(id)
    await world.write((tx) => tx.forget({ name: 'effects' }, { op: 'eq', path: 'id', value: effect.id }))
    assert.equal((await post(`/api/emails/${id}/resend`)).status, 200)
    await work(world)
    assert.deepEqual([(await read(id)).status, sent.length], ['sent', 2])
  })

  test('is not what has lost its secret: nobody gets a mail with a mark in its place', async () => {
    ends = [{ status: 'deferred', reply: '451 later' }]
    await world.request({ method: 'POST', url: '/api/auth/reset', body: { email: 'owner@example.com' } })
    await work(world)
    const { body } = await world.call('staff', { method: 'GET', url: '/api/emails?filter[template]=account_reset' })
    const { id } = body.items[0]
    const effect = await effectOf(id)
    assert.equal((await post(`/api/effects/${effect.id}/cancel`)).status, 200)
    assert.match((await post(`/api/emails/${id}/resend`)).body.detail, /no longer known here/)
    assert.equal((await post(`/api/effects/${effect.id}/retry`)).status, 200)
    await work(world)
    assert.deepEqual([(await read(id)).status, sent.length], ['failed', 1])
  })
})

describe('how often', () => {
  test('the first try again is soon, later ones ever rarer, and each category has its end', () => {
    const hours = (category: 'account' | 'transactional' | 'marketing') => {
      let ms = 0
      for (let failures = 1; ; failures++) {
        const pause = pauseAfter(failures, { id: 'eml_1', category })
        if (pause === null) return { hours: ms / 3_600_000, failures }
        ms += pause
      }
    }
    assert.ok(pauseAfter(1, { id: 'eml_1', category: 'marketing' })! < 5_000)
    for (const [category, most] of [
      ['account', 24],
      ['transactional', 72],
      ['marketing', 24],
    ] as const) {
      const end = hours(category)
      assert.ok(end.hours > most * 0.6 && end.hours < most * 1.2, `${category}: ${end.hours}`)
    }
    const pauses = new Set(Array.from({ length: 50 }, (_, index) => pauseAfter(4, { id: `eml_${index}`, category: 'account' })))
    assert.ok(pauses.size > 40)
  })

  test('a way there that is gone costs no message an attempt, however long it lasts', async () => {
    ends = Array.from({ length: 30 }, () => ({ status: 'unavailable', reply: 'connect ECONNREFUSED', afterMs: 1_000 }) as const)
    const id = await write()
    await work(world, 20_000)
    const [email, effect] = [await read(id), await effectOf(id)]
    assert.deepEqual([email.status, email.lastError, effect.attempts, effect.state], ['deferred', 'connect ECONNREFUSED', 0, 'ready'])
    ends = []
    await work(world, 45_000)
    assert.deepEqual([(await read(id)).status, (await read(id)).uncertainAt], ['sent', null])
  })

  test('an attempt that was cut off on our side may have left a copy: the message says so when it is sent again', async () => {
    ends = [{ status: 'deferred', reply: '451 later' }]
    const id = await write()
    await work(world)
    const effect = await effectOf(id)
    // As a process leaves it that died while it sent.
    await world.write((tx) => tx.touch({ name: 'effects' }, effect.id, { set: { attempts: effect.attempts + 1 } }))
    await work(world, 10_000)
    const email = await read(id)
    assert.deepEqual([email.status, email.uncertainAt !== null, sent.length], ['sent', true, 2])
  })

  test('one of which a provider knows a repeat for a while is sent again within it, and is a question after it', async () => {
    for (const [knownMs, status, count] of [
      [60_000, 'sent', 2],
      [1_000, 'ambiguous', 1],
    ] as const) {
      sent = []
      ends = [{ status: 'deferred', reply: 'the answer was lost', knownUntil: world.clock.now() + knownMs }]
      const id = await write()
      await work(world, 10_000)
      const email = await read(id)
      assert.deepEqual([email.status, email.uncertainAt !== null, sent.length], [status, status === 'ambiguous', count])
      if (status !== 'ambiguous') continue
      // Staff have looked, and send it.
      assert.equal((await post(`/api/emails/${id}/resend`)).status, 200)
      await work(world)
      assert.deepEqual([(await read(id)).status, sent.length], ['sent', 2])
    }
  })

  test('the last try of all leaves the doubt that it ends with', async () => {
    await world.close()
    await open({}, { ambiguous: { transactional: 'resend' } })
    ends = [{ status: 'deferred', reply: '451 later' }]
    const id = await write()
    await work(world)
    const effect = await effectOf(id)
    // As after all tries but one.
    const failures = limits.mailAttemptsMax - 1
    await world.write((tx) => tx.touch({ name: 'effects' }, effect.id, { set: { attempts: failures, failures } }))
    ends = [{ status: 'unknown', reply: 'the answer was lost' }]
    await work(world, 10_000)
    const email = await read(id)
    assert.deepEqual([email.status, email.failure, email.uncertainAt !== null, sent.length], ['failed', 'given_up', true, 2])
  })

  test('one that went on the second try has no doubt about it', async () => {
    ends = [{ status: 'deferred', reply: '451 later' }]
    const id = await write()
    await work(world, 10_000)
    assert.deepEqual([(await read(id)).status, (await read(id)).uncertainAt, sent.length], ['sent', null, 2])
  })
})

describe('a mail in files of the project', () => {
  const guest = defineMail('guest', {
    data: Type.Object({ name: Type.String({ examples: ['Ada'] }), when: Type.String() }),
    sample: { name: 'Ada', when: 'Friday' },
  })
  const front = (subject: string) => `---\nsubject: ${subject}\n---\n`
  const files = {
    'guest.html': `${front('Come, {{name}}')}<h1>Come on {{when}}</h1>`,
    'guest.de.html': `${front('Komm, {{name}}')}<h1>Komm am {{when}}</h1>`,
    'account_magic.html': `${front('Your way into {{shop}}')}<p><a class="button" href="{{url}}">In</a></p>`,
  }
  const get = (url: string) => world.call('staff', { method: 'GET', url })
  beforeEach(async () => {
    await world.close()
    world = await openWorld({
      config: { ...testConfig, mails: [guest] } as never,
      mailFiles: Object.entries(files).map(([name, text]) => ({ path: `mails/${name}`, text })),
      mail: {
        async send(message) {
          sent.push(message)
          return { status: 'accepted', reply: '250 ok' }
        },
        close: async () => {},
      },
    })
    await world.engine.start()
  })

  test('goes in the language of its reader, keeps which version of it that was, and takes values as text', async () => {
    const data = { name: '<b>~secret~{{when}}', when: 'Friday\r\nBcc: x@example.com' }
    const id = await write({ subject: undefined, text: undefined, template: 'guest', data, language: 'de-CH' })
    await work(world)
    const [message] = sent
    assert.equal(message!.subject, 'Komm, <b>~secret~{{when}}')
    assert.equal(message!.text, 'Komm am Friday Bcc: x@example.com\n')
    assert.match(message!.html!, /<html lang="de"[\s\S]*<h1 style="[^"]+">Komm am Friday Bcc: x@example\.com<\/h1>/)
    const email = await read(id)
    const shown = (await get('/api/emailTemplates/guest?language=de')).body
    assert.deepEqual([email.template, email.templateVersion, shown.subject], ['guest', shown.version, 'Komm, Ada'])
    assert.match(shown.version, /^[\w-]{12}$/)
    assert.notEqual((await get('/api/emailTemplates/guest')).body.version, shown.version)
    assert.equal((await read(await write())).templateVersion, null)
  })

  test('takes the place of ours, with the secret that it brings', async () => {
    const answer = await world.request({ method: 'POST', url: '/api/auth/magic', body: { email: 'owner@example.com' } })
    assert.equal(answer.status, 202)
    await work(world)
    const [message] = sent
    assert.deepEqual([message!.subject, message!.category], ['Your way into Test shop', 'account'])
    assert.match(message!.text, /^In: http:\/\/shop\.test\/account\/magic#token=magic_[\w-]{20,}\n$/)
  })

  test('is shown to staff before it is sent to anybody, as are all of ours', async () => {
    const { items } = (await get('/api/emailTemplates')).body
    const named = (name: string) => items.find((one: { name: string }) => one.name === name)
    assert.deepEqual(named('guest'), { name: 'guest', origin: 'project', isWritten: true, languages: ['de'], category: 'transactional' })
    const ours = { origin: 'kingpost', languages: ['en', 'de'], category: 'account' }
    assert.deepEqual(named('account_magic'), { name: 'account_magic', isWritten: true, ...ours })
    assert.deepEqual(named('account_reset'), { name: 'account_reset', isWritten: false, ...ours })
    for (const { name } of items) {
      const { body } = await get(`/api/emailTemplates/${name}?language=de`)
      assert.deepEqual([body.name, typeof body.subject, body.html.startsWith('<!doctype html>')], [name, 'string', true])
    }
    assert.equal((await get('/api/emailTemplates/nothing')).status, 404)
    assert.equal((await get('/api/emailTemplates/guest?language=%22')).status, 400)
    assert.equal(sent.length, 0)
  })
})
