// Names of people and places, as people type them. They are printed on parcels and in mails that reach others,
// so a name is one line with something to see in it, and no way to a page of somebody's choice.

/** Blank to the eye, though not white space to Unicode: fillers of Hangul, the empty Braille cell, marks and joiners. */
const invisible = /[\s\p{C}\p{M}\u115f\u1160\u2800\u3164\uffa0]/gu

export function isName(text: string): boolean {
  return isOneLine(text) && text.replace(invisible, '') !== '' && !hasAddress(text)
}

/**
 * The text as no program makes a link of it: a dot between letters has a zero-width space behind it. `St.Gallen` and
 * `evil.example` look alike to a rule, so the form of a name cannot keep the second out.
 */
export function withoutLinks(text: string): string {
  return text.replace(/(?<=[\p{L}\p{N}])[.\u3002\uff0e\uff61](?=[\p{L}\p{N}])/gu, '$&\u200b')
}

/** Nothing that begins a line, and nothing that turns round what stands beside it (Unicode's bidirectional controls). */
function isOneLine(text: string): boolean {
  return !/[\p{Cc}\u2028\u2029\p{Bidi_C}]/u.test(text)
}

/** What is plainly a link: a scheme, `www.`, or a domain with a path behind it; also by other forms of the same letters. */
function hasAddress(text: string): boolean {
  return /:\/\/|\bwww\.|[\p{L}\p{N}]\.\p{L}{2,}\//iu.test(text.normalize('NFKC').replace(/[\u3002\uff61]/g, '.'))
}
