/**
 * The house rules that no linter knows, as plain checks over the sources. Each finding is one line with its place.
 * What was already too large when a rule came stands in `ratchets`: it may shrink, and nothing may join it.
 * Run it: `node scripts/tidy.ts` (exit 1 and the findings); `--notes` tells what is worth a look besides.
 */
import { dirname, join } from 'node:path/posix'
import { fileURLToPath } from 'node:url'
import { type FunctionFacts, functionsOf } from './function-facts.ts'
import { blankTexts, importsOf, lineAt, readSources, type SourceFile } from './source-files.ts'
import { documentChecks } from './tidy-documents.ts'
import { ratchets } from './tidy-ratchets.ts'

export type Repository = {
  readonly sources: readonly SourceFile[]
  readonly documents: readonly SourceFile[]
  /** Every other text: styles, pages, configs. */
  readonly others: readonly SourceFile[]
}
/** One line a finding. */
export type Check = (repository: Repository) => string[]

/** @throws Error when there is nothing to read */
export function readRepository(root: string): Repository {
  const sources = readSources(root, ['src', 'client/src', 'console/src', 'examples', 'templates', 'scripts', 'bench', 'test'])
  if (sources.length === 0) throw new Error(`There are no sources below ${root}: nothing was checked.`)
  const documents = readSources(root, ['.'], '.md')
  const endings = ['.json', '.css', '.html', '.lua', '.sh', '.yml', '.yaml']
  const others = endings.flatMap((ending) => readSources(root, ['.'], ending)).filter(({ path }) => !path.includes('/seed/'))
  return { sources, documents, others: [...others, ...readSources(root, ['.ci'], 'run')] }
}

const lineCharactersMax = 180
const fileLinesMax = 500
/** Every limit stands there, by a check of its own. */
const tableOfLimits = 'src/base/limits.ts'
const fileLinesNoted = 250
const functionLinesMax = 70
const parametersMax = 3
/** More than this many is refused outright; between the two a count of all may not grow. */
const parametersHardMax = 5

