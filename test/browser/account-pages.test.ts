// The pages of accounts as they are without a line of a project: every flow in one tour, by keyboard, in both sizes.
// long
import assert from 'node:assert/strict'
import { before } from 'node:test'
import type { Page } from 'playwright-core'
import { eventually } from '../support/eventually.ts'
import type { HttpClient } from '../support/http-client.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { signInAdmin } from '../support/shop.ts'
import { browserTest, openVisitor, sizes, wholeFile } from './browser.ts'

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
    const heading = (name: string) => page.getByRole('heading', { level: 1, name }).waitFor()
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
    await page.getByRole('button', { name: 'Sign in' }).press('Enter')
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
