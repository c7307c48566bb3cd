// A browser as far as a sign-in by a provider needs one: it keeps the cookies of each side apart and follows each step by hand.
import assert from 'node:assert/strict'
import type { ApiAnswer, ApiRequest } from './api-harness.ts'

type Ask = (request: ApiRequest) => Promise<ApiAnswer>

export type Trip = {
  /** Cookies of the project's site. */
  readonly cookies: Map<string, string>
  ask(method: string, url: string, more?: Pick<ApiRequest, 'headers' | 'body'>): Promise<ApiAnswer>
  /** Goes to the provider. Answers the address that it sends back to. */
  toCallback(start: string): Promise<string>
  /** Where the provider was asked to go, from the start. */
  begin(start: string): Promise<URL>
  /** Does at the provider what `begin` answered. */
  atProvider(url: URL): Promise<string>
  /** The whole way. Answers the last address. */
  signIn(start: string): Promise<string>
}

const page = { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'cross-site' }

export function createTrip(ask: Ask, origin: string): Trip {
  const cookies = new Map<string, string>()
  const trip: Trip = {
    cookies,
    async ask(method, url, { headers = {}, body } = {}) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const sent = { ...headers, ...(cookie === '' ? {} : { cookie }) }
      const answer = await ask({ method, url, headers: sent, ...(body === undefined ? {} : { body }) })
      for (const line of [answer.headers['set-cookie'] ?? []].flat() as string[]) {
        const [pair] = line.split(';')
        const [name, value] = pair!.split('=') as [string, string]
        cookies.set(name, value)
      }
      return answer
    },
    async begin(start) {
      const { status, headers, text } = await trip.ask('GET', start, { headers: page })
      assert.equal(status, 303, text)
      return new URL(String(headers['location']))
    },
    async atProvider(url) {
      const theirs = new Map<string, string>()
      for (let at = url.href, steps = 0; steps < 8; steps++) {
        const cookie = [...theirs].map(([name, value]) => `${name}=${value}`).join('; ')
        const answer = await fetch(at, { redirect: 'manual', headers: { cookie } })
        for (const line of answer.headers.getSetCookie())
          theirs.set(line.split('=', 1)[0]!, line.split(';', 1)[0]!.split('=').slice(1).join('='))
        const to = answer.headers.get('location')
        assert.notEqual(to, null, `${at} answers ${answer.status}: ${await answer.text()}`)
        const next = new URL(to!, at).href
        if (next.startsWith(origin)) return next.slice(origin.length)
        at = next
      }
      throw new Error('The provider goes round in a circle.')
    },
    toCallback: async (start) => await trip.atProvider(await trip.begin(start)),
    async signIn(start) {
      const { status, headers, text } = await trip.ask('GET', await trip.toCallback(start), { headers: page })
      assert.equal(status, 303, text)
      return String(headers['location'])
    },
  }
  return trip
}
