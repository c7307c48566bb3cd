import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Project } from '../config/project.ts'
import type { Message } from '../domains/emails/transport.ts'
import { openMailTransport, redirected } from './mail-transport.ts'
import { readSettings, UsageError } from './settings.ts'

test('options come before variables, and wrong ones are one sentence', () => {
  const read = (words: string[], environment = {}) =>
    readSettings(words, environment) as Exclude<ReturnType<typeof readSettings>, { shown: string }>
  assert.equal(read(['start', '--port', '0'], { KINGPOST_PORT: '99' }).port, 0)
  assert.equal(read(['start'], { KINGPOST_PORT: '99' }).port, 99)
  assert.equal(read(['start', '--public-url', 'https://shop.test/']).publicUrl, 'https://shop.test')
  assert.deepEqual(read(['start']).roles, ['api', 'worker', 'mail'])
  assert.deepEqual(read(['start', '--role', 'mail, api'], { KINGPOST_ROLE: 'worker' }).roles, ['api', 'mail'])
  assert.deepEqual(read(['sandbox'], { KINGPOST_WEBHOOK_URL: 'http://a.test/x,http://b.test/x' }).webhookUrls, [
    'http://a.test/x',
    'http://b.test/x',
  ])
  const { databaseUrl, dataFolder } = read(['start', '--database', 'postgres://user:hush@host/db'])
  assert.deepEqual([databaseUrl, dataFolder], ['postgres://user:hush@host/db', './data'])
  assert.equal(read(['start', '--database', 'sqlite:/srv/shop/kingpost.db']).dataFolder, '/srv/shop')
  assert.deepEqual(readSettings([], {}), { shown: 'help', command: undefined })
  for (const words of [
    ['help', 'start'],
    ['start', '--help'],
    ['start', '-h'],
  ])
    assert.deepEqual(readSettings(words, {}), { shown: 'help', command: 'start' })
  for (const words of [
    ['--port', 'x'],
    ['--port', '65536'],
    ['--port', '-1'],
    ['--public-url', 'shop.test'],
    ['--public-url', 'ftp://x'],
    ['--public-url', 'http://shop.test\\@evil.test'],
    ['--public-url', 'http://hush@shop.test'],
    ['--public-url', 'http://shop.test/?a=b'],
    ['--nothing'],
    ['--role', 'boss'],
    ['--role', 'api,'],
    ['--webhook-url', 'http://a.test,b.test'],
    ['--database', 'oracle://user:hush@host/db'],
    ['--database', 'postgres://user:hush@ho st/db'],
    ['--database', 'mongodb://user:hush@ho st/db'],
    ['--database', 'mongodb:///db'],
  ])
    assert.throws(
      () => read(['start', ...words]),
      (error) => error instanceof UsageError && !error.message.includes('hush') && !error.message.includes('\n'),
    )
})

test('a word that a variable does not know is refused, not taken for the default', () => {
  const read = (environment: Record<string, string>) =>
    readSettings(['start'], environment) as Exclude<ReturnType<typeof readSettings>, { shown: string }>
  assert.equal(read({}).isDevelopment, true)
  assert.equal(read({ KINGPOST_ENV: 'development' }).isDevelopment, true)
  assert.equal(read({ KINGPOST_ENV: 'production' }).isDevelopment, false)
  assert.equal(read({ KINGPOST_RATE_LIMITS: 'off' }).isRateLimited, false)
  for (const environment of [
    { KINGPOST_ENV: 'prod' },
    { KINGPOST_ENV: 'Production' },
    { KINGPOST_ENV: ' production' },
    { KINGPOST_RATE_LIMITS: 'no' },
    { KINGPOST_ALLOW_WEAK_DURABILITY: '1' },
  ])
    assert.throws(() => read(environment), UsageError, JSON.stringify(environment))
  assert.deepEqual(readSettings(['--version'], {}), { shown: 'version' })
})

test('whom mail goes to is said by the environment, and outside production it may be one mailbox', async () => {
  const mailOf = (environment: Record<string, string>) =>
    (readSettings(['start'], environment) as Exclude<ReturnType<typeof readSettings>, { shown: string }>).mail
  assert.deepEqual(mailOf({}), { mode: 'live' })
  assert.deepEqual(mailOf({ KINGPOST_MAIL: 'capture', KINGPOST_ENV: 'production' }), { mode: 'capture' })
  const redirect = {
    KINGPOST_MAIL: 'redirect',
    KINGPOST_MAIL_TO: 'Dev@shop.example',
    KINGPOST_MAIL_ALLOW: 'ada@mail.example, @Team.example',
  }
  const mail = mailOf(redirect)
  assert.deepEqual(mail, { mode: 'redirect', to: 'dev@shop.example', allow: ['ada@mail.example', '@team.example'] })
  for (const [environment, said] of [
    [{ KINGPOST_MAIL: 'off' }, /live, capture or redirect/],
    [{ KINGPOST_MAIL: 'redirect' }, /KINGPOST_MAIL_TO/],
    [{ KINGPOST_MAIL_TO: 'dev@shop.example' }, /are for KINGPOST_MAIL=redirect/],
    [{ ...redirect, KINGPOST_MAIL_ALLOW: '*' }, /it takes addresses and domains/],
    [{ ...redirect, KINGPOST_ENV: 'production' }, /In production it is live or capture/],
  ] as const)
    assert.throws(
      () => mailOf(environment),
      (error) => error instanceof UsageError && said.test(error.message),
    )

  const sent: [string, string | undefined][] = []
  const inner = {
    send: async ({ to, redirectTo }: Message) => {
      sent.push([to, redirectTo])
      return { status: 'accepted', reply: '' } as const
    },
    close: async () => {},
  }
  const transport = redirected(inner, { to: 'dev@shop.example', allow: ['ada@mail.example', '@team.example'] })
  for (const to of ['ada@mail.example', 'bob@team.example', 'eve@mail.example', 'eve@notteam.example'])
    await transport.send({ to } as Message)
  assert.deepEqual(sent, [
    ['ada@mail.example', undefined],
    ['bob@team.example', undefined],
    ['eve@mail.example', 'dev@shop.example'],
    ['eve@notteam.example', 'dev@shop.example'],
  ])
})

test('mail straight to its receivers needs the name of this machine, and no more', async () => {
  const project = { mail: { provider: null, dkim: [] } } as unknown as Project
  const open = (url: string) => {
    const settings = readSettings(['start', '--smtp-url', url], {}) as Exclude<ReturnType<typeof readSettings>, { shown: string }>
    return openMailTransport(settings, project)
  }
  for (const url of ['mx://mail.shop.example', 'mx://mail.shop.example/']) await (await open(url)).close()
  for (const [url, words] of [
    ['mx://mail', /needs the full name of this machine/],
    ['mx://mail.shop.example?tls=none', /nothing else/],
    ['mx://mail.shop.example:25', /nothing else/],
    ['mx://me@mail.shop.example', /nothing else/],
  ] as const)
    await assert.rejects(open(url), (error) => error instanceof UsageError && words.test(error.message), url)
})
