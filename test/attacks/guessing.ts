/**
 * Guesses of one account's password and code from many addresses, spread over days: how many are looked at, what chance that
 * gives, and whether the account's owner gets in meanwhile. By itself: `node test/attacks/guessing.ts --guesses 1000000`.
 */
import { pathToFileURL } from 'node:url'
import { openWorld } from '../support/api-harness.ts'

export type Guessed = {
  readonly guesses: number
  readonly days: number
  /** Those that were not refused before anybody looked. */
  readonly looked: { readonly password: number; readonly code: number }
  /** Sign-ins of the owner, in a browser that the account knows, and how many passed. */
  readonly owner: { readonly tried: number; readonly passed: number }
  /** Of hitting a code of six digits once in all these days. */
  readonly chance: number
}

type Plan = { readonly guesses: number; readonly days?: number; readonly addresses?: number; readonly onGuess?: (count: number) => void }

export async function guess({ guesses, days = 1, addresses = 1_000, onGuess = () => {} }: Plan): Promise<Guessed> {
  const world = await openWorld({ isRateLimited: true })
  try {
    const { app } = world.server
    const email = 'owner@example.com'
    const ask = async (url: string, remoteAddress: string, body: object, headers: Record<string, string> = {}) => {
      const answer = await app.inject({ method: 'POST', url: `/api/auth/${url}`, remoteAddress, payload: body, headers })
      return { status: answer.statusCode, cookies: [answer.headers['set-cookie']].flat().map(String) }
    }
    const browser = { 'sec-fetch-site': 'same-origin' }
    const ownersLogIn = (cookie?: string) =>
      ask('login', '192.0.2.1', { email, password: 'password of owner' }, { ...browser, ...(cookie && { cookie }) })
    const first = await ownersLogIn()
    const device = first.cookies.find((cookie) => cookie.startsWith('kp_device='))!.split(';', 1)[0]!

    const looked = { password: 0, code: 0 }
    const owner = { tried: 0, passed: 0 }
    const stepMs = (days * 86_400_000) / guesses
    let nextOwner = 0
    let passed = 0
    for (let count = 0; count < guesses; count++) {
      const network = count % addresses
      const address = `10.${network >> 8}.${network & 255}.7`
      const isCode = count % 2 === 1
      const { status } = isCode
        ? await ask('code/confirm', address, { email, code: String(count % 1_000_000).padStart(6, '0') })
        : await ask('login', address, { email, password: `guess number ${count}` })
      if (status === 401) looked[isCode ? 'code' : 'password']++
      passed += stepMs
      if (passed >= 1) {
        await world.clock.advance(Math.floor(passed))
        passed -= Math.floor(passed)
      }
      // Once an hour.
      if (count * stepMs >= nextOwner) {
        nextOwner += 3_600_000
        owner.tried++
        if ((await ownersLogIn(device)).status === 200) owner.passed++
      }
      onGuess(count + 1)
    }
    return { guesses, days, looked, owner, chance: (looked.code + looked.password) / 1_000_000 }
  } finally {
    await world.close()
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const numberAfter = (word: string, otherwise: number) => {
    const at = process.argv.indexOf(word)
    return at < 0 ? otherwise : Number(process.argv[at + 1])
  }
  const guesses = numberAfter('--guesses', 1_000_000)
  const onGuess = (count: number) => {
    if (count % 50_000 === 0) process.stdout.write(`${count} of ${guesses} guesses\n`)
  }
  const { days, looked, owner, chance } = await guess({ guesses, days: numberAfter('--days', 1), onGuess })
  process.stdout.write(
    `${guesses} guesses from 1,000 addresses in ${days} days: ${looked.password} passwords and ${looked.code} codes were looked at; ` +
      `were all of them codes, one hits with a chance of ${chance}. The owner signed in ${owner.passed} of ${owner.tried} times.\n`,
  )
}
