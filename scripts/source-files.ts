/**
 * Reading the repository's own sources for the checks: which files there are, what they import, and their
 * code with comments and texts blanked out, so that a word in a sentence is never taken for a call.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

export type SourceFile = { readonly path: string; readonly text: string }

const skipped = new Set(['node_modules', '.git', 'data', '.kingpost', 'coverage', 'test-results', 'vendor'])

/** All files below `folders` whose name ends as asked; paths are relative to `root`, with slashes, in order. */
export function readSources(root: string, folders: readonly string[], ending = '.ts'): SourceFile[] {
  return folders
    .flatMap((folder) => namesBelow(root, folder, ending))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

/** Paths of all files below a folder whose name ends as asked; none when there is no such folder. */
export function namesBelow(root: string, folder: string, ending: string): string[] {
  const names: string[] = []
  const walk = (at: string) => {
    for (const entry of entriesOf(at)) {
      const path = join(at, entry.name)
      if (entry.isDirectory()) {
        if (!skipped.has(entry.name)) walk(path)
      } else if (entry.name.endsWith(ending)) names.push(relative(root, path).split(sep).join('/'))
    }
  }
  walk(join(root, folder))
  return names.toSorted()
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

export type Import = { readonly from: string; readonly line: number; readonly names: readonly string[]; readonly isAll: boolean }

const statement = /^(?:import|export)\b(?:([\w\s{},*$]*?)\bfrom)?\s*['"]([^'"]+)['"]/gm
const dynamic = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g

/** Static imports and re-exports (types included), and dynamic imports of a literal. */
export function importsOf(text: string): Import[] {
  const found: Import[] = []
  for (const { 1: clause = '', 2: from, index } of text.matchAll(statement))
    found.push({ from: from!, line: lineAt(text, index), names: namesIn(clause), isAll: clause.includes('*') })
  for (const { 1: from, index } of text.matchAll(dynamic)) found.push({ from: from!, line: lineAt(text, index), names: [], isAll: true })
  return found
}

function namesIn(clause: string): string[] {
  const braces = /\{([^}]*)\}/.exec(clause)?.[1] ?? ''
  return braces.split(',').flatMap(
    (part) =>
      part
        .trim()
        .replace(/^type\s+/, '')
        .split(/\s+/)[0] || [],
  )
}

export function lineAt(text: string, index: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < index; at = text.indexOf('\n', at + 1)) line++
  return line
}

/** The same text, letter for letter as long, with comments, quoted texts and regular expressions blanked out. */
export function blankTexts(text: string): string {
  let out = ''
  let at = 0
  /** One entry a template literal we are in: how many braces are open in its current `${`. */
  const templates: number[] = []
  const skip = (end: number) => {
    out += text.slice(at, end).replace(/[^\n]/g, ' ')
    at = end
  }
  while (at < text.length) {
    const two = text.slice(at, at + 2)
    const one = text[at]!
    if (two === '//') skip(endOf(text, '\n', at))
    else if (two === '/*') skip(endOf(text, '*/', at + 2) + 2)
    else if (one === "'" || one === '"') skip(quoteEnd(text, at))
    else if (one === '/' && startsRegExp(out)) skip(regExpEnd(text, at))
    else if (one === '`') {
      skip(at + 1)
      skip(templateEnd(text, at))
      if (text[at - 1] === '{') templates.push(0)
    } else if (templates.length > 0 && one === '}' && templates.at(-1) === 0) {
      templates.pop()
      skip(at + 1)
      skip(templateEnd(text, at))
      if (text[at - 1] === '{') templates.push(0)
    } else {
      if (templates.length > 0 && one === '{') templates[templates.length - 1]!++
      if (templates.length > 0 && one === '}') templates[templates.length - 1]!--
      out += one
      at++
    }
  }
  return out
}

function endOf(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from)
  return found < 0 ? text.length : found
}

function quoteEnd(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== text[start] && text[at] !== '\n') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

/** Behind the closing backtick or behind the next `${`. */
function templateEnd(text: string, start: number): number {
  for (let at = start; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '`') return at + 1
    else if (text[at] === '$' && text[at + 1] === '{') return at + 2
  }
  return text.length
}

/** A slash divides after a value and starts an expression after anything else. */
function startsRegExp(before: string): boolean {
  const last = before.trimEnd()
  return last === '' || /[(,=:[!&|?{};+>]$/.test(last) || /\b(return|typeof|case|of|in)$/.test(last)
}

function regExpEnd(text: string, start: number): number {
  let isInClass = false
  for (let at = start + 1; at < text.length && text[at] !== '\n'; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '[') isInClass = true
    else if (text[at] === ']') isInClass = false
    else if (text[at] === '/' && !isInClass) return at + 1
  }
  return start + 1
}
