// The pages of accounts as they are without a line of a project: every flow in one tour, by keyboard, in both sizes.
// long
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { before } from 'node:test'
import type { Page } from 'playwright-core'
import { totpCode } from '../../src/domains/accounts/totp.ts'
import { eventually } from '../support/eventually.ts'
import { expectStatus, type HttpClient } from '../support/http-client.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { signInAdmin, signUp } from '../support/shop.ts'
import { browserTest, openVisitor, sizes, type Visitor, wholeFile } from './browser.ts'
import { settled } from './page-basics.ts'
import { readQrCode } from './read-qr-code.ts'

let server: ServerProcess
let admin: HttpClient
before(async () => {
  server = await startServer(wholeFile)
  admin = await signInAdmin(server)
})

const password = 'a long enough one'

/** The newest mail of its kind, once there are so many. */
async function mailTo(email: string, template: string, count = 1): Promise<string> {
  return await eventually(`${template} for ${email}`, async () => {
    const mails = await admin.all(`/api/emails?filter[to]=${email}&filter[template]=${template}&sort=-createdAt`)
    return mails.length >= count && mails[0].status === 'captured' ? (mails[0].text as string) : undefined
  })
}

function linkIn(text: string): string {
  const { pathname, hash } = new URL(/http\S+#token=\S+/.exec(text)![0])
  return pathname + hash
}

/** Types into what has the focus, field after field, and sends it. */
async function type(page: Page, ...texts: readonly string[]): Promise<void> {
  for (const [index, text] of texts.entries()) {
    await page.keyboard.insertText(text)
    if (index < texts.length - 1) await page.keyboard.press('Tab')
  }
  await page.keyboard.press('Enter')
}

for (const size of sizes)
  browserTest(`somebody registers and finds a way in by each mail, with the keyboard alone (${size})`, async () => {
    const email = `ada-${size}@mail.example`
    const visitor = await openVisitor(server.url, { size })
    const { page } = visitor
    const heading = async (name: string) => {
      await page.getByRole('heading', { level: 1, name }).waitFor()
      await settled(page)
    }
    const signOut = async () => {
      await page.getByRole('button', { name: 'Sign out', exact: true }).press('Enter')
      await heading('Sign in')
    }

    await page.goto('/account')
    await heading('Sign in')
    await visitor.look('account-sign-in')
    await page.getByRole('link', { name: 'Create an account' }).press('Enter')
    await heading('Create an account')
    await visitor.look('account-register')
    await page.getByLabel('Name').focus()
    await type(page, 'Ada', email, password)
    await heading('Your account')
    await page.getByText('not confirmed yet').waitFor()
    await visitor.look('account-home')

    const verifyLink = linkIn(await mailTo(email, 'account_verify'))
    await page.goto(verifyLink)
    await heading('Confirm your address')
    assert.equal(new URL(page.url()).hash, '', 'the token is not left in the address')
    await visitor.look('account-verify')
    await page.getByRole('button', { name: 'Confirm my address' }).press('Enter')
    await heading('Your address is confirmed')
    await page.getByRole('link', { name: 'To your account' }).press('Enter')
    await page.getByText('confirmed', { exact: true }).waitFor()
    await signOut()

    await page.getByRole('link', { name: 'Send me a link' }).press('Enter')
    await heading('Sign in by a link')
    await page.getByLabel('E-mail').focus()
    await type(page, email)
    await heading('Look into your mail')
    await visitor.look('account-mail-sent')
    await page.goto(linkIn(await mailTo(email, 'account_magic')))
    await page.getByText('You came here by the link of a mail').waitFor()
    await page.getByRole('button', { name: 'Sign in', exact: true }).press('Enter')
    await heading('Your account')
    await signOut()

    await page.goto('/account/code?next=%2F%2Fevil.example')
    await heading('Sign in by a code')
    await page.getByLabel('E-mail').focus()
    await type(page, email)
    await page.getByLabel('Code').waitFor()
    await visitor.look('account-code')
    const code = /\b\d{6}\b/.exec(await mailTo(email, 'account_code'))![0]
    visitor.expectRefusal(401, /^\/api\/auth\/code\/confirm$/)
    await page.getByLabel('Code').focus()
    await type(page, code === '000000' ? '000001' : '000000')
    await page.getByRole('alert').getByText('This code is wrong').waitFor()
    await page.getByLabel('Code').fill('')
    await page.getByLabel('Code').focus()
    await type(page, code)
    await heading('Your account')
    assert.equal(new URL(page.url()).pathname, '/account', 'nobody is sent to another site')
    await signOut()

    await page.getByRole('link', { name: 'Forgotten your password?' }).press('Enter')
    await heading('Forgotten password')
    await page.getByLabel('E-mail').focus()
    await type(page, email)
    await heading('Look into your mail')
    await page.goto(linkIn(await mailTo(email, 'account_reset')))
    await heading('Set a new password')
    visitor.expectRefusal(400, /^\/api\/auth\/reset\/confirm$/)
    await page.getByLabel('New password').focus()
    await type(page, 'password1')
    await page.getByText('Too easy').waitFor()
    await visitor.look('account-reset')
    await page.getByLabel('New password').fill('quite another one')
    await page.keyboard.press('Enter')
    await heading('Your password is set')
    await page.getByRole('link', { name: 'Sign in' }).press('Enter')
    await heading('Sign in')
    visitor.expectRefusal(401, /^\/api\/auth\/login$/)
    await page.getByLabel('E-mail').focus()
    await page.keyboard.insertText(email)
    await page.getByLabel('Password', { exact: true }).focus()
    await type(page, password)
    await page.getByRole('alert').getByText('E-mail or password is wrong').waitFor()
    await visitor.look('account-sign-in-wrong')
    await page.getByLabel('Password', { exact: true }).fill('quite another one')
    await page.keyboard.press('Enter')
    await heading('Your account')
    visitor.calm()
    await page.context().close()
  })

/** As if everybody had signed in an hour ago: a clock that is moved runs all that is due until then. */
function ageProofs(): void {
  const database = new DatabaseSync(join(server.dataFolder, 'kingpost.db'), { timeout: 5_000 })
  database.exec('UPDATE sessions SET "provenAt" = "provenAt" - 3600000')
  database.close()
}

browserTest('in German, an address moves after a fresh proof and comes back, and other sessions are ended', async () => {
  const visitor = await openVisitor(server.url, { size: 'phone', language: 'de-AT' })
  const { page } = visitor
  const heading = async (name: string) => {
    await page.getByRole('heading', { level: 1, name }).waitFor()
    await settled(page)
  }
  await signUp(server.guest, 'grete@mail.example')
  const link = linkIn(await mailTo('grete@mail.example', 'account_verify'))
  await page.goto(link)
  assert.equal(await page.locator('html').getAttribute('lang'), 'de')
  const confirm = async (text: string) => {
    await page.getByLabel('Passwort', { exact: true }).focus()
    await type(page, text)
  }
  visitor.expectRefusal(400, /^\/api\/auth\/verify$/)
  await confirm('not the password')
  await page.getByText('Das ist nicht das Passwort.').waitFor()
  await visitor.look('account-verify-german')
  await page.getByLabel('Passwort', { exact: true }).fill('')
  await confirm(password)
  await heading('Ihre Adresse ist bestätigt')
  await page.goto(link)
  visitor.expectRefusal(403, /^\/api\/auth\/(?:verify|email)$/)
  await confirm(password)
  await page.getByRole('alert').getByText('Dieser Link ist verbraucht').waitFor()
  await visitor.look('account-link-used-german')

  await page.goto('/account/sign-in?next=/account%3Ffrom%3Dhere')
  await page.getByLabel('E-Mail').focus()
  await page.keyboard.insertText('grete@mail.example')
  await page.getByLabel('Passwort', { exact: true }).focus()
  await type(page, password)
  await heading('Ihr Konto')
  assert.equal(new URL(page.url()).search, '?from=here')
  await page.getByRole('button', { name: 'Überall sonst abmelden' }).waitFor()
  await visitor.look('account-home-german')
  await page.getByRole('button', { name: 'Überall sonst abmelden' }).press('Enter')
  await page.getByText('Sie sind überall sonst abgemeldet.').waitFor()

  ageProofs()
  await page.waitForTimeout(1_100)
  await page.getByText('E-Mail ändern').press('Enter')
  await page.getByLabel('Neue E-Mail').focus()
  await type(page, 'greta@mail.example')
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Passwort', { exact: true }).waitFor()
  const pictures = process.env['BROWSER_PICTURES']
  if (pictures) await page.screenshot({ path: join(pictures, 'account-proof-german.png') })
  await dialog.getByLabel('Passwort', { exact: true }).focus()
  await type(page, password)
  await page.getByText('Wir haben an greta@mail.example geschrieben').waitFor()
  await page.goto('/account')
  await page.getByRole('button', { name: 'Abmelden', exact: true }).press('Enter')
  await heading('Anmelden')
  await page.goto(linkIn(await mailTo('greta@mail.example', 'account_change_email')))
  await page.getByText('Melden Sie sich in dem Konto an, das umziehen soll.').waitFor()
  await visitor.look('account-move-guest-german')
  await page.getByRole('button', { name: 'Anmelden' }).press('Enter')
  await heading('Anmelden')
  await page.getByLabel('E-Mail').focus()
  await page.keyboard.insertText('grete@mail.example')
  await page.getByLabel('Passwort', { exact: true }).focus()
  await type(page, password)
  await page.getByText('Das Konto, in dem Sie angemeldet sind, grete@mail.example').waitFor()
  await page.getByRole('button', { name: 'Adresse bestätigen' }).press('Enter')
  await heading('Ihre Adresse ist geändert')
  await page.goto(linkIn(await mailTo('grete@mail.example', 'account_email_changed')))
  await heading('Holen Sie Ihre Adresse zurück')
  await visitor.look('account-undo-german')
  await page.getByRole('button', { name: 'Zurückholen' }).press('Enter')
  await heading('Die Adresse ist wieder Ihre')
  visitor.calm()
  await page.context().close()
})

browserTest('an authenticator app is set up, asked for at the next sign-in, and a recovery code takes its place', async () => {
  const visitor = await openVisitor(server.url, { size: 'phone', isDark: true })
  const { page } = visitor
  const email = 'eve@mail.example'
  await signUp(server.guest, email)
  const signIn = async () => {
    await page.goto('/account/sign-in')
    await page.getByLabel('E-mail').fill(email)
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.keyboard.press('Enter')
  }
  await signIn()
  await page.getByRole('button', { name: 'Set up an app' }).press('Enter')
  const secret = ((await page.locator('.sheet-secret').textContent()) ?? '').replaceAll(/\s/g, '')
  await visitor.look('account-enrol')
  // What a telephone would read off the screen is the same key, and what the server checks by.
  const read = new URL(await readQrCode(page.getByRole('img', { name: /^QR code/ })))
  assert.equal(`${read.protocol}//${read.host}`, 'otpauth://totp')
  assert.equal(decodeURIComponent(read.pathname), `/Test shop:${email}`)
  assert.equal(read.searchParams.get('secret'), secret)
  // A code works once, and the clocks of telephones may be a step off: the next one is for the sign-in.
  const codeOf = (off: number) => totpCode(read.searchParams.get('secret')!, Math.floor(Date.now() / 30_000) + off)
  await page.getByLabel('Code of the app').fill(codeOf(0))
  await page.keyboard.press('Enter')
  const recovery = await page.locator('.sheet-codes code').first().textContent()
  await visitor.look('account-recovery-codes')
  await keepCodes(visitor)
  for (const codeNow of [() => codeOf(1), () => recovery ?? '']) {
    await page.getByRole('button', { name: 'Sign out', exact: true }).press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor()
    await signIn()
    await page.getByRole('heading', { level: 1, name: 'Second step' }).waitFor()
    await visitor.look('account-second-factor')
    await page.getByLabel('Code').fill(codeNow())
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Your account' }).waitFor()
  }
  await page.getByText('9 recovery codes are left').waitFor()
  visitor.calm()
  await page.context().close()
})

/** Copies, downloads and prints the codes that are shown, and says so: until then the page is not left without a question. */
async function keepCodes({ page }: Visitor): Promise<void> {
  const shown = await page.locator('.sheet-codes code').allTextContents()
  assert.equal(shown.length, 10)
  assert.equal(await page.getByRole('button', { name: 'New recovery codes' }).count(), 0, 'nothing else is at hand')
  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Download', exact: true }).press('Enter')
  const file = await download
  assert.equal(file.suggestedFilename(), 'recovery-codes.txt')
  const text = readFileSync(await file.path(), 'utf8')
  for (const code of shown) assert.ok(text.includes(code))
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.getByRole('button', { name: 'Copy' }).press('Enter')
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), text)
  await page.emulateMedia({ media: 'print' })
  assert.deepEqual(await page.locator('.sheet-codes code').allInnerTexts(), shown)
  assert.equal(await page.getByRole('button', { name: 'Sign out', exact: true }).isVisible(), false)
  await page.emulateMedia({ media: null })
  const asked = page.waitForEvent('dialog')
  const left = page.evaluate(() => location.reload())
  const question = await asked
  assert.equal(question.type(), 'beforeunload')
  await question.dismiss()
  await left
  await page.getByRole('button', { name: 'I have kept these codes' }).press('Enter')
  await page.locator('.sheet-codes').waitFor({ state: 'detached' })
}

