/** Whether every database keeps this text as it is. */
export function isStorableText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}

/** Said after what is none. */
export const unstorableText = 'holds a null character or half of a surrogate pair'

/** Where a value as JSON has it holds a text or a name that is none, as a JSON pointer; null where it does not. */
export function unstorableIn(value: unknown, at = ''): string | null {
  if (typeof value === 'string') return isStorableText(value) ? null : at
  if (typeof value !== 'object' || value === null) return null
  for (const [name, one] of Object.entries(value)) {
    const found = isStorableText(name) ? unstorableIn(one, `${at}/${pointerStep(name)}`) : at
    if (found !== null) return found
  }
  return null
}

/** A name as a step of a JSON pointer (RFC 6901). */
export function pointerStep(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** A pattern that is too long for a line: its parts, one behind the other. */
export function patternOf(flags: string, ...parts: readonly string[]): RegExp {
  return new RegExp(parts.join(''), flags)
}
