/** `admin, staff` as a list: blanks and commas part them. */
export function rolesOf(text: unknown): string[] {
  return [...new Set(String(text ?? '').split(/[\s,]+/))].filter((role) => role !== '')
}
