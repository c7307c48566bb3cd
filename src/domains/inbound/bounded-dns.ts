// The DNS as one letter may ask it: so many questions, each once, and so long in all. Whoever owns a name server that says nothing keeps other
// letters waiting by it, so the time that letters of a network have waited, and all together, is counted: beyond it, what is not known at once is not known.
import type { Clock } from '../../base/clock.ts'
import type { Dns } from '../../base/dns.ts'
import type { DnsType } from '../../base/dns-wire.ts'
import { limits } from '../../base/limits.ts'
import { networkOf } from '../../base/network.ts'

/** As `node:dns` answers, and rejects: `ENOTFOUND`, `ENODATA`, `ETIMEOUT`, `ESERVFAIL`. */
export type Resolver = (name: string, type: string) => Promise<unknown>

export type Patience = {
  /** For a letter that came from this address, or from nobody knows where. `end`: its time is over, or what it wanted was done. */
  of(address: string | null): { readonly resolver: Resolver; end(): void }
}

type Parts = { readonly dns: Dns; readonly clock: Pick<Clock, 'now' | 'after'> }

export function createPatience({ dns, clock }: Parts): Patience {
  const waited = createCount(clock)
  return {
    of(address) {
      const network = address === null ? '' : networkOf(address)
      const began = clock.now()
      const resolver = boundedResolver({ dns, clock, withinMs: waited.leftTo(network) })
      return { resolver, end: () => waited.add(network, Math.max(0, clock.now() - began)) }
    },
  }
}

/** How long letters have waited in this minute: in all, and by their network. */
function createCount(clock: Pick<Clock, 'now'>) {
  const ofNetworks = new Map<string, number>()
  let [ofAll, since] = [0, Number.NEGATIVE_INFINITY]
  const look = () => {
    if (clock.now() - since < limits.mailDnsWindowMs && clock.now() >= since) return
    ofNetworks.clear()
    ofAll = 0
    since = clock.now()
  }
  return {
    leftTo(network: string): number {
      look()
      const left = Math.min(limits.mailDnsNetworkMs - (ofNetworks.get(network) ?? 0), limits.mailDnsWaitedMs - ofAll)
      return Math.min(limits.mailDnsMs, Math.max(limits.mailDnsLeastMs, left))
    },
    add(network: string, ms: number): void {
      ofNetworks.set(network, (ofNetworks.get(network) ?? 0) + ms)
      ofAll += ms
    },
  }
}

const failed = (code: string, name: string) => Object.assign(new Error(`${code} ${name}`), { code })

function boundedResolver({ dns, clock, withinMs }: Parts & { readonly withinMs: number }): Resolver {
  const known = new Map<string, Promise<unknown>>()
  const deadline = clock.now() + withinMs
  return (name, type) => {
    const key = `${type} ${name.toLowerCase()}`
    const before = known.get(key)
    if (before !== undefined) return before
    if (known.size >= limits.mailDnsQuestionsMax) return Promise.reject(failed('EREFUSED', name))
    const answer = inTime({ clock, deadline, name }, ask(dns, name, type))
    // Whoever asks is told; one that nobody waits for any more is no error of ours.
    answer.catch(() => {})
    known.set(key, answer)
    return answer
  }
}

async function ask(dns: Dns, name: string, type: string): Promise<unknown> {
  let answer: Awaited<ReturnType<Dns['resolve']>>
  try {
    answer = await dns.resolve(name, type as DnsType)
  } catch {
    throw failed('ESERVFAIL', name)
  }
  if (answer.status === 'missing') throw failed('ENOTFOUND', name)
  if (answer.status === 'none') throw failed('ENODATA', name)
  if (type !== 'MX') return answer.records
  return (answer.records as readonly { preference: number; exchange: string }[]).map(({ preference, exchange }) => ({
    priority: preference,
    exchange,
  }))
}

type Question = Pick<Parts, 'clock'> & { readonly deadline: number; readonly name: string }

function inTime<T>({ clock, deadline, name }: Question, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(Math.max(0, deadline - clock.now()), () => reject(failed('ETIMEOUT', name)))
    work.then(resolve, reject).finally(cancel)
  })
}
