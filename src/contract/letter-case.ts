// When two texts differ in the case of letters alone. Databases disagree (by their version of Unicode, by collation,
// by language), so the table is made here, by one rule, and each is asked with it (decision 0034). A letter is compared
// with one letter: ß is not ss, é written as two characters is not é. Letters of ASCII have no partner outside of it,
// so the long s is not s, and a text of ASCII can be compared by bytes everywhere.

/** Letters by the one that stands for all their cases; made when first needed, in some 20 ms. */
let table: ReadonlyMap<string, readonly string[]> | null = null

function caseTable(): ReadonlyMap<string, readonly string[]> {
  if (table === null) {
    const groups = new Map<string, string[]>()
    // The last letters with a case are those of Adlam, U+1E900 to U+1E943.
    for (let code = 0x80; code < 0x1ea00; code++) {
      if (code === 0xd800) code = 0xe000
      const letter = String.fromCodePoint(code)
      const standing = standingFor(letter)
      if (standing === letter && letter.toLowerCase() === letter && letter.toUpperCase() === letter) continue
      const group = groups.get(standing)
      if (group) group.push(letter)
      else groups.set(standing, [letter])
    }
    const byLetter = new Map<string, readonly string[]>()
    for (const group of groups.values()) if (group.length > 1) for (const letter of group) byLetter.set(letter, group)
    table = byLetter
  }
  return table
}

function standingFor(letter: string): string {
  const upper = one(letter.toUpperCase()) ?? letter
  const lower = one(upper.toLowerCase()) ?? upper
  return lower < '\u0080' ? letter : lower
}

/** Null where a case takes several characters. */
function one(text: string): string | null {
  return [...text].length === 1 ? text : null
}

/** All cases of a letter, itself among them: of what has none, itself alone. */
export function casesOf(letter: string): readonly string[] {
  if (letter < '\u0080') return /[A-Za-z]/.test(letter) ? [letter.toUpperCase(), letter.toLowerCase()] : [letter]
  return caseTable().get(letter) ?? [letter]
}

/** The same for all texts that differ in case alone. */
export function withoutCase(text: string): string {
  if (isAscii(text)) return text.toLowerCase()
  let folded = ''
  for (const letter of text) folded += letter < '\u0080' ? letter.toLowerCase() : (caseTable().get(letter)?.[0] ?? letter)
  return folded
}

/** Whether comparing the letters of ASCII in either case, and all others as they are, is enough for this text. */
export function hasOnlyAsciiCases(text: string): boolean {
  if (isAscii(text)) return true
  for (const letter of text) if (letter >= '\u0080' && caseTable().has(letter)) return false
  return true
}

function isAscii(text: string): boolean {
  return /^[\u0000-\u007f]*$/.test(text)
}
