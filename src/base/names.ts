// Names of people and places, as people type them. They are printed on parcels and in mails that reach others,
// so a name is one line with something to see in it, and no way to a page of somebody's choice.

/** Blank to the eye, though not white space to Unicode: fillers of Hangul, the empty Braille cell, marks and joiners. */
const invisible = /[\s\p{C}\p{M}\u115f\u1160\u2800\u3164\uffa0]/gu

export function isName(text: string): boolean {
  return isOneLine(text) && text.replace(invisible, '') !== '' && !hasAddress(text)
}

function isOneLine(text: string): boolean {
  return !/[\p{Cc}\u2028\u2029]/u.test(text)
}

/** What mail programs turn into a link by themselves: a scheme, `www.`, or a domain with a path behind it. */
function hasAddress(text: string): boolean {
  return /:\/\/|\bwww\.|[\p{L}\p{N}]\.\p{L}{2,}\//iu.test(text)
}
