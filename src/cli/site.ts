// The folders that a server shows: the console, the client library for pages, and the project's own pages.
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { policyWith } from '../http/content-security-policy.ts'
import type { StaticMount } from '../http/static-files.ts'
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
export const elsewhere: readonly string[] = [...takenPaths, 'client', 'console']

export function pagesFolder({ config, folder }: LoadedConfig): string | null {
  return config.storefront === undefined ? null : resolve(folder, config.storefront)
}

/** `faults`: what is wrong with the project's pages, which they are to show. */
export function mountsOf(loaded: LoadedConfig, faults: string | null): StaticMount[] {
  const htm = fileURLToPath(import.meta.resolve('htm/preact/standalone'))
  const folder = pagesFolder(loaded)
  const own: StaticMount[] = [
    { at: '/console', folder: join(root, 'console'), isApp: true, isVersioned: true, extra: { 'vendor/htm-preact.js': htm } },
    { at: '/client', folder: join(root, isPackage ? 'browser/client' : 'client/src') },
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
