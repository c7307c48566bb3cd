/** How long functions are and how many parameters they take, read from formatted text without a parser. */
import { blankTexts, lineAt } from './source-files.ts'

export type FunctionFacts = { readonly name: string; readonly line: number; readonly lines: number; readonly parameters: number }

const heads = /^([ \t]*)(?:export )?(?:async )?(?:function\*? (\w+)|const (\w+) = (?:async )?(?=\())/gm

/** Named functions. The formatter indents, so a body ends at the first brace that stands alone in its column. */
export function functionsOf(text: string): FunctionFacts[] {
  const code = blankTexts(text)
  const lines = code.split('\n')
  const found: FunctionFacts[] = []
  for (const { index, 0: head, 1: indent, 2: declared, 3: assigned } of code.matchAll(heads)) {
    const open = code.indexOf('(', index + head.length)
    const close = closingOf(code, open)
    const rest = code.slice(close + 1, code.indexOf('\n', close))
    if (assigned && !rest.includes('=>')) continue
    const line = lineAt(code, index)
    const end = lines.indexOf(`${indent}}`, line)
    const hasBlock = /(?<!\()\{\s*$/.test(rest) && end > 0
    found.push({
      name: (declared ?? assigned)!,
      line,
      lines: hasBlock ? end - line + 2 : 1,
      parameters: parametersIn(code.slice(open + 1, close)),
    })
  }
  return found
}

function closingOf(code: string, open: number): number {
  let depth = 0
  for (let at = open; at < code.length; at++) {
    if ('([{'.includes(code[at]!)) depth++
    else if (')]}'.includes(code[at]!) && --depth === 0) return at
  }
  return code.length
}

/** Commas outside of brackets part them; one at the end parts nothing. */
function parametersIn(list: string): number {
  let depth = 0
  let count = 0
  let isEmpty = true
  for (const [at, letter] of [...list].entries()) {
    if (letter === ',' && depth === 0) {
      count += isEmpty ? 0 : 1
      isEmpty = true
      continue
    }
    if ('([{<'.includes(letter)) depth++
    else if (')]}'.includes(letter) || (letter === '>' && list[at - 1] !== '=')) depth--
    if (letter.trim() !== '') isEmpty = false
  }
  return count + (isEmpty ? 0 : 1)
}
