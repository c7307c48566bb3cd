// Whether a password is known from breaches: asked of Have I Been Pwned by k-anonymity. What leaves is the first five of the 40
// characters of its SHA-1, which some 800 known passwords share, and the answer is padded, so that its length says nothing either
// (https://haveibeenpwned.com/API/v3#PwnedPasswords). Invariant: whoever cannot be reached keeps nobody from a password.
import { createHash } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { Egress } from '../base/egress.ts'
import { limits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import type { Breaches } from '../operation/define.ts'

export const pwnedPasswordsUrl = 'https://api.pwnedpasswords.com'

type Parts = { readonly egress: Egress; readonly clock: Pick<Clock, 'now' | 'after'>; readonly log: Log; readonly url?: string }

export function createPwnedPasswords({ egress, clock, log, url = pwnedPasswordsUrl }: Parts): Breaches {
  let pausedUntil = 0
  /** Let through without an answer since it was last told. */
  let unasked = 0

  async function ask(prefix: string): Promise<string> {
    const headers = { 'add-padding': 'true', 'user-agent': 'kingpost' }
    const { status, body } = await egress.request({ method: 'GET', url: `${url}/range/${prefix}`, headers })
    if (status !== 200) throw new Error(`It answered ${status}.`)
    return body
  }

  return {
    async has(password) {
      if (clock.now() < pausedUntil) {
        unasked++
        return false
      }
      // As it is hashed here, and as most sites have it.
      const hash = createHash('sha1').update(password.normalize('NFC')).digest('hex').toUpperCase()
      try {
        return isListed(await inTime(ask(hash.slice(0, 5)), clock), hash.slice(5))
      } catch (error) {
        pausedUntil = clock.now() + limits.breachPauseMs
        const fields = { error, letThrough: unasked + 1 }
        unasked = 0
        log.write('warn', 'Have I Been Pwned did not answer: passwords are let through.', fields)
        return false
      }
    },
  }
}

/** Lines of `SUFFIX:COUNT`; those of the padding count nothing. */
function isListed(lines: string, suffix: string): boolean {
  return lines.split('\n').some((line) => {
    const [listed, count] = line.trim().split(':')
    return listed?.toUpperCase() === suffix && Number(count) > 0
  })
}

function inTime<T>(asked: Promise<T>, clock: Pick<Clock, 'after'>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(limits.breachCheckMs, () => reject(new Error(`There was no answer within ${limits.breachCheckMs} ms.`)))
    asked.then(resolve, reject).finally(cancel)
  })
}
