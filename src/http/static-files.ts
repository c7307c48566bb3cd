// Static folders: the storefront, the console, the client. Files are read once and kept; TypeScript is
// served with its types stripped, so a front end needs no build. Only names found by listing the folder
// are ever served: a path is looked up, never joined to the disk.
// A file is asked for again each time and answered 304, so that a deploy is seen at once; one whose name holds
// a hash of its content is kept for good, and so is every file below an address that holds one of its folder.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { extname, join, relative, sep } from 'node:path'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { placeOfSyntax } from '../base/place.ts'
import { escapeHtml } from '../base/text.ts'
import { contentSecurityPolicy } from './content-security-policy.ts'
import { createResource, type Resource, sendResource } from './resource.ts'

export type StaticMount = {
  /** `/` or `/console`: where the folder appears. */
  readonly at: string
  readonly folder?: string
  /** Pages of an app with its own router answer index.html. */
  readonly isApp?: boolean
  /** First parts of addresses that belong to others, also where those are not there: an app answers none of them. */
  readonly except?: readonly string[]
  /** Its pages load it by an address that changes with its content. For folders whose references are relative. */
  readonly isVersioned?: boolean
  readonly contentSecurityPolicy?: string
  /** What packages that its TypeScript imports by name are to a browser: `kingpost/client` -> `/client/index.ts`. */
  readonly packages?: Readonly<Record<string, string>>
  /** A text for people, shown at the end of each of its pages. */
  readonly notice?: string
  /** More files under names of their own, unless the folder has them: `vendor/htm.js` -> a path on disk. */
  readonly extra?: Readonly<Record<string, string>>
  /** Texts that are in no folder, by their names. */
  readonly texts?: Readonly<Record<string, string>>
  /** Addresses below it that answer index.html, where it is not an app that answers all; `''` is its own. */
  readonly pages?: readonly string[]
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.ts': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.ico': 'image/x-icon',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
}

