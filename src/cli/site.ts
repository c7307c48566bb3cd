// The folders that a server shows: the console, the client library for pages, the pages of accounts, and the project's own.
import { existsSync, readFileSync } from 'node:fs'
import { extname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { limits } from '../base/limits.ts'
import { escapeHtml } from '../base/text.ts'
import { type AccountPage, accountPages } from '../config/account-pages.ts'
import { passwordPagePolicy, policyWith } from '../http/content-security-policy.ts'
import type { StaticMount } from '../http/static-files.ts'
import { accountTheme } from './account-theme.ts'
import type { LoadedConfig } from './load-config.ts'
import { providerPaths } from './payment-providers.ts'
import { isPackage, root } from './version.ts'

/** What a page imports by name, and where a browser finds it. */
export const pagePackages: Readonly<Record<string, string>> = {
  'kingpost/client': '/client/index.ts',
  'kingpost/client/react': '/client/react.ts',
}

/** First parts of addresses that are never the project's. */
const takenPaths: readonly string[] = ['api', ...providerPaths]

/** First parts of addresses below which a page finds what is not its own. */
export const elsewhere: readonly string[] = [...takenPaths, 'account', 'client', 'console']

export function pagesFolder({ config, folder }: LoadedConfig): string | null {
  return config.storefront === undefined ? null : resolve(folder, config.storefront)
}

/** `faults`: what is wrong with the project's pages, which they are to show. */
export function mountsOf(loaded: LoadedConfig, faults: string | null): StaticMount[] {
  const packageFile = (name: string) => fileURLToPath(import.meta.resolve(name))
  const vendor = { 'vendor/htm-preact.js': packageFile('htm/preact/standalone'), 'vendor/uqr.js': packageFile('uqr') }
  const folder = pagesFolder(loaded)
  const own: StaticMount[] = [
    { at: '/console', folder: join(root, 'console'), isApp: true, isVersioned: true, extra: vendor },
    { at: '/client', folder: join(root, isPackage ? 'browser/client' : 'client/src') },
    ...accountMounts(loaded),
  ]
  if (folder === null) return own
  return [
    ...own,
    {
      at: '/',
      folder,
      isApp: true,
      except: takenPaths,
      packages: pagePackages,
      // Browsers ask for it by themselves.
      extra: { 'favicon.ico': join(root, 'console/favicon.svg') },
      contentSecurityPolicy: policyWith(loaded.config.http?.contentSecurityPolicy ?? {}),
      ...(faults === null ? {} : { notice: faults }),
    },
  ]
}

/** One page with all of them in it, by its address; what it loads is the console's. */
function accountMounts(loaded: LoadedConfig): StaticMount[] {
  const { name, accounts = {} } = loaded.config
  const pages = accountPages.filter((page) => !isOwnPage(loaded, page)).map((page) => page.slice('/account/'.length))
  if (pages.length === 0) return []
  const logo = accounts.logo === undefined ? undefined : resolve(loaded.folder, accounts.logo)
  const logoName = logo === undefined ? '' : `logo${extname(logo).toLowerCase()}`
  const page = readFileSync(join(root, 'console/account.html'), 'utf8')
    .replaceAll('{{name}}', () => escapeHtml(name))
    .replace('{{logo}}', logoName && `/account/${logoName}`)
    .replace('{{passwordMin}}', String(accounts.passwords?.min ?? limits.passwordCharactersMin))
    .replace('{{mustVerify}}', accounts.requireVerifiedEmail ? 'yes' : '')
    .replace('{{providers}}', () => escapeHtml(JSON.stringify((accounts.providers ?? []).map(({ name, title }) => ({ name, title })))))
  return [
    {
      at: '/account',
      pages,
      texts: { 'index.html': page, 'theme.css': accountTheme(accounts) },
      ...(logo === undefined ? {} : { extra: { [logoName]: logo } }),
      isVersioned: true,
      contentSecurityPolicy: passwordPagePolicy,
    },
  ]
}

/** Said so, or a file of the storefront that is found by this address. */
function isOwnPage(loaded: LoadedConfig, page: AccountPage): boolean {
  const { pages } = loaded.config.accounts ?? {}
  const folder = pagesFolder(loaded)
  if (pages === false || pages?.own.includes(page)) return true
  return folder !== null && [`${page}.html`, `${page}/index.html`].some((file) => existsSync(join(folder, file)))
}
