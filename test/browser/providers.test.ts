// Signing in by another provider on the pages of accounts, by their buttons. The server runs the config of the guide, with a provider of this
// machine in place of Google, which a test cannot reach.
// long
// ci
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { before } from 'node:test'
import { type OidcServer, oidcClient, openOidcServer } from '../support/oidc-server.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { browserTest, openVisitor, sizes, wholeFile } from './browser.ts'
import { settled } from './page-basics.ts'

const root = resolve(import.meta.dirname, '../..')
let server: ServerProcess
let google: OidcServer
/** As the server calls itself to providers: the cookie of the way is this host's alone. */
let site: string
before(async () => {
  const redirectUris: string[] = []
  google = await openOidcServer(redirectUris)
  wholeFile.after(() => google.close())
  google.hasPage = true
  // Inside the repository, where the package finds itself by its name.
  mkdirSync(join(root, '.kingpost'), { recursive: true })
  const folder = mkdtempSync(join(root, '.kingpost/providers-'))
  wholeFile.after(() => rmSync(folder, { recursive: true, force: true }))
  const config = join(folder, 'kingpost.config.ts')
  writeFileSync(config, configOfGuide())
  server = await startServer(wholeFile, { config, env: { GOOGLE_SECRET: oidcClient.clientSecret } })
  site = server.url.replace('127.0.0.1', 'localhost')
  redirectUris.push(`${site}/api/auth/oauth/google/callback`)
  await google.rotate()
})

/** As the guide has it, but for the issuer and the id of the client. */
function configOfGuide(): string {
  const guide = readFileSync(join(root, 'docs/guides/accounts.md'), 'utf8')
  const block = [...guide.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(({ 1: text }) => text!).find((text) => text.includes('google('))!
  const here = `oidc({ name: 'google', title: 'Google', issuer: '${google.issuer}', clientId: '${oidcClient.clientId}',`
  const text = block.replace(/google\(\{ clientId: '[^']+',/, here).replace('google }', 'oidc }')
  assert.ok(text.includes(here), text)
  return text
}

for (const size of sizes)
  browserTest(`somebody comes in by a provider, with the keyboard alone (${size})`, async () => {
    google.person = { sub: `ada-${size}`, email: `ada-${size}@mail.example`, email_verified: true, name: 'Ada' }
    const visitor = await openVisitor(site, { size })
    const { page } = visitor
    const heading = async (name: string) => {
      await page.getByRole('heading', { level: 1, name }).waitFor()
      await settled(page)
    }
    const come = page.getByRole('link', { name: 'Continue with Google' })

    await page.goto('/account/register')
    await come.waitFor()
    await visitor.look('provider-register')
    await page.goto('/account/sign-in')
    await heading('Sign in')
    await visitor.look('provider-sign-in')
    await come.press('Enter')
    await heading('Test provider')
    await page.getByRole('link', { name: 'No' }).press('Enter')
    await page.getByRole('alert').getByText('You have not let the provider say who you are').waitFor()
    assert.equal(new URL(page.url()).hash, '', 'what the page was told is not left in the address')
    await visitor.look('provider-refused')

    await come.press('Enter')
    await page.getByRole('button', { name: 'Yes, it is me' }).press('Enter')
    await heading('Your account')
    await page.getByText(google.person.email).waitFor()
    await page.getByText('confirmed', { exact: true }).waitFor()
    await page.getByRole('heading', { level: 2, name: 'Other ways in' }).waitFor()
    await visitor.look('provider-account')
    visitor.expectRefusal(409, /^\/api\/auth\/identities\//)
    await page.getByRole('button', { name: 'Unlink Google' }).press('Enter')
    await page.getByRole('alert').getByText('This is the only way into your account').waitFor()
    await page.getByRole('button', { name: 'Sign out', exact: true }).press('Enter')
    await heading('Sign in')
    visitor.calm()
    await page.context().close()
  })

browserTest('an account is linked from its page, and the page speaks German', async () => {
  google.person = { sub: 'grace', email: 'grace@elsewhere.example', email_verified: false, name: 'Grace' }
  const visitor = await openVisitor(site, { size: 'desktop', language: 'de-DE' })
  const { page } = visitor
  await page.goto('/account/register')
  await page.getByRole('link', { name: 'Weiter mit Google' }).press('Enter')
  await page.getByRole('button', { name: 'Yes, it is me' }).press('Enter')
  await page.getByRole('alert').getByText('Der Anbieter hat Ihre Adresse nicht bestätigt').waitFor()

  await page.goto('/account/register')
  await page.getByLabel('E-Mail').fill('grace@mail.example')
  await page.getByLabel('Passwort', { exact: true }).fill('ein langes genug')
  await page.keyboard.press('Enter')
  // Whoever is signed in there is not asked again.
  await page.getByRole('button', { name: 'Google verknüpfen' }).press('Enter')
  await page.getByRole('status').getByText('Google ist verknüpft').waitFor()
  await visitor.look('provider-linked')
  await page.getByRole('button', { name: 'Google lösen' }).press('Enter')
  await page.getByRole('button', { name: 'Google verknüpfen' }).waitFor()
  visitor.calm()
  await page.context().close()
})
