// The way to whoever takes our mail is spared while it is broken: one message is sent to see, and the others wait without an attempt of their
// own. So is a domain that puts off everything. And no domain gets more at once, or in a minute, than the config says. Each process
// learns and counts by itself.
import type { Clock } from '../../base/clock.ts'
import { withoutAddresses } from '../../base/email-address.ts'
import { limits } from '../../base/limits.ts'
import type { Log } from '../../base/log.ts'
import type { Delivery, MailTransport, Message } from './transport.ts'

/** To one domain, of one process. */
export type DomainLimits = { readonly atOnce: number | null; readonly perMinute: number | null }

type Parts = { readonly clock: Pick<Clock, 'now'>; readonly log: Log; readonly perDomain: DomainLimits }

export function spareTransport(transport: MailTransport, { clock, log, perDomain }: Parts): MailTransport {
  const way = createBreaker({ clock, failuresMax: 1, firstMs: limits.mailPauseMs, mostMs: limits.mailPauseMaxMs })
  const domains = new Map<string, Domain>()
  const { atOnce = Infinity } = transport
  let underWay = 0

  function domainOf(message: Message): Domain {
    const name = message.to.slice(message.to.lastIndexOf('@') + 1)
    let domain = domains.get(name)
    if (domain === undefined) {
      if (domains.size >= limits.mailDomainsKept) for (const [old, { isIdle }] of domains) if (isIdle()) domains.delete(old)
      domain = createDomain(name, { clock, perDomain })
      domains.set(name, domain)
    }
    return domain
  }

  function learn(delivery: Delivery): void {
    if (delivery.status === 'unavailable') {
      // Told to the log, and by each message that waits, whosever it is.
      const reason = withoutAddresses(delivery.reply)
      if (way.fail(reason)) log.write('warn', 'Mail cannot be sent: the way there is broken. All of it waits.', { reason })
    } else if (way.pass()) log.write('info', 'Mail can be sent again.')
  }

  return {
    async send(message) {
      // Those before it may wait for servers that do not answer: payments need places, too.
      if (underWay >= atOnce) return waits(`${underWay} messages are on their way.`, limits.effectPollMs)
      const closed = way.enter()
      if (closed !== null) return closed
      const domain = domainOf(message)
      const full = domain.enter()
      if (full !== null) {
        way.leave()
        return full
      }
      underWay++
      try {
        const delivery = await transport.send(message)
        learn(delivery)
        domain.learn(delivery)
        return delivery.status === 'unavailable' ? { ...delivery, afterMs: Math.max(delivery.afterMs ?? 0, way.waitMs()) } : delivery
      } finally {
        underWay--
        way.leave()
        domain.leave()
      }
    },
    close: () => transport.close(),
  }
}

type Domain = ReturnType<typeof createDomain>

function waits(why: string, afterMs: number): Delivery {
  return { status: 'unavailable', reply: `Waits: ${why}`, afterMs }
}

function createDomain(name: string, { clock, perDomain: { atOnce, perMinute } }: Omit<Parts, 'log'>) {
  const breaker = createBreaker({
    clock,
    failuresMax: limits.mailDomainFailuresMax,
    firstMs: limits.mailDomainPauseMs,
    mostMs: limits.mailDomainPauseMaxMs,
  })
  let underWay = 0
  /** Starts of the last minute. */
  let starts: number[] = []

  return {
    isIdle: () => underWay === 0 && breaker.waitMs() === 0 && starts.every((at) => at <= clock.now() - 60_000),
    /** Why not now; null when it may be sent. */
    enter(): Delivery | null {
      const now = clock.now()
      starts = starts.filter((at) => at > now - 60_000)
      if (atOnce !== null && underWay >= atOnce) return waits(`${underWay} messages to ${name} are on their way.`, limits.effectPollMs)
      if (perMinute !== null && starts.length >= perMinute)
        return waits(`${perMinute} messages to ${name} went out within a minute.`, starts[0]! + 60_000 - now)
      const closed = breaker.enter()
      if (closed !== null) return closed
      underWay++
      if (perMinute !== null) starts.push(now)
      return null
    },
    leave() {
      underWay--
      breaker.leave()
    },
    learn(delivery: Delivery) {
      const { status, reply } = delivery
      // 421 and 4.7.x speak of all that we send there; other delays of one mailbox.
      if (status === 'deferred' && (delivery.isOfDomain || /^421|\b4\.7\.\d/.test(reply)))
        breaker.fail(`${name} takes no mail now: ${withoutAddresses(reply)}`)
      else if (status === 'accepted' || status === 'refused') breaker.pass()
    },
  }
}

type BreakerOptions = {
  readonly clock: Pick<Clock, 'now'>
  readonly failuresMax: number
  readonly firstMs: number
  readonly mostMs: number
}

/** After so many failures in a row nothing is let through for a while, then one, to see; each failure after that doubles the while. */
function createBreaker({ clock, failuresMax, firstMs, mostMs }: BreakerOptions) {
  let failures = 0
  let pauseMs = 0
  let until = 0
  let reason = ''
  let underWay = 0
  const waitMs = () => Math.max(0, until - clock.now())

  return {
    waitMs,
    enter(): Delivery | null {
      const isProbing = pauseMs > 0 && underWay > 0
      if (waitMs() > 0 || isProbing) return { status: 'unavailable', reply: reason, afterMs: Math.max(waitMs(), firstMs) }
      underWay++
      return null
    },
    leave: () => void underWay--,
    /** Whether the pause begins by that. */
    fail(why: string): boolean {
      failures++
      reason = why
      if (failures < failuresMax) return false
      const isFirst = pauseMs === 0
      // Those that were under way together fail together, and that is one failure.
      if (waitMs() > 0) return false
      pauseMs = isFirst ? firstMs : Math.min(mostMs, pauseMs * 2)
      until = clock.now() + pauseMs
      return isFirst
    },
    /** Whether there was a pause. */
    pass(): boolean {
      const was = pauseMs > 0
      failures = 0
      pauseMs = 0
      until = 0
      return was
    },
  }
}
