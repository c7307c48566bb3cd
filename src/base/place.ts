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

/** Of whoever calls what calls this; empty where that is nobody's file, such as in a console. */
export function placeOfDeclaration(): string {
  return placeOfCall(new Error().stack ?? '', [sources]) ?? ''
}
