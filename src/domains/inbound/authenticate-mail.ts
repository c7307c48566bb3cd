// Looks up who vouches for a letter, by mailauth. It runs where reading runs: in a thread that is ended when it takes too long. Invariants: a letter
// is authentic only where its author is one address, the same to whoever reads it, and the domain of that address vouches for all of the letter; the word
// of a mail server in front is taken only where the caller says that it may be. What fails is `temperror`, never an error of the letter's.
import { arc } from 'mailauth/lib/arc/index.js'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import { evaluateDmarc } from 'mailauth/lib/dmarc/index.js'
import { spf } from 'mailauth/lib/spf/index.js'
import { getAlignment, parseHeaders } from 'mailauth/lib/tools.js'
import { normalEmail } from '../../base/email-address.ts'
import { limits } from '../../base/limits.ts'
import { type Authentication, type AuthenticationResult, authenticationResults, type Carrier } from '../emails/authentication.ts'
import type { Resolver } from './bounded-dns.ts'
import { relayResults } from './relay-results.ts'

export type Asked = {
  readonly raw: Uint8Array
  readonly carrier: Carrier
  readonly resolver: Resolver
  /** Ms since 1970 UTC: signatures end. */
  readonly now: number
  /** What it calls itself to others' DNS, in a macro that asks for it. */
  readonly name: string
}

export async function authenticateMail({ raw, carrier, resolver, now, name }: Asked): Promise<Authentication> {
  const { fields, bytes } = withFewSignatures(raw)
  const said = carrier.relays.length === 0 ? null : relayResults(fields, carrier.relays)
  const spfFound = said === null && carrier.address !== null ? await spf({ ...senderOf(carrier), mta: name, resolver }) : null
  const dkim = await dkimVerify(bytes, {
    // Without one it takes what the letter says it was.
    sender: carrier.sender ?? '<>',
    resolver: said === null ? resolver : askNobody,
    curTime: new Date(now),
    rejectRsaSha1: true,
  })
  const author = dkim.fromFields === 1 && dkim.headerFrom.length === 1 ? normalEmail(dkim.headerFrom[0]!) : null
  const isOne = author !== null && author === normalEmail(carrier.author)
  const domain = author?.slice(author.lastIndexOf('@') + 1) ?? ''
  // A result that names another author than the letter does is of another letter.
  if (said !== null) {
    const isOfIt = said.dmarc.result !== 'pass' || said.dmarc.domain === domain
    return { ...said, isAuthentic: isOne && isOfIt && (said.dmarc.result === 'pass' || isVouched(said, domain)) }
  }

  const held = dkim.results.filter(({ status, signingDomain }) => status.result === 'pass' && signingDomain !== undefined)
  const arcFound = await arc(dkim.arc, { resolver })
  const { response } = await evaluateDmarc({
    headerFrom: dkim.headerFrom,
    fromFields: dkim.fromFields,
    spfDomains: spfFound?.status.result === 'pass' ? [spfFound.domain] : [],
    dkimDomains: held.map(({ id, signingDomain, status }) => ({ id, domain: signingDomain, ...status })),
    arcResult: arcFound,
    resolver,
  })
  const found: Authentication = {
    isAuthentic: false,
    relay: null,
    spf: { result: resultOf(spfFound?.status.result), domain: spfFound === null ? null : told(spfFound.domain) },
    dkim: { result: bestOf(dkim.results.map(({ status }) => status.result)), domains: domainsOf(held.map((one) => one.signingDomain!)) },
    dmarc: {
      result: response === false ? 'none' : resultOf(response.status.result),
      policy: response === false ? null : (response.policy ?? null),
      domain: response === false ? null : told(response.domain),
    },
    arc: { result: resultOf(arcFound.status.result) },
  }
  // A signature over the beginning of a letter vouches for that alone: anybody may add to it.
  const whole = held.filter(({ status }) => !status.underSized).map(({ signingDomain }) => signingDomain!)
  return { ...found, isAuthentic: isOne && isVouched({ ...found, dkim: { ...found.dkim, domains: whole } }, domain) }
}

const askNobody: Resolver = (name) => Promise.reject(Object.assign(new Error(name), { code: 'ESERVFAIL' }))

function senderOf({ address, helo, sender }: Carrier) {
  return { ip: address!, helo: helo ?? '', sender: sender ?? '' }
}

/**
 * Where the domain has a policy, its own result counts, and what it rests on must be there: a pass by a signature over a part is none here. Where
 * it has none, the same by the domain that both are registered under.
 */
function isVouched({ spf: bySpf, dkim, dmarc }: Pick<Authentication, 'spf' | 'dkim' | 'dmarc'>, domain: string): boolean {
  if (domain === '' || (dmarc.result !== 'pass' && dmarc.result !== 'none')) return false
  const vouching = [...dkim.domains, ...(bySpf.result === 'pass' && bySpf.domain !== null ? [bySpf.domain] : [])]
  return getAlignment(domain, vouching, false) !== false
}

/**
 * Each signature is a look at the whole letter. The first ones are looked at; what signs further ones is not looked at either, so a letter with many
 * is at worst less trusted.
 */
function withFewSignatures(raw: Uint8Array) {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)
  const end = bytes.indexOf('\r\n\r\n')
  const head = end < 0 ? bytes : bytes.subarray(0, end)
  const fields = parseHeaders(head).parsed
  const isSignature = (key: string) => key === 'dkim-signature'
  if (fields.filter(({ key }) => isSignature(key)).length <= limits.mailSignaturesMax) return { fields, bytes }
  let count = 0
  const kept = fields.filter(({ key }) => !isSignature(key) || ++count <= limits.mailSignaturesMax)
  const lines = kept.flatMap(({ line }) => [line, Buffer.from('\r\n')])
  return { fields, bytes: Buffer.concat([...lines, bytes.subarray(end < 0 ? bytes.length : end + 2)]) }
}

function resultOf(result: string | undefined): AuthenticationResult {
  if (result === undefined) return 'none'
  return authenticationResults.find((one) => one === result) ?? 'permerror'
}

/** Of several signatures: one that holds is enough, and otherwise what may hold another time. */
function bestOf(results: readonly string[]): AuthenticationResult {
  const best = ['pass', 'temperror'].find((one) => results.includes(one)) ?? results[0]
  return resultOf(best)
}

const domainsOf = (domains: readonly string[]) => [...new Set(domains.map(told))].slice(0, limits.mailDomainsToldMax)

/** A stranger wrote it. */
const told = (domain: string) =>
  domain
    .toLowerCase()
    .replaceAll(/[^\x21-\x7e]/g, '')
    .slice(0, 255)