browserTest('the console asks for a fresh proof where the server wants one, and goes on', async () => {
  const visitor = await openVisitor(server.url, { size: 'desktop', isDark: true })
  const { page } = visitor
  await page.goto('/console')
  await page.getByRole('link', { name: 'Forgotten your password?' }).waitFor()
  await page.getByLabel('E-mail').fill('admin@shop.example')
  await page.getByLabel('Password').fill('correct horse battery')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('link', { name: 'Orders' }).first().waitFor()
  ageProofs()
  await page.waitForTimeout(1_100)
  visitor.expectRefusal(403, /^\/api\/auth\/email$/)
  visitor.expectRefusal(400, /^\/api\/auth\/prove$/)
  const asked = page.evaluate(async () => {
    const { src } = document.querySelector<HTMLScriptElement>('script[type=module]')!
    const { client } = await import(src.replace('main.ts', 'client.ts'))
    return await client.call('POST', '/api/auth/email', { body: { email: 'boss@shop.example' } })
  })
  const field = page.getByRole('dialog').getByLabel('Password', { exact: true })
  await field.fill('not the password')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').getByText('This is not the password.').waitFor()
  await visitor.look('console-proof')
  await field.fill('correct horse battery')
  await page.keyboard.press('Enter')
  assert.deepEqual(await asked, { email: 'boss@shop.example' })
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  visitor.calm()
  await page.context().close()
})

