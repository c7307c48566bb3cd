// Who may do what: every operation asked for by a guest, another user, the owner and staff. A new
// operation without its four rows fails the last test of this file.
// slow: postgres, mariadb, mysql, mongodb
// long
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { money } from '../../src/base/money.ts'
import { hashSecret, signHmac } from '../../src/base/secret.ts'
import { eq } from '../../src/contract/filter.ts'
import { sessions, type User, users } from '../../src/domains/accounts/collections.ts'
import { identities } from '../../src/domains/accounts/identities.ts'
import { issueInvitation } from '../../src/domains/accounts/invitations.ts'
import { issueChallenge, passkeys } from '../../src/domains/accounts/passkeys.ts'
import { issueProof, type ProofPurpose } from '../../src/domains/accounts/proofs.ts'
import { issueCode } from '../../src/domains/accounts/provider-flows.ts'
import { issueRecoveryCodes, totpFactors } from '../../src/domains/accounts/second-factor.ts'
import { issueSetUpToken } from '../../src/domains/accounts/set-up.ts'
import { totpCode } from '../../src/domains/accounts/totp.ts'
import { creationOptions, readRegistration, requestOptions } from '../../src/domains/accounts/webauthn.ts'
import { emails } from '../../src/domains/emails/collections.ts'
import { fulfillments } from '../../src/domains/fulfillment/collections.ts'
import { inboundMails } from '../../src/domains/inbound/collections.ts'
import { fileLetter } from '../../src/domains/inbound/file-letter.ts'
import { parseMail } from '../../src/domains/inbound/parse-mail.ts'
import { disputes, payments, refunds, webhookInbox } from '../../src/domains/payments/collections.ts'
import { settlementLines } from '../../src/domains/payments/settlement-collections.ts'
import { erasures } from '../../src/domains/personal/collections.ts'
import { dataExports } from '../../src/domains/personal/exports.ts'
import { returns } from '../../src/domains/returns/collections.ts'
import { webhookDeliveries, webhooks } from '../../src/domains/webhooks/collections.ts'
import { effects } from '../../src/effects/effect.ts'
import { workIn } from '../../src/operation/work.ts'
import { type ApiRequest, type As, address, checkOut, everybody, fillCart, openWorld, type World, work } from '../support/api-harness.ts'
import { createAuthenticator } from '../support/authenticator.ts'
import { type Row, readingScenario, scenario } from '../support/scenario.ts'

type Statuses = Readonly<Record<As, number>>
type Given = Record<string, string>

/** One row for each of the four, who differ in the status and in whether something is stored. */
function rows(
  operation: string,
  statuses: Statuses,
  request: ApiRequest | ((world: World, given: Given, as: As) => ApiRequest),
  more: {
    events?: readonly string[] | ((as: As) => readonly string[])
    given?: (world: World, as: As) => Promise<Given>
    body?: Row['expect']['body']
  } = {},
): Row[] {
  return everybody.map((as) => ({
    operation,
    as,
    request: (world, given) => (typeof request === 'function' ? request(world, given, as) : request),
    ...(more.given ? { given: (world: World) => more.given!(world, as) } : {}),
    expect: {
      status: statuses[as],
      ...(statuses[as] < 400
        ? {
            ...(more.events ? { events: typeof more.events === 'function' ? more.events(as) : more.events } : {}),
            ...(more.body ? { body: more.body } : {}),
          }
        : {}),
    },
  }))
}

const all = (status: number): Statuses => ({ guest: status, other: status, owner: status, staff: status })
const signedIn = (status: number): Statuses => ({ ...all(status), guest: 401 })
const staffOnly = (status: number): Statuses => ({ guest: 401, other: 403, owner: 403, staff: status })
const adminOnly: Statuses = { guest: 401, other: 403, owner: 403, staff: 403 }
/** Hidden from whom it does not concern. */
const holder = (status: number): Statuses => ({ guest: 404, other: 404, owner: status, staff: status })
const holderOfPublic = (status: number): Statuses => ({ guest: 401, other: 403, owner: status, staff: status })

const post = (url: string, body?: unknown): ApiRequest => ({ method: 'POST', url, ...(body === undefined ? {} : { body }) })

const accountRows: Row[] = [
  ...rows('accounts.register', all(201), post('/api/auth/register', { email: 'New@Example.com', password: 'long enough', name: 'New' }), {
    events: ['accounts.register: effects, users'],
    body: { email: 'new@example.com', name: 'New' },
  }),
  ...rows('accounts.logIn', all(200), post('/api/auth/login', { email: 'OWNER@example.com', password: 'password of owner' }), {
    events: ['accounts.logIn: sessions'],
  }),
  ...rows('accounts.logIn', all(401), post('/api/auth/login', { email: 'owner@example.com', password: 'wrong' })),
  ...rows('accounts.logOut', all(204), post('/api/auth/logout'), { events: (as) => (as === 'guest' ? [] : ['accounts.logOut: sessions']) }),
  ...rows(
    'accounts.me',
    signedIn(200),
    { method: 'GET', url: '/api/auth/me' },
    {
      body: ({ body }) =>
        assert.deepEqual(Object.keys(body).sort(), [
          'createdAt',
          'email',
          'emailVerified',
          'id',
          'impersonatedBy',
          'isStaff',
          'lacksFactor',
          'name',
          'roles',
        ]),
    },
  ),
  ...rows(
    'accounts.updateMe',
    signedIn(200),
    { method: 'PATCH', url: '/api/auth/me', body: { name: 'Renamed' } },
    { events: ['accounts.updateMe: users'], body: { name: 'Renamed' } },
  ),
  ...rows('accounts.updateMe', signedIn(400), { method: 'PATCH', url: '/api/auth/me', body: { roles: ['admin'] } }),
  ...rows(
    'accounts.listSessions',
    signedIn(200),
    { method: 'GET', url: '/api/auth/sessions' },
    { body: ({ body }) => assert.equal(body.items.length, 1) },
  ),
  ...rows('accounts.revokeSessions', signedIn(204), { method: 'DELETE', url: '/api/auth/sessions' }),
  ...rows(
    'accounts.revokeSession',
    { guest: 401, other: 404, owner: 204, staff: 404 },
    ({ ids }) => ({
      method: 'DELETE',
      url: `/api/auth/sessions/${ids['ownerSession']}`,
    }),
    { events: ['accounts.revokeSession: sessions'] },
  ),
  ...rows(
    'accounts.setUp',
    all(201),
    (_, { token }) => post('/api/auth/setup', { token, email: 'boss@example.com', password: 'long enough' }),
    {
      given: async (world) => ({
        token: (await world.write((tx, now) => issueSetUpToken(workIn(world.engine.parts, tx, now))))!,
      }),
      events: ['accounts.setUp: sessions, users'],
    },
  ),
  ...rows(
    'accounts.setUp',
    all(403),
    post('/api/auth/setup', { token: 'setup_guess', email: 'boss@example.com', password: 'long enough' }),
  ),
]

const changed = { current: 'password of owner', password: 'another long one' }
accountRows.push(
  ...rows('accounts.changePassword', { guest: 401, other: 400, owner: 204, staff: 400 }, post('/api/auth/password', changed), {
    events: ['accounts.changePassword: effects, emails'],
  }),
  // None of the four is an admin: staff run the shop, and do not make more staff.
  ...rows('accounts.updateUser', adminOnly, ({ ids }) => ({
    method: 'PATCH',
    url: `/api/users/${ids['other']}`,
    body: { roles: ['admin'] },
  })),
)

/** The link in the mail to the other one, whose account waits to be erased. */
const aClosedAccount = async (world: World): Promise<Given> => {
  const token = await world.write(async (tx, now) => {
    const work = workIn(world.engine.parts, tx, now)
    const user = (await tx.get(users, world.ids['other']!))!
    const erasure = {
      user: user.id,
      state: 'waiting',
      dueAt: now + 60_000,
      waitsFor: null,
      wasDisabled: false,
      isProven: false,
      address: null,
      former: null,
    } as const
    await tx.insert(erasures, { id: work.newId('era'), ...erasure, step: 0, after: null, report: [], doneAt: null })
    return await issueProof(work, { purpose: 'keepAccount', user, email: user.email })
  })
  return { token }
}

/** Of everybody, with nothing in it. */
const readyExports = async (world: World): Promise<Given> => {
  const none = { parts: [], entries: [], step: 0, after: null, rows: 0 }
  await world.write(async (tx, now) => {
    for (const [index, who] of ['other', 'owner', 'staff'].entries()) {
      const row = {
        id: world.engine.newId('exp'),
        user: world.ids[who]!,
        state: 'ready',
        language: 'en',
        key: `${index}`.repeat(32),
      } as const
      await tx.insert(dataExports, { ...row, ...none, expiresAt: now + 60_000 })
    }
  })
  return {}
}

const personalRows: Row[] = [
  ...rows(
    'accounts.eraseMe',
    signedIn(202),
    { method: 'DELETE', url: '/api/auth/me' },
    { events: ['accounts.eraseMe: effects, emails, erasures, sessions, users'], body: { state: 'waiting' } },
  ),
  ...rows('accounts.eraseUser', adminOnly, ({ ids }) => post(`/api/users/${ids['other']}/erase`, { now: true })),
  ...rows('accounts.keep', all(204), (_, { token }) => post('/api/auth/me/keep', { token }), {
    given: aClosedAccount,
    events: ['accounts.keep: erasures, users'],
  }),
  ...rows('accounts.exportMe', signedIn(202), post('/api/auth/me/export'), {
    events: ['accounts.exportMe: effects'],
    body: { state: 'running', url: null },
  }),
  ...rows(
    'accounts.getExport',
    signedIn(200),
    { method: 'GET', url: '/api/auth/me/export' },
    { given: readyExports, body: { state: 'ready' } },
  ),
  ...rows('accounts.downloadExport', signedIn(200), { method: 'GET', url: '/api/auth/me/export/content' }, { given: readyExports }),
  ...rows('accounts.exportUser', adminOnly, ({ ids }) => post(`/api/users/${ids['other']}/export`)),
  ...rows('accounts.keep', all(403), post('/api/auth/me/keep', { token: 'keepaccount_guess' })),
]

