// What a template fills in, held to an example of what it is given: a name that is not there would be a gap in a mail.
import mustache from 'mustache'
import { limits } from '../../base/limits.ts'
import { nearest } from '../../base/nearest.ts'

/** `tell`: where, as a position in the text. `partial`: null where there is none of that name. */
export type Looked = {
  readonly text: string
  /** What it is given. Below null nothing is known, and all is taken. */
  readonly example: Readonly<Record<string, unknown>>
  readonly tell: (at: number, message: string) => void
  readonly partial: (name: string) => { readonly text: string; readonly tell: Looked['tell'] } | null
}
type Token = readonly [type: string, value: string, start: number, end: number, inner?: readonly Token[]]

export function checkPlaceholders(looked: Looked): void {
  checkText(looked, [looked.example], 0)
}

function checkText(looked: Looked, scopes: readonly unknown[], depth: number): void {
  const tokens = parse(looked)
  if (tokens !== null) checkTokens(tokens, { looked, scopes, depth })
}

function parse({ text, tell }: Looked): readonly Token[] | null {
  try {
    return mustache.parse(text) as unknown as readonly Token[]
  } catch (error) {
    const { message } = error as Error
    const [, what = message, at = '0'] = /^(.*) at (\d+)$/.exec(message) ?? []
    tell(Number(at), `is no template: ${what.charAt(0).toLowerCase()}${what.slice(1)}`)
    return null
  }
}

type Place = { readonly looked: Looked; readonly scopes: readonly unknown[]; readonly depth: number }

function checkTokens(tokens: readonly Token[], place: Place): void {
  const { looked, scopes, depth } = place
  for (const [type, name, start, , inner = []] of tokens) {
    if (type === '&') looked.tell(start, `{{{${name}}}} would not be escaped: write {{${name}}}`)
    if (type === '>') checkPartial(name, start, place)
    if (!['name', '#', '^'].includes(type)) continue
    const found = lookUp(name, scopes)
    if (found === undefined) looked.tell(start, `{{${name}}} is nothing that this mail is given${nearest(name, namesIn(scopes))}`)
    if (type === 'name') continue
    const within = Array.isArray(found) ? (found[0] ?? null) : found
    checkTokens(inner, { looked, depth, scopes: found === undefined ? [...scopes, null] : [...scopes, within] })
  }
}

function checkPartial(name: string, start: number, { looked, scopes, depth }: Place): void {
  if (name === 'content') return
  const found = looked.partial(name)
  if (found === null) looked.tell(start, `there is no mails/partials/${name}`)
  else if (depth >= limits.mailPartialsDeep) looked.tell(start, `{{> ${name}}} holds itself`)
  else checkText({ ...looked, ...found }, scopes, depth + 1)
}

/** As Mustache looks: the first part in the innermost scope that has it, the others in what was found. Undefined: there is none. */
function lookUp(name: string, scopes: readonly unknown[]): unknown {
  if (name === '.') return scopes.at(-1)
  const [first, ...others] = name.split('.')
  const scope = scopes.findLast((one) => one === null || has(one, first!))
  let value = scope === undefined ? undefined : partOf(scope, first!)
  for (const part of others) value = value === undefined ? undefined : partOf(value, part)
  return value
}

function has(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
}

function partOf(value: unknown, name: string): unknown {
  if (value === null) return null
  if (name === 'length' && (typeof value === 'string' || Array.isArray(value))) return value.length
  return has(value, name) ? (value as Readonly<Record<string, unknown>>)[name] : undefined
}

function namesIn(scopes: readonly unknown[]): string[] {
  return scopes.flatMap((scope) => (typeof scope === 'object' && scope !== null && !Array.isArray(scope) ? Object.keys(scope) : []))
}
