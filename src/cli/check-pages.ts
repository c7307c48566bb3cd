// What a browser could not load of a folder of pages, found before a browser asks: it says such things in its console alone, and
// not with the line of the file that was written. For development, in a process with Node's `--experimental-vm-modules`.
// Nothing of a page runs here.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { extname, join, relative, sep } from 'node:path'
import { Script, SourceTextModule } from 'node:vm'
import { nearest } from '../base/nearest.ts'
import { placeOfSyntax } from '../base/place.ts'
import { projectFiles } from './project-files.ts'

type Pages = {
  readonly folder: string
  /** What a page may import by name. */
  readonly packages: readonly string[]
  /** First parts of addresses that are no files of the folder. */
  readonly elsewhere: readonly string[]
}

/** `/shop/pages/main.ts:7:3: Expression expected`, in the order of the files. */
export function faultsOfPages({ folder, packages, elsewhere }: Pages): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.split(sep).join('/'))
    .filter((name) => !/(?:^|\/)(?:\.|node_modules\/)|\.test\.ts$|\.d\.ts$/.test(name))
    .toSorted()
  const texts = new Map(
    names.filter((name) => /\.(?:ts|js|html)$/.test(name)).map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  )
  // It says where packages are, in a way of its own.
  const hasImportMap = [...texts.values()].some((text) => /<script[^>]*\btype="importmap"/.test(text))
  const missing = (specifier: string, from: string) => missingFile({ folder, names, elsewhere, specifier, from })
  const wrongImport = (specifier: string, from: string) =>
    /^\.{0,2}\//.test(specifier)
      ? missing(specifier, from)
      : /^[a-z]+:/.test(specifier) || hasImportMap || packages.includes(specifier)
        ? null
        : `a browser knows no package "${specifier}"${nearest(specifier, packages)}; by name there are ${packages.join(', ')}, all else is a file`
  return [...texts].flatMap(([name, text]) => {
    const path = join(folder, name)
    if (name.endsWith('.html'))
      return loadedBy(text).flatMap(({ address, line }) => {
        const wrong = missing(/^\.{0,2}\//.test(address) ? address : `./${address}`, path)
        return wrong === null ? [] : [`${path}:${line}: ${wrong}`]
      })
    const wrong = wrongSyntax(path, text)
    if (wrong !== null) return [wrong]
    const [file] = projectFiles(path, 1)
    return file!.imports.flatMap(({ specifier, line }) => {
      const wrongly = wrongImport(specifier, path)
      return wrongly === null ? [] : [`${path}:${line}: ${wrongly}`]
    })
  })
}

function wrongSyntax(path: string, text: string): string | null {
  const isTyped = extname(path) === '.ts'
  try {
    const code = isTyped ? stripTypeScriptTypes(text) : text
    // A script of the old kind is no module, and the other way round: it is wrong when it is neither.
    if (!isModule(code)) new Script(code)
    return null
  } catch (error) {
    return isTyped ? sentenceOf(error as Error, path) : (placedSentence(path, text) ?? `${path}: ${(error as Error).message}`)
  }
}

function isModule(code: string): boolean {
  try {
    new SourceTextModule(code)
    return true
  } catch {
    return false
  }
}

function sentenceOf({ message, stack }: Error, path: string): string {
  return `${placeOfSyntax(`${path}${stack}`) ?? path}: ${message}`
}

/** V8 keeps the place of a module's mistake to itself; read as TypeScript it is told. */
function placedSentence(path: string, text: string): string | null {
  try {
    return stripTypeScriptTypes(text) === text ? null : `${path}: it has types in it, so its name must end with .ts`
  } catch (error) {
    return sentenceOf(error as Error, path)
  }
}

/** Scripts and stylesheets of a page, by their addresses. */
function loadedBy(html: string): { address: string; line: number }[] {
  const tags = [...html.matchAll(/<script\b[^>]*?\bsrc="([^"]+)"|<link\b(?=[^>]*\brel="stylesheet")[^>]*?\bhref="([^"]+)"/g)]
  return tags
    .map(({ 1: src, 2: href, index, 0: tag }) => ({ address: src ?? href!, line: html.slice(0, index + tag.length).split('\n').length }))
    .filter(({ address }) => !/^(?:[a-z]+:|\/\/)/.test(address))
}

type Wanted = { folder: string; names: readonly string[]; elsewhere: readonly string[]; specifier: string; from: string }

function missingFile({ folder, names, elsewhere, specifier, from }: Wanted): string | null {
  const [address = ''] = specifier.split(/[?#]/)
  const path = address.startsWith('/') ? join(folder, address) : join(from, '..', address)
  const name = relative(folder, path).split(sep).join('/')
  if (elsewhere.includes(name.split('/', 1)[0]!)) return null
  if (name.startsWith('../'))
    return existsSync(path)
      ? `${address} is not in the folder of the pages, and no browser gets it; of types alone import by \`import type\``
      : `there is no ${path}`
  if (/\.[jt]sx$/.test(name) && names.includes(name))
    return `${address} is JSX, which needs a build: write it as .ts without JSX, or name the folder that your bundler writes`
  if (names.includes(name)) return null
  const ended = ['.ts', '.js'].find((ending) => names.includes(`${name}${ending}`))
  return `there is no ${address}${ended === undefined ? nearest(name, names) : `; its name has an ending: ${address}${ended}`}`
}