/** An effect of each state that an action may meet: the mail about a new password. */
const anEffect = async (world: World): Promise<Given> => {
  await world.call('owner', post('/api/auth/password', changed))
  const [effect] = await world.engine.parts.storage.reader.find(effects, { limit: 1 })
  return { effect: effect!.id }
}

/** What nobody wants: its receiver said so. */
const aFailedEmail = async (world: World): Promise<Given> => {
  const { body } = await world.call('staff', post('/api/emails', { to: 'ada@example.com', subject: 'Hello', text: 'Hello.' }))
  await world.clock.advance(1_500)
  const failed = { set: { status: 'failed', failure: 'refused', lastError: '554 no' } }
  await world.write((tx) => tx.touch(emails, body.id, failed))
  return { email: body.id }
}

const aLink = '/api/mail/unsubscribe?email=eml_1&signature=none'
/** The first look at a link makes the key of all. */
const theLinkKey = async (world: World): Promise<Given> => {
  await world.call('guest', { method: 'GET', url: aLink })
  return {}
}

/** One that came in, with a file. */
const aLetter = async (world: World): Promise<Given> => {
  const raw = Buffer.from(
    'From: owner@example.com\r\nSubject: Hello\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n' +
      '--b\r\nContent-Type: text/csv; name=a.csv\r\nContent-Disposition: attachment\r\n\r\n1;2\r\n--b--\r\n',
  )
  const envelope = {
    door: 'smtp',
    from: 'owner@example.com',
    recipients: ['help@in.example'],
    remoteAddress: null,
    helo: null,
    isEncrypted: false,
  } as const
  const { id } = await world.engine.receiveMail(raw, envelope)
  const parsed = await parseMail(raw)
  await world.write(async (tx, now) => {
    const mail = await tx.get(inboundMails, id)
    await fileLetter(workIn(world.engine.parts, tx, now), { mail: mail!, parsed, recognised: { places: [] }, authentication: null })
  })
  const [letter] = await world.engine.parts.storage.reader.find(emails, { where: eq('inbound', id), limit: 1 })
  return { mail: id, email: letter!.id, thread: letter!.thread! }
}

const aReply = { title: 'Greeting', text: 'Dear {{address}},' }
const aSavedReply = async (world: World): Promise<Given> => ({
  reply: (await world.call('staff', post('/api/savedReplies', aReply))).body.id,
})

/** One that nobody could read. */
const aQuarantined = async (world: World): Promise<Given> => {
  const { mail } = await aLetter(world)
  await world.write(async (tx) => {
    const row = await tx.get(inboundMails, mail!)
    await tx.update(inboundMails, row!, { set: { state: 'quarantined', email: null, reason: 'It is nested too deep.' } })
  })
  return { mail: mail! }
}

/** A proof by mail of the owner's account, or of an address for it. */
const aProof =
  (purpose: ProofPurpose, email = 'owner@example.com') =>
  async (world: World): Promise<Given> => {
    const user = { id: world.ids['owner']! }
    return { secret: await world.write((tx, now) => issueProof(workIn(world.engine.parts, tx, now), { purpose, user, email })) }
  }
const asked = (name: string, url: string) =>
  rows(name, all(202), post(url, { email: 'owner@example.com' }), { events: [`${name}: effects`] })
/** Whoever has the token: the caller's session does not count. */
const answered = (name: string, url: string, more: { status?: number; given: ReturnType<typeof aProof>; changes: string }) => [
  ...rows(name, all(more.status ?? 204), (_, { secret }) => post(url, { token: secret }), {
    given: more.given,
    events: [`${name}: ${more.changes}`],
  }),
  ...rows(name, all(403), post(url, { token: 'a_guess' })),
]
const verify = (body: object) => post('/api/auth/verify', body)
const confirmMove = (token?: string) => post('/api/auth/email/confirm', { token })
const confirmReset = (token: string) => post('/api/auth/reset/confirm', { token, password: 'another long one' })
const confirmCode = (code: string) => post('/api/auth/code/confirm', { email: 'owner@example.com', code })

const proofRows: Row[] = [
  ...asked('accounts.requestVerification', '/api/auth/verify/resend'),
  ...asked('accounts.requestReset', '/api/auth/reset'),
  ...rows('orders.lookUp', all(202), post('/api/orders/lookup', { number: 'NONE-SUCH', email: 'x@example.com' }), {
    events: ['orders.lookUp: effects'],
  }),
  ...asked('accounts.requestMagicLink', '/api/auth/magic'),
  ...asked('accounts.requestCode', '/api/auth/code'),
  // By a session of the account; others show its password.
  ...rows('accounts.verifyEmail', { guest: 400, other: 400, owner: 204, staff: 400 }, (_, { secret }) => verify({ token: secret }), {
    given: aProof('verify'),
    events: ['accounts.verifyEmail: users'],
  }),
  ...rows('accounts.verifyEmail', all(204), (_, { secret }) => verify({ token: secret, password: 'password of owner' }), {
    given: aProof('verify'),
    events: ['accounts.verifyEmail: users'],
  }),
  ...rows('accounts.verifyEmail', all(403), verify({ token: 'a_guess', password: 'password of owner' })),
  ...answered('accounts.confirmMagicLink', '/api/auth/magic/confirm', { status: 200, given: aProof('magic'), changes: 'sessions' }),
  ...rows('accounts.confirmReset', all(204), (_, { secret }) => confirmReset(secret!), {
    given: aProof('reset'),
    events: ['accounts.confirmReset: effects, emails, sessions'],
  }),
  ...rows('accounts.confirmReset', all(403), confirmReset('a_guess')),
  ...rows('accounts.confirmCode', all(200), (_, { secret }) => confirmCode(secret!), {
    given: aProof('code'),
    events: ['accounts.confirmCode: sessions'],
  }),
  ...rows('accounts.confirmCode', all(401), post('/api/auth/code/confirm', { email: 'nobody@example.com', code: '000000' })),
  ...rows(
    'accounts.prove',
    { guest: 401, other: 400, owner: 200, staff: 400 },
    post('/api/auth/prove', { password: 'password of owner' }),
    {
      events: ['accounts.prove: sessions'],
    },
  ),
  ...rows('accounts.createKey', signedIn(201), post('/api/auth/keys', { name: 'A program', scopes: ['reviews:read'] }), {
    events: ['accounts.createKey: apiKeys, effects, emails'],
  }),
  ...rows(
    'accounts.listKeys',
    signedIn(200),
    { method: 'GET', url: '/api/auth/keys' },
    { body: ({ body }) => assert.deepEqual(body.items, []) },
  ),
  ...rows(
    'accounts.revokeKey',
    { guest: 401, other: 404, owner: 204, staff: 404 },
    (_, { id }) => ({ method: 'DELETE', url: `/api/auth/keys/${id}` }),
    {
      async given(world) {
        const request = post('/api/auth/keys', { name: 'A program', scopes: ['reviews:read'] })
        return { id: (await world.call('owner', request)).body.id as string }
      },
      events: ['accounts.revokeKey: apiKeys'],
    },
  ),
  ...rows('accounts.requestEmailChange', signedIn(202), post('/api/auth/email', { email: 'new@example.com' }), {
    events: ['accounts.requestEmailChange: effects'],
  }),
  ...rows('accounts.confirmEmailChange', { guest: 401, other: 403, owner: 204, staff: 403 }, (_, { secret }) => confirmMove(secret), {
    given: aProof('changeEmail', 'new@example.com'),
    events: ['accounts.confirmEmailChange: effects, emails, users'],
  }),
  ...rows('accounts.confirmEmailChange', signedIn(403), confirmMove('a_guess')),
  ...answered('accounts.undoEmailChange', '/api/auth/email/undo', {
    given: aProof('undoEmail', 'old@example.com'),
    changes: 'sessions, users',
  }),
]

/** An admin who is none of the four has invited somebody. */
const anInvitation = async (world: World): Promise<Given> =>
  await world.write(async (tx, now) => {
    const made = workIn(world.engine.parts, tx, now)
    const account = { email: 'boss@example.com', name: null, roles: ['admin'], emailVerified: true, disabled: false, customerGroup: null }
    const { id: invitedBy } = await tx.insert(users, { id: made.newId('usr'), ...account })
    const { invitation, token } = await issueInvitation(made, { email: 'new@example.com', roles: ['staff'], invitedBy })
    return { id: invitation.id, token }
  })

const peopleRows: Row[] = [
  ...rows('accounts.invite', adminOnly, post('/api/invitations', { email: 'new@example.com', roles: ['reader'] })),
  ...rows('accounts.resendInvitation', adminOnly, (_, { id }) => post(`/api/invitations/${id}/resend`, {}), { given: anInvitation }),
  ...rows('accounts.revokeInvitation', adminOnly, (_, { id }) => ({ method: 'DELETE', url: `/api/invitations/${id}` }), {
    given: anInvitation,
  }),
  ...rows('accounts.openInvitation', all(200), (_, { token }) => post('/api/invitations/open', { token }), {
    given: anInvitation,
    events: [],
    body: { email: 'new@example.com', roles: ['staff'], hasAccount: false },
  }),
  ...rows('accounts.openInvitation', all(403), post('/api/invitations/open', { token: 'a_guess' })),
  ...rows(
    'accounts.acceptInvitation',
    all(200),
    (_, { token }) => post('/api/invitations/accept', { token, password: 'a long one for work' }),
    { given: anInvitation, events: ['accounts.acceptInvitation: invitations, sessions, users'] },
  ),
  ...rows('accounts.acceptInvitation', all(403), post('/api/invitations/accept', { token: 'a_guess', password: 'a long one for work' })),
  ...rows('accounts.impersonate', adminOnly, ({ ids }) => post(`/api/users/${ids['other']}/impersonate`, {})),
  ...rows('accounts.endImpersonation', all(204), post('/api/auth/impersonation/end', {}), { events: [] }),
  ...rows('accounts.endUserSessions', adminOnly, ({ ids }) => ({ method: 'DELETE', url: `/api/users/${ids['other']}/sessions` })),
]

