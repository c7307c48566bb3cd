// Where in a project's own files something stands: what its author looks for first.
import { fileURLToPath } from 'node:url'

const sources = fileURLToPath(new URL('..', import.meta.url))

type Frame = {
  /** `/shop/hooks.ts:3:35 (run)` */
  readonly text: string
  /** `/shop/hooks.ts:3:35`; null of what is no file. */
  readonly place: string | null
  /** In a file of the project: in no package and not in Kingpost. */
  readonly isOwn: boolean
}

/** The calls of a stack, the innermost first. `others`: folders that are not the project's. */
export function framesOf(stack: string, others: readonly string[] = [sources]): Frame[] {
  const lines = stack.matchAll(/^ +at (?:async )?(?:([^\n]*?) \()?((?:file:\/\/|node:)[^\s()]+?):(\d+:\d+)\)?$/gm)
  return [...lines].map(([, name, url, position]) => {
    const file = url!.startsWith('file:') ? fileURLToPath(url!) : null
    const isOwn = file !== null && !file.includes('/node_modules/') && !others.some((folder) => file.startsWith(folder))
    const place = file === null ? null : `${file}:${position}`
    return { text: `${place ?? `${url}:${position}`}${name ? ` (${name.replace(/^Object\./, '')})` : ''}`, place, isOwn }
  })
}

/** The innermost call of a stack that is in the project: `/shop/kingpost.config.ts:3:35`. */
export function placeOfCall(stack: string, others?: readonly string[]): string | null {
  return framesOf(stack, others).find(({ isOwn }) => isOwn)?.place ?? null
}

/** Whether the innermost call that is in no package and not in Node is in the project, and not in Kingpost. */
export function isOfProject(stack: string): boolean {
  return framesOf(stack).find(({ isOwn, place }) => isOwn || place?.startsWith(sources))?.isOwn ?? false
}

/** `/shop/kingpost.config.ts:4`, some lines, and one with a mark below a place: how a SyntaxError begins. */
export function placeOfSyntax(stack: string): string | null {
  const [head = '', ...lines] = stack.split('\n')
  if (!/^(?:file:\/\/)?\/.*:\d+$/.test(head)) return null
  const place = head.replace(/^file:\/\//, '')
  const mark = lines.find((line) => /^ *\^+ *$/.test(line))
  return mark === undefined ? place : `${place}:${mark.indexOf('^') + 1}`
}

/** What somebody declared for a config: where, and in which words. */
export type Declaration = { readonly value: object; readonly place: string; readonly given: object }

const declarations = new WeakMap<object, Declaration>()
const inOrder: Declaration[] = []

/** Keeps with `value` where it was declared, and what was given for it. */
export function declare<T extends object>(value: T, given: object, place: string): T {
  const declaration = { value, place, given }
  declarations.set(value, declaration)
  if (place !== '') inOrder.push(declaration)
  return value
}

/** Undefined of what no builder of ours has made, such as a copy. */
export function declarationOf(value: unknown): Declaration | undefined {
  return typeof value === 'object' && value !== null ? declarations.get(value) : undefined
}

/** All that files of this project have declared so far. */
export function declaredHere(): readonly Declaration[] {
  return inOrder
}

/** Of whoever calls what calls this; empty where that is nobody's file, such as in a console. */
export function placeOfDeclaration(): string {
  return placeOfCall(new Error().stack ?? '') ?? ''
}
