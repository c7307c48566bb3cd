// What went wrong when the config was loaded, with the file, the line and the column: Node knows them, and says
// them in the stack alone.
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isA, stackOf, textOf } from '../base/error-text.ts'
import { nearest } from '../base/nearest.ts'
import { placeOfCall, placeOfSyntax } from '../base/place.ts'
import { field, kinds } from '../schema/field.ts'
import { circleOf, placesOfWaiting, projectFiles, throwsOfOthers } from './project-files.ts'
import { root } from './version.ts'

/** What a file threw is known at once. One that still waits has thrown nothing. */
const askMs = 100
/** Of places that are all possible, more help nobody. */
const placesMax = 3

/** It has not ended after so long. */
export class NotLoaded extends Error {
  override readonly name = 'NotLoaded'

  constructor(afterMs: number) {
    super(`it has not ended after ${afterMs / 1000} s: something outside every function waits for what does not come`)
  }
}

/** A sentence for people. `path` is the config's; the place may be in a file that it imports. */
export async function explainLoadError(error: unknown, path: string): Promise<string> {
  const text = textOf(error, Number.POSITIVE_INFINITY)
  const rejected = /The promise rejected with the reason "([\s\S]*)"\.$/.exec(isRejection(error) ? text : '')?.[1]
  if (rejected !== undefined)
    return `${path} cannot be loaded: a promise that nobody waits for is rejected with ${rejected}${inBrackets(placesOfThrowing(null, path))}`
  if (!isA(error, Error)) {
    const file = await fileThatThrew(error, path)
    return `${path} cannot be loaded: it throws ${text}${inBrackets(placesOfThrowing(file, path))}`
  }
  const stack = stackOf(error)
  const place =
    placeOfSyntax(stack) ??
    placeOfCall(stack, ownFolders) ??
    (isA(error, SyntaxError) ? placeOfSyntax(stackAsTypeScript(path)) : null) ??
    placeInTexts(error, text, path)
  const hint = (await hintFor(text)) || circleHint(text, path)
  return `${path} cannot be loaded: ${text || 'it throws an error without words'}${hint}${inBrackets(place)}`
}

/** A sentence on a config that was loaded and throws when it is read, such as by a getter; null of what is not the config's mistake. */
export function explainReadError(error: unknown, path: string): string | null {
  const isThrown = isA(error, Error)
  const place = isThrown ? placeOfCall(stackOf(error), ownFolders) : placesOfThrowing(null, path)
  // What has no call of a project in it may be a mistake of ours. Of what JavaScript refuses, such as a revoked proxy, the config is one that can be.
  if (isThrown && place === null && !isA(error, TypeError)) return null
  const text = textOf(error, Number.POSITIVE_INFINITY) || 'an error without words'
  return `${path} cannot be read: ${isThrown ? '' : 'it throws '}${text}${inBrackets(place)}`
}

/** Where `process.exit` was called, as the stack of a listener of the end has it. */
export function placeOfEnd(stack: string = ''): string {
  return inBrackets(placeOfCall(stack, ownFolders))
}

function inBrackets(place: string | null): string {
  return place === null ? '' : ` (${place})`
}

/**
 * What is no error has no stack, but Node keeps what a file threw, and gives it again to whoever imports the file. Asked in the order
 * in which they ran, the first that has thrown is the innermost; none is asked that has not begun. Null where it was thrown in a timer.
 */
async function fileThatThrew(thrown: unknown, path: string): Promise<string | null> {
  const files = projectFiles(path)
  const visit = async (file: string, seen: ReadonlySet<string>): Promise<string | null> => {
    if (!(await hasThrown(file, thrown))) return null
    for (const { to } of files.find((one) => one.path === file)?.imports ?? []) {
      if (seen.has(to) || !files.some((one) => one.path === to)) continue
      const inner = await visit(to, new Set([...seen, to]))
      if (inner !== null) return inner
    }
    return file
  }
  return await visit(path, new Set([path]))
}

async function hasThrown(file: string, thrown: unknown): Promise<boolean> {
  const asked = import(pathToFileURL(file).href).then(
    () => false,
    (error: unknown) => Object.is(error, thrown),
  )
  return await Promise.race([asked, new Promise<false>((go) => setTimeout(go, askMs, false))])
}

/** By Node, of a promise that was rejected with what is no error. */
function isRejection(error: unknown): boolean {
  return isA(error, Error) && 'code' in error && error.code === 'ERR_UNHANDLED_REJECTION'
}

/** What is no error does not know where it was thrown: where that may be, as the texts have it, first of all in the file that threw. */
function placesOfThrowing(file: string | null, path: string): string | null {
  const files = projectFiles(path)
  const own = throwsOfOthers(files.filter((one) => one.path === file))
  if (own.length === 1) return own[0]!
  const places = own.length > 0 ? own : throwsOfOthers(files)
  const more = places.length > placesMax ? `, or ${places.length - placesMax} more` : ''
  const perhaps = places.length === 0 ? [] : [`perhaps at ${places.slice(0, placesMax).join(' or ')}${more}`]
  return [...(file === null ? [] : [file]), ...perhaps].join(', ') || null
}

/** Where Node names the file at most: the line of an import of what is not there, or where a file waits. */
function placeInTexts(error: Error, text: string, path: string): string | null {
  if (error instanceof NotLoaded) return placesOfWaiting(projectFiles(path)).join(', ') || null
  const [, wanted, from] = /^Cannot find (?:module|package) '(.+)' imported from (.+)$/.exec(text) ?? []
  const found = projectFiles(path)
    .find((file) => file.path === from)
    ?.imports.find(({ specifier, to }) => to === wanted || specifier === wanted || specifier.startsWith(`${wanted}/`))
  return found === undefined ? null : `${from}:${found.line}`
}

/** Of files in a circle one runs before what it imports is there. */
function circleHint(message: string, path: string): string {
  if (!/^Cannot access '.+' before initialization$/.test(message)) return ''
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