/** The caller's account, or the owner's, has an app, which may have been confirmed; and a sign-in waits for it. */
const aFactor =
  (isConfirmed: boolean) =>
  async (world: World, as: As): Promise<Given> => {
    const user = world.ids[as === 'guest' ? 'owner' : as]!
    return await world.write(async (tx, now) => {
      const made = workIn(world.engine.parts, tx, now)
      const confirmedAt = isConfirmed ? now : null
      await tx.insert(
        totpFactors,
        { id: made.newId('tot'), user, secret: 'A'.repeat(32), confirmedAt, recoveryCodesAt: null, lastStep: 0 },
        'conflict',
      )
      const [code] = await issueRecoveryCodes(made, user)
      const pending = await issueProof(made, { purpose: 'secondFactor', user: { id: user }, email: 'owner@example.com', way: 'password' })
      return { code: code!, pending, shown: totpCode('A'.repeat(32), Math.floor(world.clock.now() / 30_000)) }
    })
  }

const factorRows: Row[] = [
  ...rows(
    'accounts.listFactors',
    signedIn(200),
    { method: 'GET', url: '/api/auth/factors' },
    { body: { totp: null, passkeys: [], recoveryCodesLeft: 0 } },
  ),
  ...rows('accounts.enrolTotp', signedIn(200), post('/api/auth/totp/enrol', {}), { events: ['accounts.enrolTotp: totpFactors'] }),
  ...rows('accounts.confirmTotp', signedIn(200), (_, { shown }) => post('/api/auth/totp/confirm', { code: shown }), {
    given: aFactor(false),
    events: ['accounts.confirmTotp: effects, emails, sessions, totpFactors'],
  }),
  ...rows('accounts.verifyTotp', all(200), (_, { pending, code }) => post('/api/auth/totp/verify', { pending, code }), {
    given: aFactor(true),
    events: ['accounts.verifyTotp: effects, emails, sessions'],
  }),
  ...rows('accounts.verifyTotp', all(403), post('/api/auth/totp/verify', { pending: 'a_guess', code: '000000' })),
  ...rows('accounts.startOAuth', all(303), { method: 'GET', url: '/api/auth/oauth/corp/start?next=/books' }),
  ...rows('accounts.startOAuth', all(400), { method: 'GET', url: '/api/auth/oauth/corp/start?next=https://evil.example' }),
  ...rows('accounts.startOAuth', all(404), { method: 'GET', url: '/api/auth/oauth/nobody/start' }),
  ...rows('accounts.finishOAuth', all(403), { method: 'GET', url: '/api/auth/oauth/corp/callback?state=a_guess&code=a' }),
  ...rows('accounts.finishOAuth', all(303), {
    method: 'GET',
    url: '/api/auth/oauth/corp/callback?state=a_guess&code=a',
    headers: { accept: 'text/html' },
  }),
  ...rows('accounts.receiveOAuth', all(303), post('/api/auth/oauth/corp/callback', 'state=a_guess&code=a')),
  ...rows('accounts.exchangeOAuth', all(401), post('/api/auth/oauth/exchange', { code: 'a_guess', codeVerifier: 'v'.repeat(43) })),
  ...rows('accounts.exchangeOAuth', all(200), (_, { code }) => post('/api/auth/oauth/exchange', { code, codeVerifier: 'v'.repeat(43) }), {
    given: async (world) => {
      const challenge = createHash('sha256').update('v'.repeat(43)).digest('base64url')
      const flow = { provider: 'corp', browserHash: 'b', next: 'app://in', challenge } as never
      return {
        code: await world.write((tx, now) => issueCode(workIn(world.engine.parts, tx, now), flow, world.ids['owner']!)),
      }
    },
    events: ['accounts.exchangeOAuth: sessions'],
  }),
  ...rows('accounts.linkOAuth', signedIn(200), post('/api/auth/oauth/corp/link', {})),
  ...rows(
    'accounts.listIdentities',
    signedIn(200),
    { method: 'GET', url: '/api/auth/identities' },
    { body: { items: [], others: [{ provider: 'corp', title: 'Corp' }] } },
  ),
  ...rows(
    'accounts.unlinkIdentity',
    { guest: 401, other: 404, owner: 204, staff: 404 },
    (_, { identity }) => ({ method: 'DELETE', url: `/api/auth/identities/${identity}` }),
    {
      given: async (world) => {
        const identity = world.engine.newId('idn')
        const linked = { id: identity, user: world.ids['owner']!, provider: 'corp', subject: 'a' }
        await world.write((tx) => tx.insert(identities, linked))
        return { identity }
      },
      events: ['accounts.unlinkIdentity: effects, emails, identities'],
    },
  ),
  ...rows('accounts.renewRecoveryCodes', signedIn(200), post('/api/auth/totp/recovery', {}), {
    given: aFactor(true),
    events: ['accounts.renewRecoveryCodes: totpFactors'],
  }),
  ...rows(
    'accounts.removeTotp',
    signedIn(204),
    { method: 'DELETE', url: '/api/auth/totp' },
    { given: aFactor(true), events: ['accounts.removeTotp: effects, emails, totpFactors'] },
  ),
  ...rows('accounts.removeUserFactors', adminOnly, ({ ids }) => ({ method: 'DELETE', url: `/api/users/${ids['other']}/factors` })),
]

/** A passkey of the caller, or of the owner; and what it answers to a challenge that was given for this. */
const aPasskey =
  (purpose: 'register' | 'signIn' | null) =>
  async (world: World, as: As): Promise<Given> => {
    const user = world.ids[as === 'guest' ? 'owner' : as]!
    const authenticator = createAuthenticator(world.engine.parts.project.publicUrl)
    const { project } = world.engine.parts
    const about = { id: user, email: 'any@example.com', name: null } as User
    const made = (challenge: string) => authenticator.create(creationOptions(project, about, { challenge, known: [] }))
    const sessionsOf = await world.engine.parts.storage.reader.find(sessions, { where: eq('user', user), limit: 1 })
    return await world.write(async (tx, now) => {
      const making = workIn(world.engine.parts, tx, now)
      const session = sessionsOf[0]!.id
      if (purpose === 'register') return { sent: JSON.stringify(made(await issueChallenge(making, { for: 'register', session }))) }
      const { credential, publicKey } = (await readRegistration(project, made('any') as never))!
      const stored = { user, name: 'A key', device: null, idHash: hashSecret(credential), credential, publicKey, transports: [] }
      const none = { signCount: 0, isSynced: false, usedAt: null, copySeenAt: null, recoveryCodesAt: null }
      const { id } = await tx.insert(passkeys, { id: making.newId('psk'), ...stored, ...none })
      if (purpose === null) return { id }
      const challenge = await issueChallenge(making, { for: 'signIn' })
      return { sent: JSON.stringify(authenticator.get(requestOptions(project, { challenge, known: [] }))) }
    })
  }
const sent =
  (url: string) =>
  (_: World, { sent: body }: Given) =>
    post(url, JSON.parse(body!))

const passkeyRows: Row[] = [
  ...rows('accounts.startPasskeyRegistration', signedIn(200), post('/api/auth/passkeys/register/start', {}), { events: [] }),
  ...rows('accounts.finishPasskeyRegistration', signedIn(201), sent('/api/auth/passkeys/register/finish'), {
    given: aPasskey('register'),
    events: ['accounts.finishPasskeyRegistration: effects, emails, passkeys, sessions'],
  }),
  ...rows('accounts.startPasskeySignIn', all(200), post('/api/auth/passkeys/login/start', {}), { events: [] }),
  ...rows('accounts.finishPasskeySignIn', all(200), sent('/api/auth/passkeys/login/finish'), {
    given: aPasskey('signIn'),
    events: ['accounts.finishPasskeySignIn: sessions'],
  }),
  ...rows('accounts.startPasskeyProof', signedIn(200), post('/api/auth/passkeys/prove/start', {}), { given: aPasskey(null), events: [] }),
  ...rows(
    'accounts.renamePasskey',
    signedIn(200),
    (_, { id }) => ({ method: 'PATCH', url: `/api/auth/passkeys/${id}`, body: { name: 'Telephone' } }),
    { given: aPasskey(null), events: ['accounts.renamePasskey: passkeys'] },
  ),
  ...rows('accounts.removePasskey', signedIn(204), (_, { id }) => ({ method: 'DELETE', url: `/api/auth/passkeys/${id}` }), {
    given: aPasskey(null),
    events: ['accounts.removePasskey: effects, emails, passkeys'],
  }),
]

/** One that is on, and a message that went to it. */
const aWebhook = async (world: World): Promise<Given> => {
  const [webhook, delivery] = [world.engine.newId('whe'), world.engine.newId('whd')]
  const none = { disabledBecause: null, formerSecret: null, formerUntil: null, failingSince: null, failures: 0, pausedUntil: null }
  const url = 'https://receiver.example/hook'
  const sent = {
    event: 'order.placed',
    messageId: 'msg_1',
    replayOf: null,
    status: 'delivered',
    lastError: null,
    deliveredAt: 1,
    body: '{}',
  } as const
  await world.write(async (tx) => {
    // It asks for nothing that happens here.
    const asked = { description: null, events: ['user.password_changed'], enabled: true, secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }
    await tx.insert(webhooks, { id: webhook, url, ...asked, ...none })
    await tx.insert(webhookDeliveries, { id: delivery, webhook, ...sent })
  })
  return { webhook, delivery }
}

const webhookRows: Row[] = [
  ...rows('webhooks.create', adminOnly, post('/api/webhooks', { url: 'https://receiver.example' })),
  ...rows(
    'webhooks.update',
    adminOnly,
    (_, { webhook }) => ({ method: 'PATCH', url: `/api/webhooks/${webhook}`, body: { enabled: false } }),
    {
      given: aWebhook,
    },
  ),
  ...rows('webhooks.delete', adminOnly, (_, { webhook }) => ({ method: 'DELETE', url: `/api/webhooks/${webhook}` }), { given: aWebhook }),
  ...rows('webhooks.rotateSecret', adminOnly, (_, { webhook }) => post(`/api/webhooks/${webhook}/rotate`), { given: aWebhook }),
  ...rows('webhooks.test', staffOnly(202), (_, { webhook }) => post(`/api/webhooks/${webhook}/test`), {
    given: aWebhook,
    events: ['webhooks.test: effects'],
  }),
  ...rows('webhooks.replay', staffOnly(202), (_, { delivery }) => post(`/api/webhookDeliveries/${delivery}/replay`), {
    given: aWebhook,
    events: ['webhooks.replay: effects'],
  }),
]