browserTest('what a guest has in the cart comes along at a sign-in on our page', async () => {
  const visitor = await openVisitor(server.url, { size: 'phone' })
  const { page } = visitor
  const customer = await signUp(server.guest, 'cora@mail.example')
  await page.goto('/account/sign-in')
  const cart = await page.evaluate(async () => {
    const answer = await fetch('/api/carts', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
    const { id, token } = await answer.json()
    localStorage.setItem('kingpost.cart', JSON.stringify({ id, token }))
    return id as string
  })
  await page.reload()
  await page.getByLabel('E-mail').fill('cora@mail.example')
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Your account' }).waitFor()
  expectStatus(await customer.get(`/api/carts/${cart}`), 200)
  visitor.calm()
  await page.context().close()
})

browserTest('nothing of the pages comes from elsewhere, and no frame shows them', async () => {
  for (const path of ['/account', '/account/reset']) {
    const { headers } = expectStatus(await server.guest.get(path), 200)
    const policy = headers.get('content-security-policy') ?? ''
    assert.match(policy, /default-src 'self';.*style-src 'self';.*frame-ancestors 'none'/)
    assert.doesNotMatch(policy, /unsafe|https?:/)
  }
  expectStatus(await server.guest.get('/account/orders'), 404)
})

for (const size of sizes)
  browserTest(
    `somebody takes their data along, deletes the account and keeps it after all, with the keyboard alone (${size})`,
    async () => {
      const email = `leaver-${size}@mail.example`
      await signUp(server.guest, email)
      const visitor = await openVisitor(server.url, { size })
      const { page } = visitor
      const heading = async (name: string) => {
        await page.getByRole('heading', { level: 1, name }).waitFor()
        await settled(page)
      }
      await page.goto('/account')
      await heading('Sign in')
      await page.getByLabel('E-mail').focus()
      await type(page, email)
      await page.getByLabel('Password', { exact: true }).focus()
      await type(page, password)
      await heading('Your account')
      await page.getByRole('button', { name: 'Gather my data' }).press('Enter')
      await page.getByText('It is ready until').waitFor()
      const download = page.waitForEvent('download')
      await page.getByRole('button', { name: 'Download', exact: true }).press('Enter')
      assert.equal((await download).suggestedFilename(), 'my-data.zip')
      await page.getByText('Delete the account', { exact: true }).focus()
      await page.keyboard.press('Enter')
      await page.getByText('Orders stay in the books').waitFor()
      await visitor.look('account-your-data')
      await page.getByRole('button', { name: 'Delete my account' }).press('Enter')
      await heading('Your account is closed')
      await visitor.look('account-closed')
      await page.goto(linkIn(await mailTo(email, 'account_erasure')))
      await heading('Keep your account')
      await page.getByRole('button', { name: 'Keep my account' }).press('Enter')
      await heading('Your account stays')
      visitor.calm()
      await page.context().close()
    },
  )
