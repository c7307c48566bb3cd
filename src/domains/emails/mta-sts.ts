// What a domain demands of whoever brings it mail (MTA-STS, RFC 8461): which servers are its own, and that TLS holds. The DNS says that there is a
// policy, HTTPS says which; it is kept for as long as it says. Each process learns by itself, and again after it was started.
import type { Clock } from '../../base/clock.ts'
import type { Dns } from '../../base/dns.ts'
import type { Egress } from '../../base/egress.ts'
import { limits } from '../../base/limits.ts'

export type StsPolicy = {
  /** `enforce`: no mail goes past it. `testing`: all does. */
  readonly mode: 'enforce' | 'testing' | 'none'
  /** Names of its servers; `*.mx.example` is one label before the rest. */
  readonly mx: readonly string[]
  readonly maxAgeMs: number
}

export type StsPolicies = {
  /** Null: it has none, or none can be had. Never throws. */
  policyOf(domain: string): Promise<StsPolicy | null>
}

type Kept = { readonly id: string; readonly policy: StsPolicy | null; readonly until: number }
type Parts = { readonly dns: Dns; readonly egress: Egress; readonly clock: Pick<Clock, 'now'>; readonly isPublicOnly: boolean }

export function createStsPolicies({ dns, egress, clock, isPublicOnly }: Parts): StsPolicies {
  const kept = new Map<string, Kept>()

  async function fetchPolicy(domain: string): Promise<StsPolicy | null> {
    // Section 3.3: no redirect is followed, and the certificate must hold; both are so of this port.
    const {
      status,
      body,
      type = '',
    } = await egress.request({
      method: 'GET',
      url: `https://mta-sts.${domain}/.well-known/mta-sts.txt`,
      isPublicOnly,
      withinMs: limits.mailPolicyMs,
      charactersMax: limits.mailPolicyCharactersMax,
    })
    return status === 200 && /^text\/plain\b/i.test(type) ? parseStsPolicy(body) : null
  }

  function keep(domain: string, one: Kept): StsPolicy | null {
    if (kept.size >= limits.mailDomainsKept) for (const [old, { until }] of kept) if (until <= clock.now()) kept.delete(old)
    if (kept.size < limits.mailDomainsKept || kept.has(domain)) kept.set(domain, one)
    return one.policy
  }

  return {
    async policyOf(domain) {
      const known = kept.get(domain)
      const held = known !== undefined && known.until > clock.now() ? known : undefined
      const id = await policyId(dns, domain).catch(() => undefined)
      // Nobody who only keeps the DNS or the page from us takes the policy away before its time (section 5.1).
      if (id === undefined || id === null || id === held?.id) return held?.policy ?? null
      const policy = await fetchPolicy(domain).catch(() => null)
      if (policy !== null) return keep(domain, { id, policy, until: clock.now() + policy.maxAgeMs })
      // Not for each message anew.
      return keep(domain, { id, policy: held?.policy ?? null, until: held?.policy ? held.until : clock.now() + limits.mailPolicyAgainMs })
    },
  }
}

/** Null: there is none. Section 3.1: several are none. */
async function policyId(dns: Dns, domain: string): Promise<string | null> {
  const { records } = await dns.resolve(`_mta-sts.${domain}`, 'TXT')
  const texts = records.map((strings) => strings.join('')).filter((text) => text.startsWith('v=STSv1;'))
  const [, id] = (texts.length === 1 && /;\s*id=([A-Za-z0-9]{1,32})\s*(?:;|$)/.exec(texts[0]!)) || []
  return id ?? null
}

/** Section 3.2. Null: it is none. */
export function parseStsPolicy(text: string): StsPolicy | null {
  // Taken apart at the colon: one pattern for a line of blanks took minutes, and whose domain it is writes it.
  const pairs = text.split('\n').map((line) => {
    const colon = line.indexOf(':')
    return { name: line.slice(0, Math.max(0, colon)).trimEnd(), value: line.slice(colon + 1).trim() }
  })
  const allOf = (wanted: string) => pairs.flatMap(({ name, value }) => (name === wanted ? [value] : []))
  const [version] = allOf('version')
  const [mode] = allOf('mode')
  const [age = ''] = allOf('max_age')
  const mx = allOf('mx')
    .map((name) => name.toLowerCase())
    .slice(0, limits.mailPolicyNamesMax)
  if (version !== 'STSv1' || !/^\d{1,10}$/.test(age) || (mode !== 'enforce' && mode !== 'testing' && mode !== 'none')) return null
  if (mode !== 'none' && mx.length === 0) return null
  return { mode, mx, maxAgeMs: Math.min(Number(age) * 1_000, limits.mailPolicyAgeMaxMs) }
}

/** Section 4.1. */
export function isServerOf({ mx }: StsPolicy, host: string): boolean {
  return mx.some((name) => (name.startsWith('*.') ? host.slice(host.indexOf('.')) === name.slice(1) : host === name))
}
