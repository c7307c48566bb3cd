// JSON bodies: from bytes to values, refusing what JSON can say and no database keeps as it was said. That is text that
// is not UTF-8, null characters, halves of surrogate pairs, numbers that lose digits, names given twice and names of
// prototypes. Invariant: the cost grows with the length of the body and no faster.
import { EngineError, invalid } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import { saysAgain } from './exact-number.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** @throws malformed_json, or validation_failed with the path of what cannot be kept */
export function parseJsonBody(bytes: Uint8Array): unknown {
  const text = decode(bytes)
  const { names, hasLongNumber } = tokensOf(text)
  const value = parse(text, hasLongNumber)
  const found = { names: 0, values: 0 }
  const checked = checkValue(value, '', limits.jsonDepthMax, found)
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

/** Stands for a number that a double cannot say again, until its path is known. */
const lost = Symbol('lost')

function parse(text: string, hasLongNumber: boolean): unknown {
  const mark = (_name: string, value: unknown, { source }: { readonly source?: string }) =>
    typeof value === 'number' && !saysAgain(value, source!) ? lost : value
  try {
    return hasLongNumber ? JSON.parse(text, mark as never) : JSON.parse(text)
  } catch (cause) {
    throw new EngineError('malformed_json', { cause })
  }
}

const codes = { quote: 0x22, backslash: 0x5c, colon: 0x3a, zero: 0x30, nine: 0x39, dot: 0x2e, e: 0x65, upperE: 0x45, blank: 0x20 } as const

/** How many names the text gives its objects, and whether it has a number of more digits than always survive. */
function tokensOf(text: string): { readonly names: number; readonly hasLongNumber: boolean } {
  let names = 0
  let hasLongNumber = false
  let digits = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === codes.quote) {
      at = endOfString(text, at)
      if (isName(text, at)) names++
      digits = 0
    } else if (code >= codes.zero && code <= codes.nine) {
      // A double keeps any fifteen.
      if (++digits > 15) hasLongNumber = true
    } else if (code === codes.e || code === codes.upperE) {
      hasLongNumber ||= digits > 0
    } else if (code !== codes.dot) digits = 0
  }
  return { names, hasLongNumber }
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

/** Whether every database keeps this text as it is. */
function isStorableText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}

/** Answers the value, which has no negative zero: databases have only one. */
function checkValue(value: unknown, path: string, left: number, found: { names: number; values: number }): unknown {
  if (++found.values > limits.jsonValuesMax) throw invalid('', 'values', `holds more than ${limits.jsonValuesMax} values`)
  if (value === lost) throw invalid(path, 'number', 'is a number of more digits, or larger, than can be kept exactly')
  if (value === 0) return 0
  if (typeof value === 'string' && !isStorableText(value))
    throw invalid(path, 'characters', 'holds a null character or half of a surrogate pair')
  if (typeof value !== 'object' || value === null) return value
  if (left === 0) throw invalid('', 'depth', `nests deeper than ${limits.jsonDepthMax}`)
  const inside = value as Record<string, unknown>
  for (const name of Object.keys(inside)) {
    if (!Array.isArray(value)) {
      found.names++
      checkName(name, path)
    }
    inside[name] = checkValue(inside[name], `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, left - 1, found)
  }
  return value
}

function checkName(name: string, path: string): void {
  if (!isStorableText(name)) throw invalid(path, 'characters', 'has a name with a null character or half of a surrogate pair')
  if (name === '__proto__') throw invalid(path, 'name', 'has a name that programs take for something else: __proto__')
}
