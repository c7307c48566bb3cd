/**
 * Holds the documents to the code: links and anchors resolve, files and commands and options and variables they name exist,
 * generated pages are up to date, and every example in TypeScript compiles against the package and starts.
 * Run it: `node scripts/check-docs.ts` (exit 1 and what is wrong); `--write` makes the generated pages anew.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path/posix'
import { fileURLToPath } from 'node:url'
import { errorsPage, errorsPath } from './errors-page.ts'
import { limitsPage, limitsPath } from './limits-page.ts'
import { lineAt, readSources, type SourceFile } from './source-files.ts'

export type Facts = {
  /** Scripts of package.json, and of a project's own. */
  readonly scripts: readonly string[]
  readonly commands: readonly string[]
  readonly options: readonly string[]
  readonly variables: readonly string[]
}

/** What the command line has, read from its source. */
export function readFacts(root: string): Facts {
  const text = (path: string) => readFileSync(join(root, path), 'utf8')
  const scriptsIn = (path: string) => Object.keys((JSON.parse(text(path)) as { scripts: Record<string, string> }).scripts)
  const help = text('src/cli/help.ts')
  const settings = text('src/cli/settings.ts')
  const all = (source: string, pattern: RegExp) => [...new Set([...source.matchAll(pattern)].map(({ 1: name }) => name!))]
  return {
    scripts: [...scriptsIn('package.json'), ...scriptsIn('templates/project/package.json'), 'ci', 'install', 'pack'],
    commands: all(help, /^ {2}kingpost (\w+)/gm),
    options: [...all(settings, /^ {2}'?([\w-]+)'?: \{ type: /gm), 'help'],
    variables: [
      ...all(settings, /given\('[\w-]+', '(\w+)'\)/g).map((name) => `KINGPOST_${name}`),
      ...all(settings, /(?:environment\[|oneOf\()'(KINGPOST_\w+)'/g),
    ],
  }
}

/** All that is wrong and can be seen without running anything. */
export function checkDocuments(documents: readonly SourceFile[], facts: Facts, exists: (path: string) => boolean): string[] {
  return [
    ...documents.flatMap((document) => linksOf(document, documents, exists)),
    ...documents.flatMap((document) => filesOf(document, exists)),
    ...documents.flatMap((document) => wordsOf(document, facts)),
    ...facts.variables
      .filter((name) => !documents.some(({ path, text }) => path === 'docs/operating/running.md' && text.includes(name)))
      .map((name) => `docs/operating/running.md: does not tell of ${name}`),
    ...[...facts.commands.map((name) => `kingpost ${name}`), ...facts.options.map((name) => `--${name}`)]
      .filter((words) =>
        documents.some(
          ({ path, text }) => path === 'docs/operating/running.md' && text.includes('\n## Commands\n') && !text.includes(words),
        ),
      )
      .map((words) => `docs/operating/running.md: does not tell of ${words}`),
  ]
}

function linksOf({ path, text }: SourceFile, documents: readonly SourceFile[], exists: (path: string) => boolean): string[] {
  const prose = text.replaceAll(/^```[\s\S]*?^```/gm, (block) => block.replace(/[^\n]/g, ' '))
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(({ 1: link, index }) => {
    if (/^[a-z]+:/.test(link!)) return []
    const [to = '', anchor] = link!.split('#')
    const target = to === '' ? path : normalize(join(dirname(path), to))
    const place = `${path}:${lineAt(text, index)} ${link}`
    if (!exists(target)) return [`${place}: there is no ${target}`]
    const page = documents.find((document) => document.path === target)
    return anchor === undefined || page === undefined || anchorsOf(page.text).includes(anchor)
      ? []
      : [`${place}: ${target} has no such heading`]
  })
}

const ownFolders = /^(?:src|client|console|test|scripts|bench|docs|examples)\//

/** Files and folders that prose names: `src/engine/operations.ts`. ARCHITECTURE.md leaves `src/` out. */
function filesOf({ path, text }: SourceFile, exists: (path: string) => boolean): string[] {
  if (isPast(path)) return []
  const isMap = path === 'ARCHITECTURE.md'
  return [...text.matchAll(/`([a-z][\w-]*\/[\w./-]*)`/g)].flatMap(({ 1: name, index }) => {
    if (!isMap && !ownFolders.test(name!)) return []
    return exists(name!) || (isMap && exists(`src/${name}`)) ? [] : [`${path}:${lineAt(text, index)} there is no ${name}`]
  })
}

/** What was so when it was written. */
function isPast(path: string): boolean {
  return path === 'CHANGELOG.md' || path.startsWith('docs/decisions/')
}

function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(({ 1: title }) =>
    title!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  )
}

/** Commands in shell blocks and variables anywhere. */
function wordsOf({ path, text }: SourceFile, { scripts, commands, options, variables }: Facts): string[] {
  if (isPast(path)) return []
  const lines = text.split('\n')
  let isShell = false
  // There is no `kingpost` on the path of a clone, and no config in its folder.
  let isDefined = false
  let hasConfig = false
  return lines.flatMap((line, index) => {
    if (line.startsWith('```')) isShell = /^```(?:sh|bash|console)\b/.test(line)
    const place = `${path}:${index + 1}`
    const unknown = [...line.matchAll(/\bKINGPOST_[A-Z_]+\b/g)]
      .filter(([name]) => !variables.includes(name))
      .map(([name]) => `${place}: there is no variable ${name}`)
    if (!isShell) return unknown
    const npm = [...line.matchAll(/\bnpm (?:run )?(?:-s )?([\w-]+)/g)]
      .filter(({ 1: name }) => !scripts.includes(name!))
      .map(([words]) => `${place}: there is no ${words}`)
    isDefined ||= line.startsWith('kingpost() {')
    hasConfig ||= line.startsWith('export KINGPOST_CONFIG=') || line.startsWith('npx kingpost init ')
    return [...unknown, ...npm, ...commandOf(line, { commands, options, isDefined, hasConfig }).map((wrong) => `${place}: ${wrong}`)]
  })
}

type Shell = Pick<Facts, 'commands' | 'options'> & { readonly isDefined: boolean; readonly hasConfig: boolean }

/** What is wrong with a line that calls Kingpost. */
function commandOf(line: string, { commands, options, isDefined, hasConfig }: Shell): string[] {
  const call = /(npx kingpost|npm run (?:-s )?kingpost --|^(?:\w+=\S+ )*kingpost|src\/cli\/main\.ts) ([a-z]+)(.*)/.exec(line)
  if (!call) return []
  const [, way, command, words] = call
  const given = [...words!.matchAll(/ --([a-z-]+)/g)].map(({ 1: name }) => name!)
  return [
    ...(commands.includes(command!) ? [] : [`there is no command ${command}`]),
    ...given.filter((name) => !options.includes(name)).map((name) => `there is no option --${name}`),
    ...(isDefined || !/^(?:\w+=\S+ )*kingpost$/.test(way!) ? [] : ['says nowhere above what kingpost is: kingpost() { … }']),
    ...(hasConfig || given.includes('config') ? [] : ['names no config, and there is none in a clone']),
  ]
}

export type Block = { readonly path: string; readonly line: number; readonly text: string }

/** Makes a project in an empty folder, with files that import each other: `scripts/pack.test.ts` follows it. */
export const projectGuide = 'docs/guides/your-own-project.md'

/** The blocks marked `ts` of a document. One marked `ts continued` is of one module with the block before it, on its own lines. */
export function typeScriptBlocks({ path, text }: SourceFile): Block[] {
  const blocks: Block[] = []
  for (const { 1: mark, 2: block, index } of text.matchAll(/^```ts( continued)?\n([\s\S]*?)^```/gm)) {
    const line = lineAt(text, index)
    const before = mark === undefined ? undefined : blocks.pop()
    if (before === undefined) blocks.push({ path, line, text: block! })
    else {
      const gap = line - before.line - before.text.split('\n').length + 1
      blocks.push({ ...before, text: `${before.text}${'\n'.repeat(gap)}${block}` })
    }
  }
  return blocks
}

/** Compiles every block as a file of its own inside the package, and has the command line load those that are a config. */
export function tryBlocks(root: string, blocks: readonly Block[]): string[] {
  if (blocks.length === 0) return ['There are no examples in TypeScript: nothing was tried.']
  mkdirSync(join(root, '.kingpost'), { recursive: true })
  const folder = mkdtempSync(join(root, '.kingpost/examples-'))

  try {
    const names = blocks.map((_, index) => `block-${index}.ts`)
    for (const [index, { text }] of blocks.entries()) {
      writeFileSync(join(folder, names[index]!), text)
      // The pages of a project are no part of the block.
      const [, pages] = /^ {2}storefront: '(.+)',$/m.exec(text) ?? []
      if (pages !== undefined) mkdirSync(join(folder, pages), { recursive: true })
    }
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: '../../tsconfig.json', compilerOptions: { lib: ['esnext', 'dom'] }, include: ['*.ts'] }),
    )
    // A document of a shop has more than the one megabyte that is kept when nothing is said.
    const run = (words: readonly string[]) => spawnSync(process.execPath, words, { cwd: folder, encoding: 'utf8', maxBuffer: 16_777_216 })
    const placed = (text: string) =>
      text.replace(
        /block-(\d+)\.ts\((\d+),/g,
        (_, index: string, line: string) => `${blocks[Number(index)]!.path}:${blocks[Number(index)]!.line + Number(line)} (`,
      )
    const compiled = run([join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '-p', folder])
    const wrong =
      compiled.status === 0
        ? []
        : placed(compiled.stdout + compiled.stderr)
            .trim()
            .split('\n')
    const configs = names.filter((_, index) => blocks[index]!.text.includes('defineBackend('))
    const refused = configs.flatMap((name) => {
      const { status, stderr } = run(['--disable-warning=ExperimentalWarning', join(root, 'src/cli/main.ts'), 'openapi', '--config', name])
      const { path, line } = blocks[names.indexOf(name)]!
      return status === 0 ? [] : [`${path}:${line}: the config does not start: ${stderr.trim()}`]
    })
    return [...wrong, ...refused]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Pages that code makes: path and what must be in it. */
export function generatedPages(root: string): Readonly<Record<string, string>> {
  return { [errorsPath]: errorsPage(), [limitsPath]: limitsPage(readFileSync(join(root, 'src/base/limits.ts'), 'utf8')) }
}

function main(root: string): number {
  if (process.argv.includes('--write'))
    for (const [path, text] of Object.entries(generatedPages(root))) writeFileSync(join(root, path), text)
  const documents = readSources(root, ['.'], '.md')
  const blocks = documents.filter(({ path }) => path !== projectGuide).flatMap(typeScriptBlocks)
  const stale = Object.entries(generatedPages(root)).filter(([path, text]) => documents.find((one) => one.path === path)?.text !== text)
  const wrong = [
    ...(documents.length === 0 ? ['There are no documents: nothing was checked.'] : []),
    ...checkDocuments(documents, readFacts(root), (path) => existsSync(join(root, path))),
    ...stale.map(([path]) => `${path}: is not what the code makes of it: node scripts/check-docs.ts --write`),
    ...tryBlocks(root, blocks),
  ]
  for (const line of wrong) console.log(line)
  console.log(
    wrong.length === 0 ? `${documents.length} documents and ${blocks.length} examples hold.` : `${wrong.length} things are wrong.`,
  )
  return wrong.length === 0 ? 0 : 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main(join(dirname(fileURLToPath(import.meta.url)), '..'))
