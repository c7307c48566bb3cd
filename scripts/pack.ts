/**
 * Makes the package out of the clone, for `npm pack` and `npm publish`: their `prepack` builds `dist` and puts the package's own
 * package.json in the place of the clone's, their `postpack` takes both away again. The clone runs TypeScript; Node strips no
 * types below `node_modules`, so the package holds JavaScript and declarations. What browsers load stays TypeScript: the server
 * strips it as it serves it, in a clone as in the package.
 * Invariant: nothing in it names this machine, no script runs when it is installed, and every dependency has an exact version.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

type Manifest = Readonly<Record<string, unknown>> & {
  readonly exports: Readonly<Record<string, string>>
  readonly bin: Readonly<Record<string, string>>
}

/** What only the clone has: its tools, its scripts and its own Node. */
const ofTheClone = ['scripts', 'devDependencies', 'optionalDependencies', 'allowScripts']

/** `./src/index.ts` of the clone is `./dist/src/index.js` of the package, with its types beside it. */
export function packageManifest(clone: Manifest): Record<string, unknown> {
  const kept = Object.entries(clone).filter(([name]) => !ofTheClone.includes(name))
  const compiled = ([name, path]: [string, string]) => {
    const stem = `./dist/${path.replace(/^\.\//, '').replace(/\.ts$/, '')}`
    return [name, { types: `${stem}.d.ts`, default: `${stem}.js` }]
  }
  return {
    ...Object.fromEntries(kept),
    bin: Object.fromEntries(Object.entries(clone.bin).map(([name, path]) => [name, `dist/${path}`])),
    exports: { ...Object.fromEntries(Object.entries(clone.exports).map(compiled)), './package.json': './package.json' },
    files: ['dist', 'docs', 'CHANGELOG.md'],
  }
}

/** The clone's own package.json while the package's stands in its place. */
const asideOf = (root: string) => join(root, '.kingpost/package.json')

function buildPackage(root: string): void {
  cleanUp(root)
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', join(root, 'scripts/tsconfig.package.json')], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`The sources do not compile:\n${stdout}`)
  const dist = join(root, 'dist')
  const copy = (from: string, to: string, isIn: (name: string) => boolean) =>
    cpSync(join(root, from), join(dist, to), { recursive: true, filter: (path) => isIn(basename(path)) })
  copy('console', 'console', isForBrowsers)
  copy('client/src', 'browser/client', isForBrowsers)
  copy('src/documents/fonts', 'src/documents/fonts', () => true)
  copy('templates', 'templates', () => true)
  const launcher = readFileSync(join(root, 'src/cli/kingpost.js'), 'utf8')
  writeFileSync(join(dist, 'src/cli/kingpost.js'), launcher.replace("'./main.ts'", "'./main.js'"), { mode: 0o755 })

  mkdirSync(join(root, '.kingpost'), { recursive: true })
  const path = join(root, 'package.json')
  const manifest = packageManifest(JSON.parse(readFileSync(path, 'utf8')) as Manifest)
  renameSync(path, asideOf(root))
  writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`)
}

function isForBrowsers(name: string): boolean {
  return !/\.test\.ts$|\.d\.ts$|^tsconfig|^fake-fetch\.ts$/.test(name)
}

/** Also after a run that was cut. */
function cleanUp(root: string): void {
  if (existsSync(asideOf(root))) renameSync(asideOf(root), join(root, 'package.json'))
  rmSync(join(root, 'dist'), { recursive: true, force: true })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('..', import.meta.url))
  if (process.argv[2] === 'build') buildPackage(root)
  else cleanUp(root)
}