const runningRows: Row[] = [
  ...webhookRows,
  ...rows('emails.send', staffOnly(201), post('/api/emails', { to: 'ada@example.com', subject: 'Hello', text: 'Hello.' }), {
    events: ['emails.send: effects, emails'],
  }),
  ...rows('emails.resend', staffOnly(200), (_, { email }) => post(`/api/emails/${email}/resend`), {
    given: aFailedEmail,
    events: ['emails.resend: effects, emails'],
    body: { status: 'queued', mayArriveTwice: false },
  }),
  ...rows('emails.listTemplates', staffOnly(200), { method: 'GET', url: '/api/emailTemplates' }),
  ...rows('emails.previewTemplate', staffOnly(200), { method: 'GET', url: '/api/emailTemplates/order_receipt?language=de' }),
  ...rows('emails.askUnsubscribe', all(200), { method: 'GET', url: aLink }, { given: theLinkKey }),
  // Its link is what lets somebody in: outgoing-mail.test.ts has good ones.
  ...rows('emails.unsubscribe', all(403), post(aLink), { given: theLinkKey }),
  ...rows('suppressions.create', staffOnly(201), post('/api/suppressions', { address: 'ada@example.com' }), {
    events: ['suppressions.create: suppressions'],
    body: { scope: 'marketing', reason: 'manual' },
  }),
  ...rows(
    'suppressions.delete',
    { ...all(404), staff: 204 },
    (_, { suppression }) => ({ method: 'DELETE', url: `/api/suppressions/${suppression}` }),
    {
      async given(world) {
        const { body } = await world.call('staff', post('/api/suppressions', { address: 'ada@example.com' }))
        return { suppression: body.id }
      },
      events: ['suppressions.delete: suppressions'],
    },
  ),
  ...rows('emails.receiveHook', all(404), post('/api/mail/inbound/postmark', {})),
  ...rows('mailChecks.look', staffOnly(200), () => ({ method: 'GET', url: '/api/mailChecks' })),
  ...rows('inboundMails.raw', staffOnly(200), (_, { mail }) => ({ method: 'GET', url: `/api/inboundMails/${mail}/raw` }), {
    given: aLetter,
  }),
  ...rows('emails.raw', staffOnly(200), (_, { email }) => ({ method: 'GET', url: `/api/emails/${email}/raw` }), { given: aLetter }),
  ...rows('emails.attachment', staffOnly(200), (_, { email }) => ({ method: 'GET', url: `/api/emails/${email}/attachments/0` }), {
    given: aLetter,
  }),
  ...rows('emailThreads.reply', staffOnly(201), (_, { thread }) => post(`/api/emailThreads/${thread}/reply`, { text: 'Yes.' }), {
    given: aLetter,
    events: ['emailThreads.reply: effects, emailThreads, emails'],
  }),
  ...rows(
    'emailThreads.update',
    staffOnly(200),
    (_, { thread }) => ({ method: 'PATCH', url: `/api/emailThreads/${thread}`, body: { status: 'closed' } }),
    { given: aLetter, events: ['emailThreads.update: emailThreads'] },
  ),
  ...rows('emailThreads.note', staffOnly(201), (_, { thread }) => post(`/api/emailThreads/${thread}/notes`, { text: 'Hm.' }), {
    given: aLetter,
    events: ['emailThreads.note: threadNotes'],
  }),
  ...rows('savedReplies.create', staffOnly(201), post('/api/savedReplies', aReply), { events: ['savedReplies.create: savedReplies'] }),
  ...rows(
    'savedReplies.update',
    { ...all(404), staff: 200 },
    (_, { reply }) => ({ method: 'PATCH', url: `/api/savedReplies/${reply}`, body: { text: 'Yes.' } }),
    { given: aSavedReply, events: ['savedReplies.update: savedReplies'] },
  ),
  ...rows('savedReplies.delete', { ...all(404), staff: 204 }, (_, { reply }) => ({ method: 'DELETE', url: `/api/savedReplies/${reply}` }), {
    given: aSavedReply,
    events: ['savedReplies.delete: savedReplies'],
  }),
  ...rows(
    'emailThreads.fillReply',
    staffOnly(200),
    (_, { thread, reply }) => ({ method: 'GET', url: `/api/emailThreads/${thread}/savedReplies/${reply}` }),
    { given: async (world) => ({ ...(await aLetter(world)), ...(await aSavedReply(world)) }), body: { text: 'Dear owner@example.com,' } },
  ),
  ...rows('inboundMails.readAgain', staffOnly(200), (_, { mail }) => post(`/api/inboundMails/${mail}/read`), {
    given: aQuarantined,
    events: ['inboundMails.readAgain: effects, inboundMails'],
  }),
  ...rows('inboundMails.delete', staffOnly(204), (_, { mail }) => ({ method: 'DELETE', url: `/api/inboundMails/${mail}` }), {
    given: aQuarantined,
    events: ['inboundMails.delete: inboundMails'],
  }),
  ...rows('schema.describe', staffOnly(200), { method: 'GET', url: '/api/schema' }),
  ...rows('changes.watch', staffOnly(200), { method: 'GET', url: '/api/changes?collections=emails' }),
  ...rows('effects.retry', staffOnly(200), (_, { effect }) => post(`/api/effects/${effect}/retry`), {
    given: anEffect,
    events: ['effects.retry: effects'],
    body: { state: 'ready' },
  }),
  ...rows('effects.cancel', staffOnly(200), (_, { effect }) => post(`/api/effects/${effect}/cancel`), {
    given: anEffect,
    events: ['effects.cancel: effects, emails'],
    body: { state: 'canceled' },
  }),
  ...rows('payments.listMethods', all(200), { method: 'GET', url: '/api/payments/methods' }),
  ...rows('ledger.listBalances', staffOnly(200), { method: 'GET', url: '/api/ledger/balances' }),
  ...rows('ledger.export', staffOnly(200), { method: 'GET', url: '/api/ledger/export?from=2026-11-01&to=2026-11-30' }),
  ...rows('orders.import', staffOnly(200), {
    method: 'POST',
    url: '/api/orders/import',
    headers: { 'content-type': 'application/jsonl' },
    body: '{}',
  }),
  ...['sales', 'taxes', 'customers', 'stock'].flatMap((name) => {
    const days = name === 'stock' ? '' : '?from=2026-11-01&to=2026-11-30'
    return [
      ...rows(`figures.${name}`, staffOnly(200), { method: 'GET', url: `/api/figures/${name}${days}` }),
      ...rows(`figures.${name}Export`, staffOnly(200), { method: 'GET', url: `/api/figures/${name}/export${days}` }),
    ]
  }),
  ...rows('running.readMetrics', staffOnly(200), { method: 'GET', url: '/metrics' }),
  ...rows(
    'stock.adjustLevel',
    staffOnly(200),
    ({ ids }) => ({ method: 'PATCH', url: `/api/stockLevels/${ids['variantLevel']}`, body: { onHand: 12 } }),
    { body: { onHand: 12, available: 12 } },
  ),
  ...rows('stock.addLevel', staffOnly(409), ({ ids }) => post('/api/stockLevels', { variant: ids['variant'], location: 'main' })),
  ...rows('stock.receive', staffOnly(200), ({ ids }) => post(`/api/stockLevels/${ids['variantLevel']}/receive`, { quantity: 2 }), {
    body: { onHand: 12, available: 12 },
  }),
  ...rows('stock.transfer', staffOnly(400), ({ ids }) =>
    post('/api/stockTransfers', { variant: ids['variant'], from: 'main', to: 'nowhere', quantity: 1 }),
  ),
  ...rows(
    'stock.count',
    staffOnly(201),
    ({ ids }) => post('/api/stockCounts', { location: 'main', lines: [{ variant: ids['variant'], counted: 9 }] }),
    { body: { location: 'main' } },
  ),
]

const ownersCart = async (world: World): Promise<Given> => {
  const { id } = await fillCart(world, 'owner')
  const { body } = await world.call('owner', { method: 'GET', url: `/api/carts/${id}` })
  return { cart: id, line: body.lines[0].id }
}
const draftOf = ({ ids }: World) => ({
  customer: ids['owner'],
  lines: [{ variant: ids['variant'] }],
  shippingAddress: address,
  shippingMethod: ids['shipping'],
})
const aDraft = async (world: World): Promise<Given> => {
  const { body } = await world.call('staff', post('/api/orders', draftOf(world)))
  return { draft: body.id }
}
const ownersOrder =
  (method: string) =>
  async (world: World): Promise<Given> => {
    const cart = await fillCart(world, 'owner')
    const { body } = await checkOut(world, 'owner', cart, method)
    return { cart: cart.id, order: body.order.id }
  }
