// Where in a project's own files something stands: what its author looks for first.
import { fileURLToPath } from 'node:url'

/** The innermost call of a stack that is in no package and in none of these folders: `/shop/kingpost.config.ts:3:35`. */
export function placeOfCall(stack: string, own: readonly string[]): string | null {
  for (const [, url, position] of stack.matchAll(/^ +at .*?(file:\/\/[^\s()]+?):(\d+:\d+)\)?$/gm)) {
    const file = fileURLToPath(url!)
    if (!file.includes('/node_modules/') && !own.some((folder) => file.startsWith(folder))) return `${file}:${position}`
  }
  return null
}

const sources = fileURLToPath(new URL('..', import.meta.url))

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
  return placeOfCall(new Error().stack ?? '', [sources]) ?? ''
}
