// What a mail server in front has found out of a letter, as it notes it in the head (Authentication-Results, RFC 8601). Pure. Anybody may write such
// a header: the name in it is one of those that the caller trusts, and the topmost of that name counts, as each server adds at the top. A server in front
// takes those of its own name away before it adds its own (RFC 8601 section 5).
import { limits } from '../../base/limits.ts'
import { type Authentication, type AuthenticationResult, authenticationResults } from '../emails/authentication.ts'

type Field = { readonly key: string; readonly line: Buffer }

/** Null where none of them has noted anything. */
export function relayResults(fields: readonly Field[], relays: readonly string[]): Omit<Authentication, 'isAuthentic'> | null {
  const noted = fieldsOnTop(fields).flatMap(({ line }) => {
    const text = line.toString('latin1').slice(0, limits.mailResultsCharactersMax)
    const [head = '', ...rest] = partsOf(text.slice(text.indexOf(':') + 1))
    const name = (head.trim().split(/\s+/)[0] ?? '').toLowerCase()
    return relays.includes(name) ? [{ name, parts: rest.map(readPart) }] : []
  })
  const [first] = noted
  return first === undefined
    ? null
    : resultsIn(
        first.name,
        noted.filter(({ name }) => name === first.name).map(({ parts }) => parts),
      )
}

/** Above the second Received: the first is that of the server in front itself, and what is below was there before it. */
function fieldsOnTop(fields: readonly Field[]): Field[] {
  const second = fields.flatMap(({ key }, at) => (key === 'received' ? [at] : []))[1] ?? fields.length
  return fields.slice(0, second).filter(({ key }) => key === 'authentication-results')
}

/**
 * Between semicolons that stand in no comment and in no quoted text; without the comments, which may be inside each other. A stranger chooses what stands
 * before the @ of the sender, and that may look like a result: what is quoted is one word, and what repeats half of a quoted text in a comment says
 * nothing, since the other half has ended it.
 */
function partsOf(text: string): string[] {
  const parts = ['']
  let [depth, isQuoted, quotes] = [0, false, 0]
  for (let at = 0; at < text.length; at++) {
    const letter = text[at]!
    if (letter === '\\' && (depth > 0 || isQuoted)) {
      const next = text[++at] ?? ''
      if (depth === 0) parts[parts.length - 1] += asWord(next)
      continue
    }
    if (letter === '"' && depth > 0) quotes++
    if (depth === 0 && letter === '"') isQuoted = !isQuoted
    else if (!isQuoted && letter === '(') depth++
    else if (!isQuoted && letter === ')' && depth > 0) depth--
    else if (depth === 0 && !isQuoted && letter === ';') parts.push('')
    else if (depth === 0) parts[parts.length - 1] += isQuoted ? asWord(letter) : letter
    if (depth === 0 && quotes % 2 === 1) return [parts[0]!]
  }
  return parts
}

const asWord = (letter: string) => letter.replace(/[\s=]/, '_')

type Part = { readonly method: string; readonly result: AuthenticationResult | null; readonly said: ReadonlyMap<string, string> }

/** `dkim=pass header.d=shop.example` */
function readPart(text: string): Part {
  const words = [...text.matchAll(/([a-z][a-z0-9.-]*)(?:\/\d+)?\s*=\s*([^\s]+)/gi)].map(
    ([, name, value]) => [name!.toLowerCase(), value!.toLowerCase()] as const,
  )
  const [first, ...rest] = words
  const result = authenticationResults.find((one) => one === first?.[1]) ?? null
  return { method: first?.[0] ?? '', result, said: new Map(rest) }
}

/** One server may write a header for each check. Of each check the topmost counts. */
function resultsIn(relay: string, noted: readonly (readonly Part[])[]): Omit<Authentication, 'isAuthentic'> {
  const of = (method: string) => noted.flat().find((part) => part.method === method && part.result !== null)
  const signatures = noted.map((parts) => parts.filter(({ method }) => method === 'dkim')).find(({ length }) => length > 0) ?? []
  const held = signatures.filter(({ result }) => result === 'pass')
  const [bySpf, dmarc, chain] = [of('spf'), of('dmarc'), of('arc')]
  const sender = bySpf?.said.get('smtp.mailfrom') ?? bySpf?.said.get('smtp.helo') ?? null
  const domains = held.map(({ said }) => said.get('header.d') ?? domainOf(said.get('header.i') ?? null)).filter((one) => one !== null)
  return {
    relay,
    spf: { result: bySpf?.result ?? 'none', domain: domainOf(sender) },
    dkim: {
      result: held.length > 0 ? 'pass' : (signatures[0]?.result ?? 'none'),
      domains: [...new Set(domains)].slice(0, limits.mailDomainsToldMax),
    },
    dmarc: { result: dmarc?.result ?? 'none', policy: null, domain: dmarc?.said.get('header.from') ?? null },
    arc: { result: chain?.result ?? 'none' },
  }
}

/** What stands behind the last @, or all of it. */
function domainOf(address: string | null): string | null {
  return address === null ? null : address.slice(address.lastIndexOf('@') + 1).replaceAll(/[^a-z0-9.-]/g, '') || null
}