/** One that waits for its customer: nothing becomes of it by itself while it is looked at. */
const ownersPayment = async (world: World): Promise<Given> => {
  const { order } = await ownersOrder('card_challenge')(world)
  const [payment] = await world.engine.parts.storage.reader.find(payments, { where: eq('order', order!), limit: 1 })
  return { order: order!, payment: payment!.id }
}
/** Nothing of it can be moved any more. */
const declinedPayment = async (world: World): Promise<Given> => {
  const { order } = await ownersOrder('card_declined')(world)
  const [payment] = await world.engine.parts.storage.reader.find(payments, { where: eq('order', order!), limit: 1 })
  return { order: order!, payment: payment!.id }
}
/** One that the provider refused: its money is still owed. */
const failedRefund = async (world: World): Promise<Given> => {
  const { order, payment } = await ownersPayment(world)
  const id = world.engine.newId('ref')
  const amount = { amount: 1, currency: 'EUR' }
  const rest = { provider: 'sandbox', reason: 'external', key: id, providerRef: null, lastError: 'Refused.' }
  await world.write((tx) => tx.insert(refunds, { id, order: order!, payment: payment!, amount, status: 'failed', lines: null, ...rest }))
  return { refund: id }
}
/** Written down by hand: the order is placed only when its payment is. */
const aParcel = async (world: World, status: 'shipped' | 'delivered' = 'shipped'): Promise<Given> => {
  const { order } = await ownersPayment(world)
  const id = world.engine.newId('ful')
  await world.write((tx) => tx.insert(fulfillments, { id, order: order!, status, lines: [], tracking: [], deliveredAt: null }))
  return { fulfillment: id }
}
const anAddress = { name: 'Ada Byron', line1: 'Kastanienallee 1', city: 'Berlin', postalCode: '10435', country: 'DE' }
const aSavedAddress = async (world: World): Promise<Given> => {
  const { body } = await world.call('owner', post('/api/addresses', anAddress))
  return { saved: body.id }
}
const aReturn = async (world: World): Promise<Given> => {
  const { order } = await ownersPayment(world)
  const id = world.engine.newId('ret')
  const nothing = { comment: null, instructions: null, answer: null, refunded: null, deduction: null, isExchange: null }
  await world.write((tx) => tx.insert(returns, { id, order: order!, status: 'requested', lines: [], ...nothing, isByStaff: false }))
  return { orderReturn: id }
}
/** Of a provider that decides its disputes itself. */
const aDispute = async (world: World): Promise<Given> => {
  const { order, payment } = await ownersPayment(world)
  const id = world.engine.newId('dsp')
  const amount = { amount: 1, currency: 'EUR' }
  const of = { order: order!, payment: payment!, provider: 'sandbox', providerRef: id, reason: null, evidenceDueAt: null }
  await world.write((tx) => tx.insert(disputes, { id, ...of, amount, status: 'needs_response' }))
  return { dispute: id }
}
const aPaidOrder = async (world: World): Promise<Given> => {
  const { code } = await aGiftCard(world, 5000)
  const cart = await fillCart(world, 'owner')
  const { body } = await world.call('owner', { ...post(`/api/carts/${cart.id}/checkout`, { giftCards: [code] }), headers: cart.headers })
  return { order: body.order.id }
}
const anInvoice = async (world: World): Promise<Given> => {
  const { order } = await aPaidOrder(world)
  const { body } = await world.call('staff', post(`/api/orders/${order}/invoices`))
  return { order: order!, invoice: body.items[0].id }
}
const aPaymentLink = async (world: World): Promise<Given> => {
  const { order } = await ownersOrder('card_declined')(world)
  const { body } = await world.call('staff', post(`/api/orders/${order}/payment-link`))
  return { token: body.url.split('#token=')[1] }
}
const aGiftCard = async (world: World, amount = 700): Promise<Given> => {
  const { body } = await world.call('staff', post('/api/giftCards', { value: { amount, currency: 'EUR' } }))
  return { card: body.id, code: body.code }
}
const cartBody = (quantity: number) => (answer: { body: { lines: { quantity: number }[]; token?: string } }) => {
  assert.equal(answer.body.lines[0]?.quantity ?? 0, quantity)
  assert.equal(answer.body.token, undefined)
}

const checkedOut = ['orders.checkOut: effects, orders, payments', 'effects.payment.start: effects, payments']

/** What staff look at: money and a message of nobody. */
const anUnmatchedLine = async ({ write, engine }: World): Promise<Given> => {
  const [line, message] = [engine.newId('stl'), engine.newId('whk')]
  const nothing = {
    original: null,
    operationRef: null,
    providerRef: null,
    reference: null,
    payoutRef: null,
    payment: null,
    order: null,
    fact: null,
  }
  await write(async (tx, now) => {
    await tx.insert(settlementLines, {
      ...nothing,
      id: line,
      provider: 'sandbox',
      ref: 'txn_1',
      kind: 'payment',
      amount: money(100, 'EUR'),
      fee: money(0, 'EUR'),
      at: now,
      state: 'unmatched',
      note: null,
      lastError: null,
    })
    const empty = { reference: null, providerRef: null, lookAt: null, looks: 0, note: null, settledBy: null }
    await tx.insert(webhookInbox, { ...empty, id: message, provider: 'sandbox', eventId: 'evt', state: 'unmatched', body: '{}' })
  })
  return { line, message }
}

