// What went wrong when the config was loaded, with the file, the line and the column: Node knows them, and says
// them in the stack alone.
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { basename, join } from 'node:path'
import { nearest } from '../base/nearest.ts'
import { placeOfCall, placeOfSyntax } from '../base/place.ts'
import { field, kinds } from '../schema/field.ts'
import { circleOf, placesOfWaiting, projectFiles } from './project-files.ts'
import { root } from './version.ts'

/** It has not ended after so long. */
export class NotLoaded extends Error {
  override readonly name = 'NotLoaded'

  constructor(afterMs: number) {
    super(`it has not ended after ${afterMs / 1000} s: something outside every function waits for what does not come`)
  }
}

/** A sentence for people. `path` is the config's; the place may be in a file that it imports. */
export async function explainLoadError(error: unknown, path: string): Promise<string> {
  if (!(error instanceof Error)) return `${path} cannot be loaded: it throws ${String(error)}`
  const stack = error.stack ?? ''
  const place =
    placeOfSyntax(stack) ??
    placeOfCall(stack, ownFolders) ??
    (error instanceof SyntaxError ? placeOfSyntax(stackAsTypeScript(path)) : null) ??
    placeInTexts(error, path)
  const hint = (await hintFor(error.message)) || circleHint(error, path)
  return `${path} cannot be loaded: ${error.message}${hint}${place === null ? '' : ` (${place})`}`
}

/** Where Node names the file at most: the line of an import of what is not there, or where a file waits. */
function placeInTexts(error: Error, path: string): string | null {
  if (error instanceof NotLoaded) return placesOfWaiting(projectFiles(path)).join(', ') || null
  const [, wanted, from] = /^Cannot find (?:module|package) '(.+)' imported from (.+)$/.exec(error.message) ?? []
  const found = projectFiles(path)
    .find((file) => file.path === from)
    ?.imports.find(({ specifier, to }) => to === wanted || specifier === wanted || specifier.startsWith(`${wanted}/`))
  return found === undefined ? null : `${from}:${found.line}`
}

/** Of files in a circle one runs before what it imports is there. */
function circleHint(error: Error, path: string): string {
  if (!/^Cannot access '.+' before initialization$/.test(error.message)) return ''
  const circle = circleOf(projectFiles(path))
  return circle === null ? '' : `; these files import each other in a circle: ${circle.map((file) => basename(file)).join(' -> ')}`
}

/** Of what is not Kingpost's own. */
const ownFolders = [join(root, 'src/')]

/** A module of plain JavaScript does not say where its mistake is; read as TypeScript it does. */
function stackAsTypeScript(path: string): string {
  try {
    stripTypeScriptTypes(readFileSync(path, 'utf8'))
    return ''
  } catch (error) {
    return `${path}${(error as Error).stack}`
  }
}

/** What others call our kinds of fields. */
const otherWords = new Map(kinds.flatMap(({ name, otherNames = [] }) => otherNames.map((other) => [other, name] as const)))

async function hintFor(message: string): Promise<string> {
  if (/^Cannot find package 'kingpost'/.test(message))
    return '; install Kingpost into the folder of the project, as docs/guides/your-own-project.md says'
  const [, builder] = /^field\.(\w+) is not a function$/.exec(message) ?? []
  const builders = Object.keys(field)
  if (builder !== undefined)
    return `${nearest(otherWords.get(builder.toLowerCase()) ?? builder, builders)}; there are ${builders.join(', ')}`
  const [, from, name] = /^The requested module '(.+)' does not provide an export named '(\w+)'$/.exec(message) ?? []
  if (name === undefined || !(from === 'kingpost' || /\/src\/index\.[jt]s$/.test(from!))) return ''
  return nearest(name, Object.keys(await import('kingpost')))
}
