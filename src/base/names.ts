// Names of people and places, as people type them. They are printed on parcels and in mails that reach others,
// so a name is one line with something to see in it, and no way to a page of somebody's choice.

/** Blank to the eye, though not white space to Unicode: fillers of Hangul, the empty Braille cell, marks and joiners. */
const invisible = /[\s\p{C}\p{M}\u115f\u1160\u2800\u3164\uffa0]/gu

export function isName(text: string): boolean {
  return isOneLine(text) && text.replace(invisible, '') !== '' && !hasAddress(text)
}

/**
 * Whether it can be read as it was written, in as many lines as it takes: a note, a message, a reason. Characters that turn round whatever
 * stands behind them, on the page of whoever reads it, are no part of a text; marks of direction are, of one in Hebrew or Arabic.
 */
export function isFreeText(text: string): boolean {
  return text.replace(invisible, '') !== '' && !/[\u202a-\u202e\u2066-\u2069]|(?![\n\r\t])\p{Cc}/u.test(text)
}

/**
 * The text as no program makes a link of it, and as nobody reads an address in it: a dot that joins two words is a blank.
 * `St.Gallen` and `evil.example` look alike to a rule, so the form of a name cannot keep the second out.
 */
export function withoutLinks(text: string): string {
  const plain = likeBrowsers(text)
  if (!plain.includes('.')) return text
  const broken = plain.replace(joiningDot, ' ')
  // As it was typed where nothing is joined: the plain form of `12½` reads as another number.
  return (broken === plain ? text : broken).replace(/(?<=\p{N})\.(?=\p{N})/gu, '$&\u200b')
}

/** Between words, or a number and a word; with blanks before it and in brackets, too. `3.1` is a number of a door. */
const joiningDot = /(?<=[\p{L}\p{M}])[\s\p{Ps}\p{Pe}]*\.\p{Pe}*(?=[\p{L}\p{N}])|(?<=\p{N})[\s\p{Ps}\p{Pe}]*\.\p{Pe}*(?=\p{L})/gu

/** Nothing that begins a line, and nothing that turns round what stands beside it. */
function isOneLine(text: string): boolean {
  return !/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(text)
}

/** Marks that say in which direction a sign beside them is read, as in a house number in a Hebrew street: nobody sees them. */
const mark = '\u061c\u200e\u200f'
const around = new RegExp(`^[\\s${mark}]+|[\\s${mark}]+$`, 'g')

/** Without blanks and marks of direction around it, which come with what is copied from a page. */
export function trimmed(text: string): string {
  return text.replace(around, '')
}

export function withoutMarks(text: string): string {
  return text.replace(new RegExp(`[${mark}]`, 'g'), '')
}

/** What is plainly a link: a scheme, `www.`, a domain with a path behind it, `xn--`; or one that is spelled so that rules miss it. */
function hasAddress(text: string): boolean {
  return /:\/\/|\bwww\.|[\p{L}\p{N}]\.\p{L}{2,}\/|\bxn--|\p{Ps}\s*(?:\.|dot)\s*\p{Pe}/iu.test(likeBrowsers(text))
}

/** Of these letters each has one form, and all are seen. */
const isAscii = /^[ -~]*$/

/** UTS 46 as far as it matters here: one form of each letter, nothing that is not seen, one dot. */
function likeBrowsers(text: string): string {
  if (isAscii.test(text)) return text
  return text
    .replace(/\p{DI}/gu, '')
    .normalize('NFKC')
    .replace(/[\u3002\uff61]/g, '.')
}