const shopRows: Row[] = [
  ...rows('carts.create', all(201), post('/api/carts', {}), {
    body: ({ body, headers }) => {
      assert.match(body.token, /^cart_[0-9a-z]{10}[\w-]{43}$/)
      assert.equal(headers['location'], `/api/carts/${body.id}`)
    },
  }),
  ...rows('carts.get', holder(200), (_, { cart }) => ({ method: 'GET', url: `/api/carts/${cart}` }), {
    given: ownersCart,
    body: cartBody(1),
  }),
  ...rows(
    'carts.update',
    holder(200),
    (_, { cart }) => ({ method: 'PATCH', url: `/api/carts/${cart}`, body: { note: 'hi', billingAddress: address } }),
    { given: ownersCart, body: { note: 'hi' } },
  ),
  ...rows('carts.addLine', holder(201), ({ ids }, { cart }) => post(`/api/carts/${cart}/lines`, { variant: ids['variant'], quantity: 2 }), {
    given: ownersCart,
    body: cartBody(3),
  }),
  ...rows(
    'carts.changeLine',
    holder(200),
    (_, { cart, line }) => ({ method: 'PATCH', url: `/api/carts/${cart}/lines/${line}`, body: { quantity: 5 } }),
    { given: ownersCart, body: cartBody(5) },
  ),
  ...rows('carts.removeLine', holder(200), (_, { cart, line }) => ({ method: 'DELETE', url: `/api/carts/${cart}/lines/${line}` }), {
    given: ownersCart,
    body: cartBody(0),
  }),
  ...rows('carts.changes', holder(200), (_, { cart }) => ({ method: 'GET', url: `/api/carts/${cart}/changes` }), {
    given: ownersCart,
    body: { items: [] },
  }),
  ...rows('carts.see', holder(200), (_, { cart }) => post(`/api/carts/${cart}/seen`, { mark: 'another' }), {
    given: ownersCart,
    body: { items: [] },
  }),
  ...rows('carts.claim', { guest: 401, other: 404, owner: 200, staff: 403 }, (_, { cart }) => post(`/api/carts/${cart}/claim`), {
    given: ownersCart,
    body: cartBody(1),
  }),
  ...rows(
    'orders.checkOut',
    holder(201),
    (_, { cart }) => post(`/api/carts/${cart}/checkout`, { payment: { provider: 'sandbox', method: 'card_success' } }),
    {
      given: ownersCart,
      events: checkedOut,
      body: { order: { status: 'pending_payment', paymentStatus: 'none' }, payment: { provider: 'sandbox', action: null } },
    },
  ),
  ...rows('carts.quoteTaxes', holder(200), (_, { cart }) => post(`/api/carts/${cart}/taxes`, {}), { given: ownersCart }),
  ...rows('carts.listShipping', holder(200), (_, { cart }) => ({ method: 'GET', url: `/api/carts/${cart}/shippingMethods` }), {
    given: ownersCart,
  }),
  ...rows(
    'orders.pay',
    holder(201),
    (_, { order }) => post(`/api/orders/${order}/payments`, { provider: 'sandbox', method: 'card_success' }),
    {
      given: ownersOrder('card_declined'),
      events: ['orders.pay: effects, orders, payments', 'effects.payment.start: effects, payments'],
      body: { payment: { provider: 'sandbox' } },
    },
  ),
  ...rows('orders.cancel', holder(200), (_, { order }) => post(`/api/orders/${order}/cancel`), {
    given: ownersOrder('card_declined'),
    events: ['orders.cancel: orders'],
    body: { status: 'canceled' },
  }),
  ...rows('payments.check', staffOnly(200), (_, { payment }) => post(`/api/payments/${payment}/check`), {
    given: ownersPayment,
    events: ['payments.check: effects', 'effects.payment.follow: effects'],
  }),
  // All four on a payment that was declined: whoever may ask is told that there is nothing to move.
  ...rows('payments.capture', staffOnly(409), (_, { payment }) => post(`/api/payments/${payment}/capture`), { given: declinedPayment }),
  ...rows('payments.void', staffOnly(409), (_, { payment }) => post(`/api/payments/${payment}/void`), { given: declinedPayment }),
  ...rows('payments.receipt', staffOnly(409), (_, { payment }) => post(`/api/payments/${payment}/receipt`, { reference: 'till 1' }), {
    given: declinedPayment,
  }),
  ...rows('disputes.accept', staffOnly(409), (_, { dispute }) => post(`/api/disputes/${dispute}/accept`), { given: aDispute }),
  ...rows('orders.refund', staffOnly(409), (_, { order }) => post(`/api/orders/${order}/refunds`), { given: declinedPayment }),
  // A declined one is not placed: whoever may send it is told so.
  ...rows('orders.fulfill', staffOnly(409), (_, { order }) => post(`/api/orders/${order}/fulfillments`), { given: declinedPayment }),
  ...rows('orders.hold', staffOnly(200), (_, { order }) => post(`/api/orders/${order}/hold`, { hold: 'fraud' }), {
    given: declinedPayment,
    events: ['orders.hold: orders'],
  }),
  ...rows('orders.release', staffOnly(409), (_, { order }) => post(`/api/orders/${order}/release`, { hold: 'fraud' }), {
    given: declinedPayment,
  }),
  ...rows(
    'fulfillments.track',
    staffOnly(200),
    (_, { fulfillment }) => ({
      method: 'PATCH',
      url: `/api/fulfillments/${fulfillment}`,
      body: { tracking: [{ carrier: 'DHL', number: '1' }] },
    }),
    { given: (world) => aParcel(world), events: ['fulfillments.track: fulfillments'] },
  ),
  ...rows('fulfillments.deliver', staffOnly(200), (_, { fulfillment }) => post(`/api/fulfillments/${fulfillment}/deliver`), {
    given: (world) => aParcel(world),
    events: ['fulfillments.deliver: fulfillments'],
    body: { status: 'delivered' },
  }),
  ...rows('fulfillments.cancel', staffOnly(409), (_, { fulfillment }) => post(`/api/fulfillments/${fulfillment}/cancel`), {
    given: (world) => aParcel(world, 'delivered'),
  }),
  ...rows('orders.note', staffOnly(201), (_, { order }) => post(`/api/orders/${order}/notes`, { text: 'Call first.' }), {
    given: declinedPayment,
    events: ['orders.note: orderNotes'],
  }),
  ...rows('orders.timeline', holder(200), (_, { order }) => ({ method: 'GET', url: `/api/orders/${order}/timeline` }), {
    given: declinedPayment,
  }),
  ...rows('orders.letters', holder(200), (_, { order }) => ({ method: 'GET', url: `/api/orders/${order}/letters` }), {
    given: declinedPayment,
    body: { items: [] },
  }),
  ...rows(
    'orders.return',
    holder(409),
    (_, { order }) => post(`/api/orders/${order}/returns`, { lines: [{ line: 'line_x', quantity: 1, reason: 'other' }] }),
    { given: ownersOrder('card_declined') },
  ),
  ...rows(
    'orders.exchange',
    staffOnly(409),
    ({ ids }, { order }) =>
      post(`/api/orders/${order}/exchanges`, {
        lines: [{ line: 'line_x', quantity: 1, reason: 'other' }],
        add: [{ variant: ids['variant'] }],
      }),
    { given: ownersOrder('card_declined') },
  ),
  ...rows(
    'orders.quoteExchange',
    staffOnly(409),
    ({ ids }, { order }) =>
      post(`/api/orders/${order}/exchanges/quote`, {
        lines: [{ line: 'line_x', quantity: 1, reason: 'other' }],
        add: [{ variant: ids['variant'] }],
      }),
    { given: ownersOrder('card_declined') },
  ),
  ...rows('returns.approve', staffOnly(200), (_, { orderReturn }) => post(`/api/returns/${orderReturn}/approve`), {
    given: (world) => aReturn(world),
    events: ['returns.approve: effects, emails, returns'],
    body: { status: 'approved' },
  }),
  ...rows('returns.reject', staffOnly(200), (_, { orderReturn }) => post(`/api/returns/${orderReturn}/reject`), {
    given: (world) => aReturn(world),
    events: ['returns.reject: effects, emails, orders, returns'],
    body: { status: 'rejected' },
  }),
  ...rows('returns.receive', staffOnly(409), (_, { orderReturn }) => post(`/api/returns/${orderReturn}/receive`), {
    given: (world) => aReturn(world),
  }),
  ...rows('returns.complete', staffOnly(409), (_, { orderReturn }) => post(`/api/returns/${orderReturn}/complete`), {
    given: (world) => aReturn(world),
  }),
  ...rows('refunds.retry', staffOnly(201), (_, { refund }) => post(`/api/refunds/${refund}/retry`), {
    given: failedRefund,
    events: ['refunds.retry: effects, refunds'],
  }),
  ...rows('refunds.settle', staffOnly(200), (_, { refund }) => post(`/api/refunds/${refund}/settle`, { note: 'By bank transfer.' }), {
    given: failedRefund,
    events: ['refunds.settle: refunds'],
  }),
  ...rows('orders.create', staffOnly(201), (world) => post('/api/orders', draftOf(world)), {
    events: ['orders.create: orders'],
    body: { status: 'draft', total: { amount: 1390, currency: 'EUR' } },
  }),
  ...rows(
    'orders.update',
    staffOnly(200),
    (_, { draft }) => ({ method: 'PATCH', url: `/api/orders/${draft}`, body: { costCenter: 'K-100' } }),
    {
      given: aDraft,
      events: ['orders.update: orders'],
      body: { status: 'draft', costCenter: 'K-100' },
    },
  ),
  ...rows('orders.edit', staffOnly(200), (_, { draft }) => post(`/api/orders/${draft}/edits`, { note: 'By telephone' }), {
    given: aDraft,
    events: ['orders.edit: orders'],
    body: { status: 'draft', note: 'By telephone' },
  }),
  ...rows('orders.withdraw', staffOnly(409), (_, { draft }) => post(`/api/orders/${draft}/withdraw`), { given: aDraft }),
  ...rows('orders.makePaymentLink', staffOnly(201), (_, { order }) => post(`/api/orders/${order}/payment-link`), {
    given: ownersOrder('card_declined'),
    events: ['orders.makePaymentLink: orders'],
  }),
  ...rows('paymentLinks.open', all(403), post('/api/paymentLinks/open', { token: 'paylink_guess' })),
  ...rows('paymentLinks.open', all(200), (_, { token }) => post('/api/paymentLinks/open', { token }), {
    given: aPaymentLink,
    body: { state: 'open', due: { amount: 1390, currency: 'EUR' } },
  }),
  ...rows('paymentLinks.pay', all(201), (_, { token }) => post('/api/paymentLinks/pay', { token, provider: 'sandbox' }), {
    given: aPaymentLink,
    events: ['paymentLinks.pay: effects, payments', 'effects.payment.start: effects, payments'],
  }),
  ...rows('orders.issueInvoice', staffOnly(201), (_, { order }) => post(`/api/orders/${order}/invoices`), {
    given: aPaidOrder,
    events: ['orders.issueInvoice: invoices'],
  }),
  ...rows('orders.invoices', holder(200), (_, { order }) => ({ method: 'GET', url: `/api/orders/${order}/invoices` }), {
    given: anInvoice,
  }),
  ...rows('orders.invoicePdf', holder(200), (_, { order }) => ({ method: 'GET', url: `/api/orders/${order}/invoice.pdf` }), {
    given: anInvoice,
  }),
  ...rows('orders.downloads', holder(200), (_, { order }) => ({ method: 'GET', url: `/api/orders/${order}/downloads` }), {
    given: aPaidOrder,
    body: { items: [] },
  }),
  // Its link decides, whoever asks.
  ...rows(
    'orders.download',
    all(403),
    (_, { order }) => ({ method: 'GET', url: `/api/orders/${order}/downloads/file_x?expires=1&signature=x` }),
    {
      given: async (world) => {
        // The key of links is made with the first one that is looked at.
        await world.call('guest', { method: 'GET', url: '/api/files/file_x/content?expires=1&signature=x' })
        return await aPaidOrder(world)
      },
    },
  ),
  ...rows('invoices.send', staffOnly(204), (_, { invoice }) => post(`/api/invoices/${invoice}/send`), {
    given: anInvoice,
    events: ['invoices.send: effects, emails'],
  }),
  ...rows('giftCards.issue', staffOnly(201), post('/api/giftCards', { value: { amount: 5000, currency: 'EUR' } }), {
    events: ['giftCards.issue: giftCards'],
    body: ({ body }) => assert.match(body.code, /^[0-9A-Z]{5}(-[0-9A-Z]{5}){3}$/),
  }),
  ...rows('giftCards.block', staffOnly(200), (_, { card }) => post(`/api/giftCards/${card}/block`), {
    given: (world) => aGiftCard(world),
    events: ['giftCards.block: giftCards'],
    body: { status: 'blocked' },
  }),
  ...rows('giftCards.unblock', staffOnly(200), (_, { card }) => post(`/api/giftCards/${card}/unblock`), {
    given: (world) => aGiftCard(world),
  }),
  ...rows('giftCards.balance', all(200), (_, { code }) => post('/api/giftCards/balance', { code }), {
    given: (world) => aGiftCard(world),
    body: { balance: { amount: 700, currency: 'EUR' } },
  }),
  ...rows('giftCards.balance', all(422), post('/api/giftCards/balance', { code: '00000-00000-00000-00000' })),
  ...rows(
    'credit.give',
    staffOnly(201),
    ({ ids }) => post(`/api/users/${ids['owner']}/credit`, { amount: { amount: 500, currency: 'EUR' }, reason: 'Sorry.' }),
    { events: ['credit.give: storeCredits'], body: { balance: { amount: 500, currency: 'EUR' } } },
  ),
  ...rows('credit.mine', signedIn(200), { method: 'GET', url: '/api/auth/me/credit' }, { body: { items: [], grants: [] } }),
  ...rows('payments.reconcile', staffOnly(404), post('/api/payments/reconcile', { provider: 'nobody' })),
  ...rows('settlementLines.return', staffOnly(409), (_, { line }) => post(`/api/settlementLines/${line}/return`), {
    given: anUnmatchedLine,
  }),
  ...rows(
    'settlementLines.settle',
    staffOnly(200),
    (_, { line }) => post(`/api/settlementLines/${line}/settle`, { as: 'kept', note: 'A gift.' }),
    { given: anUnmatchedLine, events: ['settlementLines.settle: settlementLines'] },
  ),
  ...rows(
    'orders.adoptPayment',
    staffOnly(422),
    (_, { order }) => post(`/api/orders/${order}/adopt-payment`, { provider: 'nobody', providerRef: 'x' }),
    { given: ownersOrder('card_declined') },
  ),
  ...rows('webhookInbox.settle', staffOnly(200), (_, { message }) => post(`/api/webhookInbox/${message}/settle`, { note: 'A test.' }), {
    given: anUnmatchedLine,
  }),
  ...rows('payments.receiveWebhook', all(400), {
    ...post('/api/payments/webhooks/sandbox', '{"id":"evt"}'),
    headers: { 'sandbox-signature': 't=1,v1=00' },
  }),
  ...rows('payments.receiveWebhook', all(404), post('/api/payments/webhooks/nobody', '{}')),
  ...rows('payments.receiveWebhook', all(200), (world) => {
    const body = JSON.stringify({ id: 'evt_1', payment: 'spay_x', reference: 'pay_x' })
    const time = Math.floor(world.clock.now() / 1000)
    return {
      ...post('/api/payments/webhooks/sandbox', body),
      headers: { 'sandbox-signature': `t=${time},v1=${signHmac(world.webhookSecret, `${time}.${body}`)}` },
    }
  }),
]

const importable: Readonly<Record<string, object>> = {
  notes: { title: 'Imported' },
  reviews: { stars: 'many' },
  categories: { name: 5 },
  products: { title: 5 },
  variants: { sku: 5 },
  shippingMethods: { name: 5 },
  discounts: { title: 5 },
  addresses: { name: 5 },
  suppressions: { address: 5 },
  savedReplies: { title: 5 },
}
const importRows = Object.entries(importable).flatMap(([name, body]) =>
  rows(
    `${name}.import`,
    staffOnly(200),
    {
      method: 'POST',
      url: `/api/${name}/import`,
      body: Buffer.from(JSON.stringify(body)),
      headers: { 'content-type': 'application/jsonl' },
    },
    { events: name === 'notes' ? ['notes.import: notes'] : [] },
  ),
)

