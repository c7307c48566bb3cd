// The files of a project, read as texts: who imports whom, and on which line. For sentences about a config that does not load,
// where Node names a file and no line, or nothing at all. What runs is never decided by this.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

export type ProjectFile = {
  readonly path: string
  readonly text: string
  readonly imports: readonly { readonly specifier: string; readonly to: string; readonly line: number }[]
}

/** More than any project has: this is read when something is wrong. */
const filesMax = 1_000
const importStatement = /^[ \t]*(?:import|export)\b[^'"\n;]*(?:\{[^}]*\}[^'"\n;]*)?['"]([^'"\n]+)['"]/gm

/** The entry first, then what it imports by a path, in the order in which Node runs into it. */
export function projectFiles(entry: string, atMost: number = filesMax): ProjectFile[] {
  const found = new Map<string, ProjectFile>()
  const visit = (path: string) => {
    if (found.has(path) || found.size >= atMost || !existsSync(path)) return
    const text = readFileSync(path, 'utf8')
    const imports = [...text.matchAll(importStatement)].flatMap(({ 1: specifier = '', 0: statement, index }) =>
      // Of an import that is a type alone nothing is loaded.
      /^[ \t]*(?:import|export)\s+type\b/.test(statement)
        ? []
        : [{ specifier, to: resolve(dirname(path), specifier), line: lineOf(text, index + statement.length) }],
    )
    found.set(path, { path, text, imports })
    for (const { specifier, to } of imports) if (specifier.startsWith('.') && /\.[cm]?[jt]s$/.test(to)) visit(to)
  }
  visit(entry)
  return [...found.values()]
}

/** Where a file waits outside every function: `await` at the beginning of a line's code, which is not indented. */
export function placesOfWaiting(files: readonly ProjectFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    const at = text.search(/^(?![/*\s]).*\bawait\b/m)
    return at < 0 ? [] : [`${path}:${lineOf(text, at)}`]
  })
}

/** Where files throw, or reject with, what is not made there by `new`, and so may be no error. */
export function throwsOfOthers(files: readonly ProjectFile[]): string[] {
  return files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => {
      const code = line.replace(/^\s*(?:\/[/*]|\*).*/, '')
      return /\bthrow\b(?!\s+new\b)|\breject\((?!\s*new\b)/.test(code) ? [`${path}:${index + 1}`] : []
    }),
  )
}

/** Files that import each other in a circle, as `a -> b -> a`; null where there is none. */
export function circleOf(files: readonly ProjectFile[]): string[] | null {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const way: string[] = []
  const done = new Set<string>()
  const visit = (path: string): string[] | null => {
    const at = way.indexOf(path)
    if (at >= 0) return [...way.slice(at), path]
    if (done.has(path)) return null
    way.push(path)
    for (const { to } of byPath.get(path)?.imports ?? []) {
      const circle = byPath.has(to) ? visit(to) : null
      if (circle !== null) return circle
    }
    way.pop()
    done.add(path)
    return null
  }
  return files.length === 0 ? null : visit(files[0]!.path)
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length
}
