// JSON bodies: from bytes to values, refusing what JSON can say and no database keeps as it was said. That is text that
// is not UTF-8, null characters, halves of surrogate pairs, numbers that lose digits, names given twice and names of
// prototypes. Invariant: the cost grows with the length of the body and no faster, and what is larger than its limits is
// refused before anything is made of it: a value costs many times what reading its text does.
import { EngineError, invalid } from './engine-error.ts'
import { saysAgain } from './exact-number.ts'
import { limits } from './limits.ts'
import { isStorableText, pointerStep, unstorableText } from './text.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** @throws malformed_json, or validation_failed with the path of what cannot be kept */
export function parseJsonBody(bytes: Uint8Array): unknown {
  const text = decode(bytes)
  const { names, inexact } = countTokens(text)
  const value = parse(text, inexact)
  const found = { names: 0 }
  const checked = checkValue(value, [], found)
  if (found.names < names) throw invalid('', 'repeated', 'gives one name twice in an object')
  return checked
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw new EngineError('malformed_json', { detail: 'The body is not valid UTF-8.', cause })
  }
}

/** Stands for the first number that a double cannot say again, until its path is known. */
const lost = Symbol('lost')

function parse(text: string, inexact: string | undefined): unknown {
  const mark = (_name: string, value: unknown, token?: { readonly source?: string }) =>
    typeof value === 'number' && token?.source === inexact ? lost : value
  try {
    return inexact === undefined ? JSON.parse(text) : JSON.parse(text, mark)
  } catch (cause) {
    throw new EngineError('malformed_json', { cause })
  }
}

/** A double keeps any fifteen digits, and no exponent of two digits leads out of its range. */
const surelyExact = /^-?[\d.]{1,16}(?:[eE][+-]?\d{1,2})?$/

function isExact(source: string): boolean {
  return (source.length <= 15 && surelyExact.test(source)) || saysAgain(Number(source), source)
}

const codes = {
  quote: 0x22,
  backslash: 0x5c,
  colon: 0x3a,
  comma: 0x2c,
  minus: 0x2d,
  nine: 0x39,
  blank: 0x20,
  openList: 0x5b,
  closeList: 0x5d,
  openObject: 0x7b,
  closeObject: 0x7d,
} as const

/**
 * How many names the text gives its objects, and the first number in it that a double cannot say again. Of broken JSON
 * what follows the break counts like the rest.
 * @throws validation_failed for more values or names, or deeper ones, than a body may have
 */
function countTokens(text: string): { readonly names: number; readonly inexact: string | undefined } {
  let names = 0
  let ownNames = 0
  let values = 0
  let depth = 0
  let inexact: string | undefined
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code <= codes.blank || code === codes.comma || code === codes.colon) continue
    if (code === codes.closeList || code === codes.closeObject) {
      depth--
      continue
    }
    if (code === codes.quote) {
      at = endOfString(text, at)
      if (isName(text, at)) {
        names++
        if (depth === 1 && ++ownNames > limits.bodyNamesMax) throw invalid('', 'names', `has more than ${limits.bodyNamesMax} names`)
        continue
      }
    } else if (code === codes.openList || code === codes.openObject) {
      if (++depth > limits.jsonDepthMax) throw invalid('', 'depth', `nests deeper than ${limits.jsonDepthMax}`)
    } else {
      const word = text.slice(at, endOfWord(text, at))
      if (code >= codes.minus && code <= codes.nine && inexact === undefined && !isExact(word)) inexact = word
      at += word.length - 1
    }
    if (++values > limits.jsonValuesMax) throw invalid('', 'values', `holds more than ${limits.jsonValuesMax} values`)
  }
  return { names, inexact }
}

/** The place after a number, true, false or null. */
function endOfWord(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code <= codes.blank || code === codes.comma || code === codes.closeList || code === codes.closeObject) return at
    if (code === codes.quote || code === codes.colon || code === codes.openList || code === codes.openObject) return at
  }
  return text.length
}

/** The place of the closing quote; of broken JSON, the end. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === codes.quote) return at
    if (code === codes.backslash) at++
  }
  return text.length
}

function isName(text: string, end: number): boolean {
  let at = end + 1
  while (text.charCodeAt(at) <= codes.blank) at++
  return text.charCodeAt(at) === codes.colon
}

type Path = (string | number)[]

/** Answers the value, which has no negative zero: databases have only one. */
function checkValue(value: unknown, path: Path, found: { names: number }): unknown {
  if (value === 0) return 0
  if (value === lost) throw refused(path, 'number', 'is a number of more digits, or larger, than can be kept exactly')
  if (typeof value === 'string' && !isStorableText(value)) throw refused(path, 'characters', unstorableText)
  if (typeof value !== 'object' || value === null) return value
  const inside = value as Record<string | number, unknown>
  for (const name of Array.isArray(value) ? value.keys() : Object.keys(value)) {
    if (typeof name === 'string') {
      found.names++
      checkName(name, path)
    }
    const one = inside[name]
    path.push(name)
    const checked = checkValue(one, path, found)
    path.pop()
    if (!Object.is(checked, one)) inside[name] = checked
  }
  return value
}

function checkName(name: string, path: Path): void {
  if (!isStorableText(name)) throw refused(path, 'characters', 'has a name with a null character or half of a surrogate pair')
  if (name === '__proto__') throw refused(path, 'name', 'has a name that programs take for something else: __proto__')
}

function refused(path: Path, code: string, message: string): EngineError {
  return invalid(path.map((name) => `/${pointerStep(String(name))}`).join(''), code, message)
}