const recordRows: Row[] = [
  ...importRows,
  ...rows('audit.read', staffOnly(200), { method: 'GET', url: '/api/audit?limit=1' }),
  ...rows(
    'batch.run',
    { guest: 401, other: 200, owner: 200, staff: 200 },
    post('/api/batch', { operations: [{ method: 'POST', path: '/api/notes', body: { title: 'Mine' } }] }),
    {
      events: ['batch.run: notes'],
    },
  ),
  ...rows('notes.create', signedIn(201), post('/api/notes', { title: 'Mine' }), {
    events: ['notes.create: notes'],
    body: { title: 'Mine', views: 0, tags: [] },
  }),
  ...rows(
    'notes.create',
    { guest: 403, other: 403, owner: 403, staff: 201 },
    ({ ids }) => post('/api/notes', { title: 'For another', owner: ids['owner'] }),
    { events: ['notes.create: notes'] },
  ),
  // A field that one may neither see nor set is none.
  ...rows('notes.create', { guest: 400, other: 400, owner: 400, staff: 201 }, post('/api/notes', { title: 'Scored', score: 9 }), {
    events: ['notes.create: notes'],
    body: { score: 9 },
  }),
  ...rows('notes.update', holder(200), ({ ids }) => ({ method: 'PATCH', url: `/api/notes/${ids['note']}`, body: { title: 'Other' } }), {
    events: ['notes.update: notes'],
    body: { title: 'Other' },
  }),
  ...rows(
    'notes.update',
    holderOfPublic(200),
    ({ ids }) => ({ method: 'PATCH', url: `/api/notes/${ids['publicNote']}`, body: { title: 'Other' } }),
    { events: ['notes.update: notes'] },
  ),
  ...rows(
    'notes.update',
    { guest: 401, other: 403, owner: 403, staff: 200 },
    ({ ids }) => ({ method: 'PATCH', url: `/api/notes/${ids['publicNote']}`, body: { owner: ids['other'] } }),
    { events: ['notes.update: notes'] },
  ),
  ...rows(
    'files.upload',
    signedIn(201),
    { method: 'POST', url: '/api/files', body: 'text', headers: { 'file-name': 'a.txt' } },
    {
      // Announced before its first byte.
      events: ['files.upload: files', 'files.upload: files'],
      body: { name: 'a.txt', type: 'text/plain', size: 4 },
    },
  ),
  ...rows(
    'files.beginUpload',
    signedIn(201),
    { method: 'POST', url: '/api/uploads', headers: { 'tus-resumable': '1.0.0', 'upload-length': '9' } },
    {
      events: ['files.beginUpload: files'],
      body: { offset: 0, length: 9 },
    },
  ),
  ...rows(
    'files.continueUpload',
    ownUpload(204),
    (_, { upload }) => ({
      method: 'PATCH',
      url: `/api/uploads/${upload}`,
      body: 'some',
      headers: { 'tus-resumable': '1.0.0', 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
    }),
    { given: anUpload, events: ['files.continueUpload: files'] },
  ),
  ...rows('files.getUpload', ownUpload(200), (_, { upload }) => ({ method: 'GET', url: `/api/uploads/${upload}` }), { given: anUpload }),
  ...rows(
    'files.endUpload',
    ownUpload(204),
    (_, { upload }) => ({ method: 'DELETE', url: `/api/uploads/${upload}`, headers: { 'tus-resumable': '1.0.0' } }),
    { given: anUpload, events: ['files.endUpload: effects, files'] },
  ),
  ...rows('notes.delete', holder(204), ({ ids }) => ({ method: 'DELETE', url: `/api/notes/${ids['note']}` }), {
    events: ['notes.delete: notes'],
  }),
  ...rows('notes.delete', holderOfPublic(204), ({ ids }) => ({ method: 'DELETE', url: `/api/notes/${ids['publicNote']}` }), {
    events: ['notes.delete: notes'],
  }),
  ...rows('addresses.create', signedIn(201), post('/api/addresses', anAddress)),
  ...rows(
    'addresses.update',
    holder(200),
    (_, { saved }) => ({ method: 'PATCH', url: `/api/addresses/${saved}`, body: { label: 'Work' } }),
    {
      given: aSavedAddress,
    },
  ),
  ...rows('addresses.delete', holder(204), (_, { saved }) => ({ method: 'DELETE', url: `/api/addresses/${saved}` }), {
    given: aSavedAddress,
  }),
  ...rows('reviews.create', { ...signedIn(201), owner: 409 }, ({ ids }) => post('/api/reviews', { book: ids['product'], stars: 5 }), {
    events: ['reviews.create: reviews'],
  }),
  ...rows(
    'reviews.create',
    { guest: 401, other: 422, owner: 422, staff: 201 },
    ({ ids }) => post('/api/reviews', { book: ids['draft'], stars: 5 }),
    { events: ['reviews.create: reviews'] },
  ),
  ...rows(
    'reviews.update',
    holderOfPublic(200),
    ({ ids }) => ({ method: 'PATCH', url: `/api/reviews/${ids['review']}`, body: { stars: 1 } }),
    { events: ['reviews.update: reviews'] },
  ),
  ...rows('reviews.delete', holderOfPublic(204), ({ ids }) => ({ method: 'DELETE', url: `/api/reviews/${ids['review']}` }), {
    events: ['reviews.delete: reviews'],
  }),
  ...catalogueRows('categories', { slug: 'poetry', title: 'Poetry' }, { title: 'Fictions' }, 'science', ['categories']),
  ...catalogueRows('products', { slug: 'new', title: 'New' }, { title: 'Emma!' }, 'product', ['products']),
  // A taken value is no answer to somebody who may not ask.
  ...rows('products.create', staffOnly(409), post('/api/products', { slug: 'secret-plans', title: 'Guess' })),
  ...rows(
    'products.update',
    { guest: 404, other: 404, owner: 404, staff: 200 },
    ({ ids }) => ({ method: 'PATCH', url: `/api/products/${ids['draft']}`, body: { title: 'x' } }),
    { events: ['products.update: products'] },
  ),
  ...rows('products.update', staffOnly(403), ({ ids }) => ({
    method: 'PATCH',
    url: `/api/products/${ids['product']}`,
    body: { price: null },
  })),
  ...rows(
    'variants.create',
    staffOnly(201),
    ({ ids }) => post('/api/variants', { product: ids['product'], sku: 'NEW', title: 'New', price: { amount: 5, currency: 'EUR' } }),
    {
      events: ['variants.create: products, variants'],
      body: { available: 0 },
    },
  ),
  ...rows(
    'variants.update',
    staffOnly(200),
    ({ ids }) => ({ method: 'PATCH', url: `/api/variants/${ids['hardcover']}`, body: { title: 'Cloth' } }),
    { events: ['variants.update: products, variants'] },
  ),
  ...rows('variants.delete', staffOnly(204), ({ ids }) => ({ method: 'DELETE', url: `/api/variants/${ids['free']}` }), {
    events: ['variants.delete: variants'],
  }),
  ...rows('products.facets', all(200), { method: 'GET', url: '/api/products/facets' }, { body: { isExact: true } }),
  ...rows(
    'products.makeVariants',
    staffOnly(200),
    (_, { product }) => post(`/api/products/${product}/variants`, { price: { amount: 5, currency: 'EUR' } }),
    {
      async given(world) {
        const options = [{ name: 'Size', values: ['S'] }]
        const { body } = await world.call('staff', post('/api/products', { slug: 'shirt', title: 'Shirt', options }))
        return { product: body.id }
      },
      events: ['products.makeVariants: products, variants'],
      body: { variants: 1 },
    },
  ),
  ...catalogueRows('shippingMethods', { title: 'Express', price: { amount: 990, currency: 'EUR' } }, { title: 'Slow' }, 'shipping', [
    'shippingMethods',
  ]),
  ...rows('discounts.create', staffOnly(201), post('/api/discounts', { title: 'Spring', code: 'spring', kind: 'percent', value: 10 }), {
    events: ['discounts.create: discounts'],
    body: { code: 'SPRING', uses: 0 },
  }),
  ...rows(
    'discounts.update',
    { ...all(404), staff: 200 },
    (_, { discount }) => ({ method: 'PATCH', url: `/api/discounts/${discount}`, body: { active: false } }),
    { given: aDiscount, events: ['discounts.update: discounts'], body: { active: false } },
  ),
  ...rows('discounts.delete', { ...all(404), staff: 204 }, (_, { discount }) => ({ method: 'DELETE', url: `/api/discounts/${discount}` }), {
    given: aDiscount,
    events: ['discounts.delete: discounts'],
  }),
]

async function aDiscount(world: World): Promise<Given> {
  const { body } = await world.call('staff', post('/api/discounts', { title: 'Autumn', code: 'autumn', kind: 'percent', value: 10 }))
  return { discount: body.id }
}

/** Its sender's alone. */
function ownUpload(status: number): Statuses {
  return { ...all(404), owner: status }
}

/** One of the owner that has been begun. */
async function anUpload(world: World): Promise<Given> {
  const headers = { 'tus-resumable': '1.0.0', 'upload-length': '9' }
  const { body } = await world.call('owner', { method: 'POST', url: '/api/uploads', headers })
  return { upload: body.id }
}

/** What staff writes and everybody reads. */
function catalogueRows(name: string, created: object, changed: object, id: string, collections: readonly string[]): Row[] {
  return [
    ...rows(`${name}.create`, staffOnly(201), post(`/api/${name}`, created), {
      events: [`${name}.create: ${collections}`],
      body: { ...created },
    }),
    ...rows(`${name}.update`, staffOnly(200), ({ ids }) => ({ method: 'PATCH', url: `/api/${name}/${ids[id]}`, body: changed }), {
      events: [`${name}.update: ${collections}`],
      body: { ...changed },
    }),
    ...rows(
      `${name}.delete`,
      staffOnly(name === 'products' ? 409 : 204),
      ({ ids }) => ({ method: 'DELETE', url: `/api/${name}/${ids[id]}` }),
      { events: [`${name}.delete: ${collections}`] },
    ),
  ]
}

// Reading: how many each of the four finds in a list, and whether they get a record of the owner's order.
const nobodyElse = { guest: 0, other: 0, owner: 1 }
/** None of the four is one. */
const adminsAlone = { guest: 0, other: 0, owner: 0, staff: 0 }
const reading: Readonly<Record<string, { counts: Readonly<Record<As, number>>; record?: (world: World) => string }>> = {
  users: { counts: { guest: 0, other: 1, owner: 1, staff: 3 }, record: ({ ids }) => ids['owner']! },
  invitations: { counts: adminsAlone },
  impersonations: { counts: adminsAlone },
  effects: { counts: { guest: 0, other: 0, owner: 0, staff: 2 } },
  schedules: { counts: { guest: 0, other: 0, owner: 0, staff: 16 } },
  scheduleTicks: { counts: { guest: 0, other: 0, owner: 0, staff: 0 } },
  emails: { counts: { guest: 0, other: 0, owner: 0, staff: 1 } },
  emailThreads: { counts: adminsAlone },
  inboundMails: { counts: adminsAlone },
  threadNotes: { counts: adminsAlone },
  savedReplies: { counts: adminsAlone },
  inboundMailboxes: { counts: adminsAlone },
  mailEvents: { counts: adminsAlone },
  webhooks: { counts: { guest: 0, other: 0, owner: 0, staff: 1 } },
  webhookDeliveries: { counts: { guest: 0, other: 0, owner: 0, staff: 1 } },
  categories: { counts: { guest: 2, other: 2, owner: 2, staff: 2 } },
  products: { counts: { guest: 1, other: 1, owner: 1, staff: 2 }, record: ({ ids }) => ids['draft']! },
  variants: { counts: { guest: 3, other: 3, owner: 3, staff: 4 }, record: ({ ids }) => ids['draftVariant']! },
  formerPrices: { counts: { guest: 0, other: 0, owner: 0, staff: 0 } },
  shippingMethods: { counts: { guest: 1, other: 1, owner: 1, staff: 1 } },
  stockLevels: { counts: { guest: 0, other: 0, owner: 0, staff: 4 } },
  stockMovements: { counts: { guest: 0, other: 0, owner: 0, staff: 1 } },
  stockCounts: { counts: { guest: 0, other: 0, owner: 0, staff: 0 } },
  reservations: { counts: { guest: 0, other: 0, owner: 0, staff: 1 } },
  carts: { counts: { ...nobodyElse, staff: 1 } },
  orders: { counts: { ...nobodyElse, staff: 1 } },
  payments: { counts: { ...nobodyElse, staff: 1 } },
  cancellations: { counts: { guest: 0, other: 0, owner: 0, staff: 0 } },
  orderNotes: { counts: { guest: 0, other: 0, owner: 0, staff: 0 } },
  returns: { counts: { guest: 0, other: 0, owner: 0, staff: 0 } },
  fulfillments: { counts: { guest: 0, other: 0, owner: 0, staff: 0 } },
  paymentFacts: { counts: { guest: 0, other: 0, owner: 0, staff: 1 } },
  captures: { counts: { guest: 0, other: 0, owner: 0, staff: 0 } },
  refunds: { counts: { guest: 0, other: 0, owner: 0, staff: 0 } },
  disputes: { counts: { guest: 0, other: 0, owner: 0, staff: 0 } },
  webhookInbox: { counts: { guest: 0, other: 0, owner: 0, staff: 1 } },
  settlementLines: { counts: { guest: 0, other: 0, owner: 0, staff: 0 } },
  giftCards: { counts: { guest: 0, other: 0, owner: 0, staff: 0 } },
  invoices: { counts: { guest: 0, other: 0, owner: 0, staff: 0 } },
  storeCredits: { counts: { guest: 0, other: 0, owner: 0, staff: 0 } },
  addresses: { counts: { guest: 0, other: 0, owner: 0, staff: 0 } },
  creditGrants: { counts: { guest: 0, other: 0, owner: 0, staff: 0 } },
  discounts: { counts: { guest: 0, other: 0, owner: 0, staff: 0 } },
  downloads: { counts: { guest: 0, other: 0, owner: 0, staff: 0 } },
  discountUses: { counts: { guest: 0, other: 0, owner: 0, staff: 0 } },
  reconciliations: { counts: { guest: 0, other: 0, owner: 0, staff: 0 } },
  ledgerEntries: { counts: { guest: 0, other: 0, owner: 0, staff: 6 } },
  salesEntries: { counts: { guest: 0, other: 0, owner: 0, staff: 2 } },
  ledgerBlocks: { counts: { guest: 0, other: 0, owner: 0, staff: 0 } },
  ledgerBalances: { counts: { guest: 0, other: 0, owner: 0, staff: 0 } },
  erasures: { counts: { guest: 0, other: 0, owner: 0, staff: 0 } },
  files: { counts: { ...nobodyElse, staff: 1 } },
  suppressions: { counts: { guest: 0, other: 0, owner: 0, staff: 1 } },
  notes: { counts: { guest: 1, other: 1, owner: 2, staff: 2 }, record: ({ ids }) => ids['note']! },
  reviews: { counts: { guest: 1, other: 1, owner: 1, staff: 1 } },
}
const first: Record<string, string> = {}

const readingRows = Object.entries(reading).flatMap(([name, { counts, record }]): Row[] => [
  ...everybody.map(
    (as): Row => ({
      operation: `${name}.list`,
      as,
      request: { method: 'GET', url: `/api/${name}?count=true` },
      expect: {
        status: 200,
        body({ body }) {
          assert.equal(body.items.length, counts[as])
          assert.equal(body.count, counts[as])
          for (const item of body.items)
            for (const hidden of ['tokenHash', 'hash', 'secret', 'formerSecret', 'body'])
              assert.ok(!(hidden in item) || (['notes', 'webhookDeliveries'].includes(name) && hidden === 'body'))
        },
      },
    }),
  ),
  ...everybody.map(
    (as): Row => ({
      operation: `${name}.aggregate`,
      as,
      request: { method: 'GET', url: `/api/${name}/aggregate` },
      expect:
        as === 'staff'
          ? { status: 200, body: ({ body }) => assert.deepEqual(body.items, [{ group: {}, count: counts.staff }]) }
          : { status: as === 'guest' ? 401 : 403 },
    }),
  ),
  ...everybody.map(
    (as): Row => ({
      operation: `${name}.export`,
      as,
      request: { method: 'GET', url: `/api/${name}/export?format=jsonl` },
      expect:
        as === 'staff'
          ? { status: 200, body: ({ text }) => assert.equal(text.split('\n').filter(Boolean).length, counts.staff) }
          : { status: as === 'guest' ? 401 : 403 },
    }),
  ),
  ...(name === 'carts'
    ? []
    : everybody.map(
        (as): Row => ({
          operation: `${name}.get`,
          as,
          request: (world) => ({ method: 'GET', url: `/api/${name}/${record?.(world) ?? first[name] ?? 'none'}` }),
          expect: { status: seesRecord(name, as) ? 200 : 404 },
        }),
      )),
])
readingRows.push(
  ...everybody.map(
    (as): Row => ({
      operation: 'files.link',
      as,
      request: () => ({ method: 'POST', url: `/api/files/${first['files']}/link`, body: {} }),
      expect: { status: reading['files']!.counts[as] > 0 ? 200 : 404 },
    }),
  ),
  ...everybody.map(
    (as): Row => ({
      operation: 'files.download',
      as,
      request: () => ({ method: 'GET', url: `/api/files/${first['files']}/content` }),
      expect: { status: reading['files']!.counts[as] > 0 ? 200 : 404 },
    }),
  ),
)

function seesRecord(name: string, as: As): boolean {
  const { counts } = reading[name]!
  if (name === 'users') return as === 'owner' || as === 'staff'
  if (name === 'products' || name === 'variants') return as === 'staff'
  if (name === 'notes') return as === 'owner' || as === 'staff'
  return counts[as] > 0
}

describe('reading', () => {
  readingScenario(readingRows, async (world) => {
    await world.engine.start()
    const { order } = await ownersOrder('card_success')(world)
    await work(world, 2_000)
    await world.engine.stop()
    await aWebhook(world)
    await world.call('staff', post('/api/suppressions', { address: 'eve@example.com' }))
    const { body: file } = await world.call('owner', { method: 'POST', url: '/api/files', body: 'of a private note' })
    await world.call('owner', { method: 'PATCH', url: `/api/notes/${world.ids['note']}`, body: { papers: [file] } })
    // The first link makes the key of all.
    await world.call('owner', { method: 'POST', url: `/api/files/${file.id}/link` })
    await world.call('staff', { method: 'PATCH', url: `/api/stockLevels/${world.ids['hardcoverLevel']}`, body: { onHand: 7 } })
    assert.equal((await world.call('owner', { method: 'GET', url: `/api/orders/${order}` })).body.paymentStatus, 'paid')
    for (const name of Object.keys(reading)) {
      const { body } = await world.call('staff', { method: 'GET', url: `/api/${name}?limit=1` })
      first[name] = body.items[0]?.id
    }
  })
})

const writingRows = [
  ...accountRows,
  ...peopleRows,
  ...proofRows,
  ...factorRows,
  ...passkeyRows,
  ...personalRows,
  ...runningRows,
  ...shopRows,
  ...recordRows,
]
// Webhooks come when they like: without them, what a row stores is what its request stored.
describe('doing', () => scenario(writingRows, { hasWebhooks: false }))

test('every operation has a row for each of the four', async (t) => {
  const world = await openWorld()
  t.after(() => world.close())
  const covered = new Set([...readingRows, ...writingRows].map(({ operation, as }) => `${operation} as ${as}`))
  const wanted = world.engine.operations.flatMap(({ name }) => everybody.map((as) => `${name} as ${as}`))
  assert.deepEqual(
    wanted.filter((one) => !covered.has(one)),
    [],
  )
})