/** Calls that only the implementation of a port may make, and where that is. */
const bannedCalls: readonly { readonly call: RegExp; readonly only: readonly string[]; readonly instead: string }[] = [
  {
    call: /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b/g,
    only: ['src/base/clock.ts', 'src/testing/'],
    instead: 'the clock port, or `now`',
  },
  {
    call: /\b(?:setTimeout|setInterval|setImmediate)\(/g,
    only: ['src/base/clock.ts', 'src/cli/', 'src/testing/'],
    instead: 'the clock port',
  },
  {
    call: /\bMath\.random\b|\brandom(?:Bytes|UUID|Int|FillSync)\b|\bgetRandomValues\b/g,
    only: ['src/base/random.ts'],
    instead: 'the random port',
  },
  { call: /(?:\bawait|\breturn|\bvoid|[=(,>]) *fetch\(/g, only: ['src/base/egress.ts'], instead: 'the egress port' },
  { call: /\bprocess\.\w+/g, only: ['src/cli/', 'src/testing/'], instead: 'what the command line hands in' },
  { call: /\bconsole\.\w+\(/g, only: ['src/cli/'], instead: 'the log port' },
  // A row's decoder is compiled from the names of the model, which are checked to be letters and digits.
  {
    call: /\b(?:eval|Function)\(/g,
    only: ['src/storage/record-shape.ts', 'src/storage/sql/row-codec.ts', 'src/records/present.ts'],
    instead: 'code that can be read',
  },
]

const bannedWords = /^(?:handle|process|manage|util|utils|helper|helpers)(?=$|[A-Z])/
const bannedFiles = /^(?:handle|manage|utils?|helpers?)(?:-|$)/
const indexFiles = new Set(['src/index.ts', 'client/src/index.ts'])
/** Imported by the name of the package. */
const entries: Readonly<Record<string, string>> = { 'kingpost/testing': 'src/testing/open-test-backend.ts' }

/** Databases have limits of theirs, the sandbox is another company, and a page of the command line bounds nothing. */
const limitsOfTheirOwn = /^src\/(?:base\/limits\.ts|storage\/|sandbox\/|cli\/)|\.test\.ts$/

export const checks: Readonly<Record<string, Check>> = {
  'calls past a port': ({ sources }) =>
    sources.filter(isEngine).flatMap(({ path, text }) => {
      const code = blankTexts(text)
      return bannedCalls
        .filter(({ only }) => !only.some((home) => path.startsWith(home)))
        .flatMap(({ call, instead }) => placesOf(path, code, call).map((place) => `${place}: use ${instead}`))
    }),

  'names that say nothing': ({ sources }) =>
    sources.flatMap(({ path, text }) => {
      const file = path.split('/').at(-1)!
      const exported = [...text.matchAll(/^export (?:async )?(?:function|const|class) (\w+)/gm)]
      return [
        ...(bannedFiles.test(file.replace(/(?:\.test)?\.ts$/, '')) ? [`${path}: say what it does`] : []),
        ...(/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.config|\.test|\.d)?\.ts$/.test(file) ? [] : [`${path}: file names are kebab-case`]),
        ...(file === 'index.ts' && !indexFiles.has(path) ? [`${path}: only ${[...indexFiles].join(' and ')} are index files`] : []),
        ...exported
          .filter(({ 1: name }) => bannedWords.test(name!))
          .map(({ 1: name, index }) => `${path}:${lineAt(text, index)} ${name}: say what it does`),
      ]
    }),

  'limits elsewhere': ({ sources }) =>
    sources
      .filter((file) => isEngine(file) && !limitsOfTheirOwn.test(file.path))
      .flatMap(({ path, text }) =>
        placesOf(path, blankTexts(text), /\b(?:maxLength|maxItems|maximum): ?\d\w+|\bconst \w+Max = \d\w*/g).map(
          (place) => `${place}: it stands in ${tableOfLimits}, with its reason`,
        ),
      ),

  'default exports': ({ sources }) => sources.flatMap(({ path, text }) => placesOf(path, blankTexts(text), /^export default\b/gm)),

  'left for later': ({ sources }) =>
    sources
      .filter(({ path }) => !path.startsWith('scripts/tidy'))
      .flatMap(({ path, text }) => placesOf(path, text, /\b(?:TODO|FIXME|XXX|HACK)\b/g)),

  'merge marks': ({ sources, documents, others }) =>
    [...sources, ...documents, ...others].flatMap(({ path, text }) => placesOf(path, text, /^(?:<{7}|>{7}) .*/gm)),

  'long lines': ({ sources }) =>
    sources.filter(isCode).flatMap(({ path, text }) => {
      const long = text
        .split('\n')
        .flatMap((line, index) => (line.length > lineCharactersMax ? [`${path}:${index + 1} has ${line.length} characters`] : []))
      return long.length > (ratchets.longLines[path] ?? 0) ? long : []
    }),

  'long files': ({ sources }) =>
    sources
      .filter((file) => isCode(file) && file.path !== tableOfLimits && linesOf(file.text) > fileLinesMax)
      .map(({ path, text }) => `${path}: ${linesOf(text)} lines, at most ${fileLinesMax}`),

  'long functions': ({ sources }) =>
    functionsIn(sources)
      .filter(({ key, lines }) => lines > Math.max(functionLinesMax, ratchets.longFunctions[key] ?? 0))
      .map(({ place, name, lines }) => `${place} ${name} has ${lines} lines, at most ${functionLinesMax}`),

  'many parameters': ({ sources }) => {
    const many = functionsIn(sources.filter(isEngine)).filter(({ parameters }) => parameters > parametersMax)
    const tooMany = many.filter(({ key, parameters }) => parameters > Math.max(parametersHardMax, ratchets.manyParameters[key] ?? 0))
    return [
      ...tooMany.map(({ place, name, parameters }) => `${place} ${name} has ${parameters} parameters: name them in an object`),
      ...(many.length > ratchets.functionsOfManyParameters
        ? [
            `src: ${many.length} functions have more than ${parametersMax} parameters, ${ratchets.functionsOfManyParameters} may: see --notes`,
          ]
        : []),
    ]
  },

  'dead exports': ({ sources }) =>
    unimported(sources)
      .filter(({ uses, key }) => uses === 1 && !ratchets.deadExports.includes(key))
      .map(({ place, name }) => `${place} nobody uses ${name}`),

  'opening words': ({ sources }) =>
    sources
      .filter(isEngine)
      .filter(({ text }) => linesOf(text) > 60 && !/^(?:#!.*\n)?(?:\/\/|\/\*\*)/.test(text) && !/^\/\*\*/m.test(text))
      .map(({ path }) => `${path}:1 say what the file owns and what a change must keep`),

  'error codes': ({ sources }) => {
    const table = sources.find(({ path }) => path === 'src/contract/error-codes.ts')
    const codes = [...(table?.text ?? '').matchAll(/^ {2}(\w+): \{ status/gm)].map(({ 1: code }) => code!)
    if (codes.length === 0) return ['src/contract/error-codes.ts: no codes found']
    const rest = sources.filter((file) => isEngine(file) && file !== table)
    return codes
      .filter((code) => !rest.some(({ text }) => text.includes(`'${code}'`)))
      .map((code) => `${table!.path}: nothing throws ${code}`)
  },

  // MongoDB's own calls are not the port's.
  'finds that cut': ({ sources }) =>
    sources
      .filter((file) => isEngine(file) && !file.path.startsWith('src/storage/mongodb/'))
      .flatMap(({ path, text }) => {
        const code = blankTexts(text)
        return [...code.matchAll(/\.find(?:<[^(]*?>)?\(/g)].flatMap(({ index, 0: call }) => {
          const end = closingOf(code, index + call.length - 1)
          if (!/\blimit\b/.test(code.slice(index, end))) return []
          const from = text
            .split('\n')
            .slice(Math.max(0, lineAt(text, index) - 4), lineAt(text, end))
            .join('\n')
          const place = `${path}:${lineAt(text, index)}`
          return /beyond the limit: \S/i.test(from)
            ? []
            : [`${place} read it with findAll or findUnique, or say "Beyond the limit: …" above it`]
        })
      }),

  'limits nobody keeps': ({ sources }) => {
    const table = sources.find(({ path }) => path === tableOfLimits)
    const names = [...(table?.text ?? '').matchAll(/^ {2}(\w+): /gm)].map(({ 1: name }) => name!)
    if (names.length === 0) return [`${tableOfLimits}: no limits found`]
    const rest = sources.filter((file) => isEngine(file) && file !== table)
    const isKept = (name: string) => rest.some(({ text }) => text.includes(`limits.${name}`)) || ratchets.unkeptLimits.includes(name)
    return names.filter((name) => !isKept(name)).map((name) => `${table!.path}: nothing looks at ${name}`)
  },

  ...documentChecks,
}

/** All findings, each with the name of its check. */
export function findings(repository: Repository): string[] {
  return Object.entries(checks).flatMap(([name, check]) => check(repository).map((text) => `${name}: ${text}`))
}

/** Worth a look, no failure: files that grow, many parameters, names exported for their own file alone. */
export function notesOn({ sources }: Repository): string[] {
  return [
    ...sources.filter(({ text }) => linesOf(text) > fileLinesNoted).map(({ path, text }) => `${path} has ${linesOf(text)} lines`),
    ...functionsIn(sources.filter(isEngine))
      .filter(({ parameters }) => parameters > parametersMax)
      .map(({ place, name, parameters }) => `${place} ${name} has ${parameters} parameters`),
    ...unimported(sources)
      .filter(({ uses }) => uses > 1)
      .map(({ place, name }) => `${place} only its own file uses ${name}`),
  ]
}

const isEngine = (file: SourceFile) => file.path.startsWith('src/') && !isTest(file)
const isTest = ({ path }: SourceFile) => path.endsWith('.test.ts') || path.startsWith('test/')
const isCode = (file: SourceFile) => !isTest(file) && !file.path.endsWith('.d.ts')
const linesOf = (text: string) => text.split('\n').length - 1

/** Where the bracket that opens at `index` of blanked code closes. */
function closingOf(code: string, index: number): number {
  let depth = 0
  for (let at = index; at < code.length; at++) {
    if (code[at] === '(') depth++
    if (code[at] === ')' && --depth === 0) return at
  }
  return code.length
}

function placesOf(path: string, text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(({ 0: found, index }) => `${path}:${lineAt(text, index)} ${found.trim()}`)
}

function functionsIn(sources: readonly SourceFile[]): (FunctionFacts & { readonly place: string; readonly key: string })[] {
  return sources
    .filter(isCode)
    .flatMap(({ path, text }) =>
      functionsOf(text).map((facts) => ({ ...facts, place: `${path}:${facts.line}`, key: `${path} ${facts.name}` })),
    )
}

type Unimported = { readonly name: string; readonly place: string; readonly key: string; readonly uses: number }

/** Exports that no other file imports. `uses` counts the name in its own file; a type that a signature there needs is no finding. */
function unimported(sources: readonly SourceFile[]): Unimported[] {
  const used = new Set<string>()
  for (const { path, text } of sources)
    for (const { from, names, isAll } of importsOf(text)) {
      const to = entries[from] ?? (from.startsWith('/client/') ? `client/src/${from.slice('/client/'.length)}` : join(dirname(path), from))
      for (const name of isAll ? ['*'] : names) used.add(`${to} ${name}`)
    }
  return sources
    .filter((file) => isCode(file) && !file.path.endsWith('.config.ts') && !indexFiles.has(file.path))
    .flatMap(({ path, text }) => {
      const code = blankTexts(text)
      const exported = [...code.matchAll(/^export (?:async )?(function|const|class|type|interface) (\w+)/gm)]
      return exported
        .map(({ 1: kind, 2: name, index }) => ({
          name: name!,
          isType: kind === 'type' || kind === 'interface',
          place: `${path}:${lineAt(text, index)}`,
          key: `${path} ${name}`,
          uses: [...code.matchAll(new RegExp(`\\b${name}\\b`, 'g'))].length,
        }))
        .filter(({ key, isType, uses }) => !used.has(key) && !used.has(`${path} *`) && !(isType && uses > 1))
    })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const repository = readRepository(join(dirname(fileURLToPath(import.meta.url)), '..'))
  const found = findings(repository)
  if (process.argv.includes('--notes')) for (const note of notesOn(repository)) console.log(`note: ${note}`)
  for (const finding of found) console.log(finding)
  console.log(found.length === 0 ? `${repository.sources.length} files are tidy.` : `${found.length} findings.`)
  process.exitCode = found.length === 0 ? 0 : 1
}
