// Passkeys in the pages of accounts and in the console, by Chromium's own authenticators (WebDriver's virtual ones): on two devices, by
// keyboard, with nobody's address typed. At `localhost`, since no browser gives a passkey to a number.
// long
// ci
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { before } from 'node:test'
import type { CDPSession, Page } from 'playwright-core'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { signInAdmin, signUp } from '../support/shop.ts'
import { browserTest, openVisitor, type Size, type Visitor, wholeFile } from './browser.ts'
import { settled } from './page-basics.ts'

let server: ServerProcess
before(async () => {
  server = await startServer(wholeFile)
  await signInAdmin(server)
})

const email = 'admin@shop.example'
const password = 'correct horse battery'

/** A browser on a device of its own, which holds passkeys and knows its owner. */
async function openDevice(
  size: Size,
  language = 'en-IE',
): Promise<Visitor & { touch(isThere: boolean): Promise<void>; credentials(): Promise<number> }> {
  const visitor = await openVisitor(server.url.replace('127.0.0.1', 'localhost'), { size, language })
  const devtools: CDPSession = await visitor.page.context().newCDPSession(visitor.page)
  await devtools.send('WebAuthn.enable')
  const has = { hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: false }
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', ...has },
  })
  return {
    ...visitor,
    /** Whether its owner touches it when they are asked to. */
    touch: async (enabled) => void (await devtools.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled })),
    credentials: async () => (await devtools.send('WebAuthn.getCredentials', { authenticatorId })).credentials.length,
  }
}

async function heading(page: Page, name: string): Promise<void> {
  await page.getByRole('heading', { level: 1, name, exact: true }).waitFor()
  await settled(page)
}

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).press('Enter')

async function typePassword(page: Page): Promise<void> {
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.keyboard.press('Enter')
}

async function signOut(page: Page): Promise<void> {
  await press(page, 'Sign out')
  await heading(page, 'Sign in')
}

/** As if everybody had signed in an hour ago: a clock that is moved runs all that is due until then. */
function ageProofs(): void {
  const database = new DatabaseSync(join(server.dataFolder, 'kingpost.db'), { timeout: 5_000 })
  database.exec('UPDATE sessions SET "provenAt" = "provenAt" - 3600000')
  database.close()
}