export type StaticSite = {
  /** Whether the path is one of a mount's files or pages. */
  has(path: string): boolean
  /** Answers such a path. */
  serve(path: string, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply>
  /** A page with its references into versioned mounts under their version: what it loads is kept for good. */
  versioned(page: string): string
}

type Found = { readonly mount: LoadedMount; readonly name: string; readonly isForGood: boolean }

/** @throws Error naming a folder that cannot be read */
export function createStaticSite(mounts: readonly StaticMount[]): StaticSite {
  const loaded = mounts.toSorted((a, b) => b.at.length - a.at.length).map(loadMount)

  function find(path: string): Found | null {
    for (const mount of loaded) {
      const found = findIn(mount, path)
      if (found) return found
    }
    return null
  }
  function versioned(page: string): string {
    return loaded.reduce(
      (text, { source, version }) =>
        version === null ? text : text.replaceAll(`="${source.at}/`, () => `="${source.at}/${versionMark}${version}/`),
      page,
    )
  }

  return {
    has: (path) => find(path) !== null,
    versioned,
    async serve(path, request, reply) {
      const { mount, name, isForGood } = find(path)!
      reply.headers({
        'cache-control': isForGood ? 'public, max-age=31536000, immutable' : 'no-cache',
        'content-security-policy': mount.source.contentSecurityPolicy ?? contentSecurityPolicy,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'same-origin',
      })
      return await sendResource(load(mount, name, versioned), request, reply)
    },
  }
}

/** Begins the part of an address that says which version of a folder is meant. No file name of a mount begins so. */
const versionMark = '~'

type LoadedMount = {
  readonly source: StaticMount
  readonly paths: ReadonlyMap<string, string>
  readonly cache: Map<string, Resource>
  /** A hash of all that is in it. */
  readonly version: string | null
}

function loadMount(source: StaticMount): LoadedMount {
  const paths = listFiles(source)
  return { source, paths, cache: new Map(), version: source.isVersioned ? versionOf(source, paths) : null }
}

function versionOf(source: StaticMount, paths: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256')
  for (const name of [...paths.keys()].toSorted())
    hash
      .update(name)
      .update('\0')
      .update(contentOf(source, paths, name))
  return hash.digest('base64url').slice(0, 12)
}

function findIn(mount: LoadedMount, path: string): Found | null {
  const { source, paths, version } = mount
  const base = source.at === '/' ? '/' : `${source.at}/`
  if (path !== source.at && !path.startsWith(base)) return null
  const given = path === source.at ? '' : path.slice(base.length)
  if (source.except?.includes(given.split('/', 1)[0]!)) return null
  const [, named, rest] = (version !== null && /^~([^/]+)\/(.+)$/.exec(given)) || []
  const name = rest ?? given
  if (paths.has(name)) return { mount, name, isForGood: named === undefined ? hasHash(name) : named === version }
  if (named !== undefined || extname(name) !== '') return null
  const isPage = source.pages?.includes(name) ?? (name === '' || source.isApp === true)
  // A project of many pages names them by their addresses; ours are named in one place each.
  const ofTheirName = version === null ? [`${name}.html`, `${name}/index.html`] : []
  const page = [...ofTheirName, ...(isPage ? ['index.html'] : [])].find((one) => paths.has(one))
  return page === undefined ? null : { mount, name: page, isForGood: false }
}

function contentOf({ texts = {} }: StaticMount, paths: ReadonlyMap<string, string>, name: string): string | Buffer {
  return Object.hasOwn(texts, name) ? texts[name]! : readFileSync(paths.get(name)!)
}

/**
 * Whether a bundler put a hash of the content before the ending: `app-3f9a81bc.js`, `main.BwQ7f3aD.css`. It must
 * have a digit and a letter, and be hexadecimal or mix cases: a word or a date is none.
 */
function hasHash(name: string): boolean {
  const hash = /[.-]([\w-]{8,64})\.\w+$/.exec(name)?.[1]?.split('-').at(-1)
  if (hash === undefined || hash.length < 8 || !/\d/.test(hash)) return false
  return /^(?=.*[a-f])[0-9a-f]+$/.test(hash) || (/[a-z]/.test(hash) && /[A-Z]/.test(hash))
}

function listFiles(mount: StaticMount): Map<string, string> {
  const paths = new Map<string, string>()
  if (mount.folder !== undefined) listFolder(realpathSync(mount.folder), paths)
  const more = { ...mount.extra, ...Object.fromEntries(Object.keys(mount.texts ?? {}).map((name) => [name, name])) }
  for (const [name, path] of Object.entries(more)) if (!paths.has(name)) paths.set(name, path)
  return paths
}

function listFolder(root: string, paths: Map<string, string>): void {
  for (const entry of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    const path = join(root, entry)
    const name = relative(root, path).split(sep).join('/')
    const isServed =
      types[extname(name)] !== undefined && !name.endsWith('.test.ts') && !name.endsWith('.d.ts') && !/(^|\/)(\.|tsconfig)/.test(name)
    if (isServed && statSync(path).isFile() && realpathSync(path).startsWith(root + sep)) paths.set(name, path)
  }
}

function load({ source, paths, cache, version }: LoadedMount, name: string, versioned: (page: string) => string): Resource {
  const known = cache.get(name)
  if (known) return known
  const raw = contentOf(source, paths, name)
  const isOurPage = version !== null && name === 'index.html'
  const isNoticed = source.notice !== undefined && extname(name) === '.html'
  const content =
    extname(name) === '.ts'
      ? asJavaScript(raw.toString(), paths.get(name)!, source)
      : isOurPage
        ? versioned(raw.toString())
        : isNoticed
          ? raw + noticeOf(source.notice)
          : raw
  const resource = createResource(types[extname(paths.get(name)!)] ?? types[extname(name)]!, content)
  cache.set(name, resource)
  return resource
}

/** Without a script, which the page's policy may forbid. What follows the end of a page stands in its body. */
function noticeOf(text: string): string {
  const style =
    'position:fixed;inset:auto 0 0 0;z-index:2147483647;margin:0;padding:1rem;overflow:auto;max-height:60vh;background:#8b1a1a;color:#fff;font:14px/1.5 monospace;white-space:pre-wrap'
  return `\n<pre role="alert" style="${style}">${escapeHtml(text)}</pre>\n`
}

/** An editor and a test know a package by its name, and a browser by an address. @throws Error that names the file and the line */
function asJavaScript(text: string, path: string, { packages = {} }: StaticMount): string {
  return stripped(text, path).replaceAll(
    /\b(from|import)(\s*\(?\s*)(['"])([@\w/-]+)\3/g,
    (whole, word: string, gap: string, quote: string, name: string) =>
      Object.hasOwn(packages, name) ? `${word}${gap}${quote}${packages[name]}${quote}` : whole,
  )
}

function stripped(text: string, path: string): string {
  try {
    return stripTypeScriptTypes(text)
  } catch (error) {
    const { message, stack } = error as Error
    throw new Error(`${placeOfSyntax(`${path}${stack}`) ?? path}: ${message}`, { cause: error })
  }
}
