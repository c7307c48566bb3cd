// The folder `mails` beside a config: read as it is when a process starts, and its MJML compiled where mails are written. MJML is no part of the
// package (60 MB): whoever writes in it has `mjml` among the packages of their project, and what was compiled lies in `mails/compiled`, to be
// committed with the rest. A server needs that alone.
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { limits } from '../base/limits.ts'
import { compiledMark, compiledPath, type MailFile, mjmlSource } from '../domains/emails/mail-files.ts'

export const mailFolder = 'mails'

/** @throws Error where there is more than any project has */
export function readMailFiles(folder: string): MailFile[] {
  const files = ['', 'partials', 'compiled'].flatMap((below) => filesIn(folder, below === '' ? mailFolder : `${mailFolder}/${below}`))
  if (files.length > limits.mailTemplateFilesMax)
    throw new Error(`${join(folder, mailFolder)} has more than ${limits.mailTemplateFilesMax} files.`)
  return files
}

function filesIn(folder: string, below: string): MailFile[] {
  const place = join(folder, below)
  if (!statSync(place, { throwIfNoEntry: false })?.isDirectory()) return []
  return readdirSync(place, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
    .map(({ name }) => {
      const path = join(place, name)
      if (statSync(path).size > limits.mailTemplateBytesMax) throw new Error(`${path} is larger than ${limits.mailTemplateBytesMax} bytes.`)
      return { path: `${below}/${name}`, text: readFileSync(path, 'utf8') }
    })
}

/** Compiles what has changed since the last time, and takes away what is no longer there. Paths that were written. @throws Error with file and line */
export async function compileMails(folder: string): Promise<string[]> {
  const files = readMailFiles(folder)
  const sources = files.filter(({ path }) => /^mails\/[^/]+\.mjml$/.test(path))
  const wanted = new Map(sources.map((file) => [compiledPath(file.path), { file, ...mjmlSource(file, files) }]))
  for (const { path } of files) if (path.startsWith(`${mailFolder}/compiled/`) && !wanted.has(path)) rmSync(join(folder, path))
  const stale = [...wanted].filter(([path, { source }]) => !files.find((one) => one.path === path)?.text.startsWith(compiledMark(source)))
  if (stale.length === 0) return []
  const compile = await loadMjml(folder, stale[0]![1].file.path)
  for (const [path, one] of stale) {
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    const html = await compile(one)
    writeFileSync(join(folder, path), `${compiledMark(one.source)}${html}`)
  }
  return stale.map(([path]) => path)
}

type Mjml = (source: string, options: object) => Promise<Compiled> | Compiled
type Compiled = {
  readonly html: string
  readonly errors: readonly { readonly line: number; readonly message: string; readonly tagName: string }[]
}

type Source = { readonly source: string; readonly file: MailFile; readonly linesBefore: number }

/** The project's own. @throws Error that says what to type */
async function loadMjml(folder: string, first: string): Promise<(given: Source) => Promise<string>> {
  const missing = `${join(folder, first)} is MJML, and the package mjml is not there. Type: npm install --save-dev mjml`
  let path: string
  try {
    path = createRequire(join(folder, 'kingpost.config.ts')).resolve('mjml')
  } catch (error) {
    throw new Error(missing, { cause: error })
  }
  const module = (await import(pathToFileURL(path).href)) as { readonly default: Mjml | { readonly default: Mjml } }
  const mjml = typeof module.default === 'function' ? module.default : module.default.default
  return async ({ source, file, linesBefore }) => {
    const at = join(folder, file.path)
    try {
      // Nothing is read by MJML itself: partials are in the source.
      const { html, errors } = await mjml(source, { validationLevel: 'soft', ignoreIncludes: true, keepComments: false })
      const [wrong] = errors
      if (wrong !== undefined) throw new Error(`${at}:${wrong.line + linesBefore}: <${wrong.tagName}> ${wrong.message}`)
      return html
    } catch (error) {
      const { message } = error as Error
      throw message.startsWith(at) ? error : new Error(`${at}: is no MJML: ${message}`, { cause: error })
    }
  }
}