browserTest('a passkey is added, signs in alone and as a second step, on two devices, and proves who is there', async () => {
  const telephone = await openDevice('phone')
  const { page } = telephone
  await page.goto('/account/sign-in')
  await telephone.look('account-sign-in-passkey')
  await typePassword(page)
  await heading(page, 'Your account')
  await telephone.touch(true)
  await press(page, 'Add a passkey')
  const recovery = await page.locator('.sheet-codes code').first().textContent()
  await press(page, 'I have kept these codes')
  assert.equal(await telephone.credentials(), 1)
  await page.getByText('10 recovery codes are left').waitFor()
  await page.getByText('Rename', { exact: true }).press('Enter')
  await page.locator('.sheet-sessions').getByRole('textbox', { name: 'Name' }).fill('My telephone')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Remove My telephone' }).waitFor()
  await telephone.look('account-passkeys')
  // Not twice on one device.
  await press(page, 'Add a passkey')
  await page.getByRole('alert').getByText('has a passkey of your account already').waitFor()

  await telephone.touch(false)
  await signOut(page)
  await telephone.touch(true)
  await press(page, 'Sign in with a passkey')
  await heading(page, 'Your account')
  // And in the field of the address, where browsers offer it by themselves: no button is pressed.
  const finished = page.waitForResponse(/\/passkeys\/login\/finish$/)
  await press(page, 'Sign out')
  assert.equal((await finished).status(), 200)
  await heading(page, 'Your account')

  await telephone.touch(false)
  await signOut(page)
  await typePassword(page)
  await heading(page, 'Second step')
  await telephone.look('account-second-step-passkey')
  await telephone.touch(true)
  await press(page, 'Use a passkey')
  await heading(page, 'Your account')

  // Another device has none: a recovery code lets its owner in, who adds one there.
  const computer = await openDevice('desktop')
  const other = computer.page
  await other.goto('/account/security')
  await heading(other, 'Sign in')
  await typePassword(other)
  await heading(other, 'Second step')
  await other.getByLabel('Recovery code').fill(recovery ?? '')
  await other.keyboard.press('Enter')
  await heading(other, 'Your sign-in and your data')
  await computer.touch(true)
  await press(other, 'Add a passkey')
  await other.getByRole('button', { name: /^Remove (?!My telephone)/ }).waitFor()
  await computer.look('account-security')
  await computer.touch(false)
  await other.goto('/account')
  await signOut(other)
  await computer.touch(true)
  await press(other, 'Sign in with a passkey')
  await heading(other, 'Your account')

  // What a stolen session must not do asks for it again.
  ageProofs()
  await other.waitForTimeout(1_100)
  computer.expectRefusal(403, /^\/api\/auth\/passkeys\/\w+$/)
  await other.getByRole('button', { name: 'Remove My telephone' }).press('Enter')
  await other.getByRole('dialog').getByRole('button', { name: 'Use a passkey' }).waitFor()
  await computer.look('account-proof-passkey')
  await other.getByRole('dialog').getByRole('button', { name: 'Use a passkey' }).press('Enter')
  await other.getByRole('button', { name: 'Remove My telephone' }).waitFor({ state: 'detached' })

  // One that was removed opens nothing.
  await telephone.touch(false)
  await page.goto('/account')
  await signOut(page)
  telephone.expectRefusal(401, /^\/api\/auth\/passkeys\/login\/finish$/)
  await telephone.touch(true)
  await press(page, 'Sign in with a passkey')
  await page.getByRole('alert').getByText('This passkey is not known here').waitFor()
  telephone.calm()
  await page.context().close()

  // The console takes it as well.
  await computer.touch(false)
  await signOut(other)
  await other.goto('/console')
  await other.getByRole('button', { name: 'Sign in with a passkey' }).waitFor()
  await computer.look('console-sign-in-passkey')
  await computer.touch(true)
  await press(other, 'Sign in with a passkey')
  await other.getByRole('link', { name: 'Orders' }).first().waitFor()
  computer.calm()
  await other.context().close()
})

browserTest('what the browser writes out by itself is taken as it is', async () => {
  const { page, credentials, touch, calm } = await openDevice('desktop')
  await signUp(server.guest, 'toni@mail.example')
  await page.goto('/account/reset')
  await touch(true)
  const statuses = await page.evaluate(async () => {
    const ask = async (path: string, body: unknown) => {
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(`/api/auth/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
      return { status: answer.status, body: await answer.json() }
    }
    await ask('login', { email: 'toni@mail.example', password: 'a long enough one' })
    const toMake = PublicKeyCredential.parseCreationOptionsFromJSON((await ask('passkeys/register/start', {})).body)
    const made = (await navigator.credentials.create({ publicKey: toMake })) as PublicKeyCredential
    const added = await ask('passkeys/register/finish', made.toJSON())
    const toUse = PublicKeyCredential.parseRequestOptionsFromJSON((await ask('passkeys/login/start', {})).body)
    const used = (await navigator.credentials.get({ publicKey: toUse })) as PublicKeyCredential
    const opened = await ask('passkeys/login/finish', used.toJSON())
    return [added.status, opened.status, opened.body.user.email]
  })
  assert.deepEqual(statuses, [201, 200, 'toni@mail.example'])
  assert.equal(await credentials(), 1)
  calm()
  await page.context().close()
})

browserTest('in German, its owner gives up, and then does not', async () => {
  const visitor = await openDevice('phone', 'de-DE')
  const { page } = visitor
  await page.goto('/account/sign-in')
  await heading(page, 'Anmelden')
  await visitor.look('account-sign-in-passkey-german')
  await visitor.touch(true)
  // There is none on this device.
  await press(page, 'Mit einem Passkey anmelden')
  await page.getByRole('alert').getByText('Das wurde abgebrochen oder dauerte zu lange').waitFor()
  await visitor.look('account-passkey-given-up-german')
  await page.context().close()
})
