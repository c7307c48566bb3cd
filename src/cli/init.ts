// `kingpost init FOLDER`: a project of one's own, from a template. It asks nothing, writes into a folder of its own alone, and
// ends with the next command to type. The templates are files of this package as they are; only package.json is completed.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { nearest } from '../base/nearest.ts'
import { type ProcessSettings, UsageError } from './settings.ts'
import { isPackage, root, version } from './version.ts'

const templates: Readonly<Record<string, string>> = {
  shop: 'A shop with four books, a page that sells them, and reviews',
  app: 'An app where each account has tasks of its own, on a page that follows them live',
  blank: 'A backend with nothing in it',
}

export async function init(settings: ProcessSettings): Promise<number> {
  const [given, ...more] = settings.rest
  const names = Object.keys(templates)
  if (given === undefined || more.length > 0) throw new UsageError(`Type: kingpost init FOLDER [--template ${names.join(' | ')}]`)
  const template = settings.template ?? 'shop'
  if (!Object.hasOwn(templates, template))
    throw new UsageError(`There is no template "${template}"${nearest(template, names) || '.'} There are ${names.join(', ')}.`)
  const folder = resolve(given)
  if (!isFree(folder))
    throw new Error(`${folder} is there and not an empty folder. Name a folder that is not there yet: kingpost init ${basename(folder)}-2`)
  writeProject(folder, template)
  const steps = [...(folder === process.cwd() ? [] : [`cd ${quoted(given)}`]), ...(canResolve(folder) ? [] : ['npm install']), 'npm start']
  process.stdout.write(`${templates[template]}: ${given}. Its README.md tells what is where. Next, type:\n\n  ${steps.join(' && ')}\n`)
  return 0
}

function isFree(folder: string): boolean {
  const found = statSync(folder, { throwIfNoEntry: false })
  return found === undefined || (found.isDirectory() && readdirSync(folder).length === 0)
}

/** As a shell takes it for one word. */
function quoted(path: string): string {
  return /^[\w./\\:-]+$/.test(path) ? path : `"${path}"`
}

function writeProject(folder: string, template: string): void {
  mkdirSync(folder, { recursive: true })
  for (const part of ['project', template]) cpSync(join(root, 'templates', part), folder, { recursive: true })
  // npm packs no file of this name as it is.
  renameSync(join(folder, 'gitignore'), join(folder, '.gitignore'))
  const path = join(folder, 'package.json')
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Readonly<Record<string, unknown>>
  const own = ownNode()
  const completed = {
    ...manifest,
    name: packageName(folder),
    dependencies: { kingpost: versionFor(folder) },
    ...(own === null ? {} : { optionalDependencies: own }),
  }
  writeFileSync(path, `${JSON.stringify(completed, null, 2)}\n`)
}

/** npm's rules: lower case, and nothing that means something in an address. */
function packageName(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return name === '' || name === 'kingpost' ? 'my-backend' : name
}

/** The same Kingpost as this one: its version, or the packed file that it came from, or this clone. */
function versionFor(folder: string): string {
  const fileIn = (place: string) => `file:${relative(folder, place).split(sep).join('/')}`
  if (!isPackage) return fileIn(root)
  const host = dirname(dirname(dirname(root)))
  const manifest = join(host, 'package.json')
  if (!existsSync(manifest)) return version
  const { dependencies = {} } = JSON.parse(readFileSync(manifest, 'utf8')) as { dependencies?: Readonly<Record<string, string>> }
  const spec = dependencies['kingpost']
  return spec?.startsWith('file:') ? fileIn(resolve(host, spec.slice('file:'.length))) : version
}

/** Where the machine's Node is too old this one came from npm: then the project has it, too. */
function ownNode(): Readonly<Record<string, string>> | null {
  const [, place, name] = /^(.*[\\/]node_modules[\\/](node-[\w-]+))[\\/]/.exec(process.execPath) ?? []
  if (place === undefined || name === undefined || !isPackage) return null
  const manifest = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')) as { version: string }
  return { [name]: manifest.version }
}

/** Whether the project finds Kingpost as it stands: in a folder above it. */
function canResolve(folder: string): boolean {
  try {
    createRequire(join(folder, 'kingpost.config.ts')).resolve('kingpost')
    return true
  } catch {
    return false
  }
}
