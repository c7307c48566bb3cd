// Static folders: the storefront, the console, the client. Files are read once and kept; TypeScript is
// served with its types stripped, so a front end needs no build. Only names found by listing the folder
// are ever served: a path is looked up, never joined to the disk.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { extname, join, relative, sep } from 'node:path'
import type { FastifyReply } from 'fastify'

export type StaticMount = {
  /** `/` or `/console`: where the folder appears. */
  readonly at: string
  readonly folder: string
  /** Pages of an app with its own router answer index.html. */
  readonly isApp?: boolean
  /** More files under names of their own: `vendor/htm.js` -> a path on disk. */
  readonly extra?: Readonly<Record<string, string>>
}

type StaticFile = { readonly type: string; readonly etag: string; readonly body: Buffer }

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.ts': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
}

/** Nothing from elsewhere, no inline script. */
export const contentSecurityPolicy =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-src 'self' blob: data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"

export type StaticSite = {
  /** Answers when the path is one of a mount's files or pages. */
  serve(path: string, reply: FastifyReply, ifNoneMatch: string | undefined): boolean
}

/** @throws Error naming a folder that cannot be read */
export function createStaticSite(mounts: readonly StaticMount[]): StaticSite {
  const ordered = mounts.toSorted((a, b) => b.at.length - a.at.length)
  const loaded = ordered.map((mount) => ({ mount, paths: listFiles(mount), cache: new Map<string, StaticFile>() }))

  return {
    serve(path, reply, ifNoneMatch) {
      for (const { mount, paths, cache } of loaded) {
        const base = mount.at === '/' ? '/' : `${mount.at}/`
        if (path !== mount.at && !path.startsWith(base)) continue
        const name = path === mount.at ? '' : path.slice(base.length)
        const isPage = extname(name) === ''
        const found = paths.has(name) ? name : isPage && (name === '' || mount.isApp) ? 'index.html' : undefined
        if (found === undefined || !paths.has(found)) continue
        send(load(paths.get(found)!, found, cache), reply, ifNoneMatch)
        return true
      }
      return false
    },
  }
}

function listFiles(mount: StaticMount): Map<string, string> {
  const root = realpathSync(mount.folder)
  const paths = new Map<string, string>()
  for (const entry of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    const path = join(root, entry)
    const name = relative(root, path).split(sep).join('/')
    const isServed =
      types[extname(name)] !== undefined && !name.endsWith('.test.ts') && !name.endsWith('.d.ts') && !/(^|\/)(\.|tsconfig)/.test(name)
    if (isServed && statSync(path).isFile() && realpathSync(path).startsWith(root + sep)) paths.set(name, path)
  }
  for (const [name, path] of Object.entries(mount.extra ?? {})) paths.set(name, path)
  return paths
}

function load(path: string, name: string, cache: Map<string, StaticFile>): StaticFile {
  const known = cache.get(name)
  if (known) return known
  const raw = readFileSync(path)
  const body = extname(name) === '.ts' ? Buffer.from(stripTypeScriptTypes(raw.toString())) : raw
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  const file = { type: types[extname(name)]!, etag, body }
  cache.set(name, file)
  return file
}

function send(file: StaticFile, reply: FastifyReply, ifNoneMatch: string | undefined): void {
  reply.headers({
    'content-type': file.type,
    etag: file.etag,
    // Always asked again, and answered 304: a deploy is seen at once without versioned names.
    'cache-control': 'no-cache',
    'content-security-policy': contentSecurityPolicy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
  })
  if (ifNoneMatch === file.etag) reply.code(304).send()
  else reply.send(file.body)
}
