// Asks both worlds, and says what does not hold: an answer that differs between them, one that is not as expected, a failure of ours,
// and anything that was stored though nothing should have been.
import assert from 'node:assert/strict'
import type { ApiAnswer, ApiRequest, As } from '../../support/api-harness.ts'
import { checkProblem } from '../../support/scenario.ts'
import type { Twins } from '../../support/two-worlds/twins.ts'
import type { Ask, Expected, Trial } from './asks.ts'

/** @throws DifferenceError, AssertionError */
export async function carryOut(twins: Twins, trial: Trial): Promise<number> {
  if (typeof trial === 'function') {
    await trial(twins)
    return 1
  }
  let before = await positions(twins)
  for (const [index, one] of trial.entries()) {
    await askOne(twins, one)
    const isLast = index === trial.length - 1
    if (one.expect.stores || isLast || trial[index + 1]!.expect.stores) {
      const now = await positions(twins)
      if (!one.expect.stores) assert.deepEqual(now, before, `${said(one)} or what came before it stored something`)
      before = now
    }
  }
  for (const { log } of Object.values(twins.worlds))
    assert.deepEqual(
      log.filter(({ level }) => level === 'error'),
      [],
    )
  return trial.length
}

async function positions({ worlds }: Twins): Promise<number[]> {
  return [await worlds.left.newest(), await worlds.right.newest()]
}

const said = ({ as, request }: Pick<Ask, 'as' | 'request'>) => `${as} ${JSON.stringify(request).slice(0, 600)}`

async function askOne(twins: Twins, one: Ask): Promise<void> {
  const { as, request, expect } = one
  const { text, answer } = await twins.ask({ as, request })
  const about = `${said(one)}: ${text.slice(0, 900)}`
  checkAnswer(answer, expect, about)
  if (expect.like) {
    const [name, unknown] = Object.entries(expect.like)[0]!
    const known = await twins.ask({ as, request: replaced(request, name, unknown) })
    assert.equal(plain(text), plain(known.text.replaceAll(unknown, name)), `${said(one)}: not as ${unknown}`)
  }
}

/** Every stream begins at a place of its own. */
const plain = (text: string) => text.replace(/‹place:\d+›/g, '')

function replaced(request: ApiRequest, name: string, by: string): ApiRequest {
  return JSON.parse(JSON.stringify(request).replaceAll(name, by)) as ApiRequest
}

function checkAnswer(answer: ApiAnswer, { status, code, path, check }: Expected, about: string): void {
  if (status !== undefined) assert.ok([status].flat().includes(answer.status), about)
  if (answer.status >= 400 && answer.text !== '') checkProblem(answer)
  if (code !== undefined || path !== undefined) {
    const issues = issuesOf(answer)
    const fits = (issue: Issue) => (code === undefined || isCode(code, issue.code)) && (path === undefined || issue.path === path)
    assert.ok(issues.some(fits), about)
  }
  check?.(answer)
}

type Issue = { readonly path?: string; readonly code: string }

function issuesOf({ body }: ApiAnswer): Issue[] {
  const rejections = (body?.rejections ?? []) as { readonly errors: readonly Issue[] }[]
  return [
    ...(body?.code ? [{ code: body.code, path: undefined as never }] : []),
    ...(body?.errors ?? []),
    ...rejections.flatMap(({ errors }) => errors),
  ]
}

function isCode(wanted: string | RegExp, code: string): boolean {
  return typeof wanted === 'string' ? wanted === code : wanted.test(code)
}

/** One request of a course, as it is answered in the first world. @throws DifferenceError where the second answers otherwise */
export async function both(twins: Twins, as: As, request: ApiRequest, expect: Expected = {}): Promise<ApiAnswer> {
  const { answer, text } = await twins.ask({ as, request })
  checkAnswer(answer, expect, `${said({ as, request })}: ${text.slice(0, 900)}`)
  return answer
}

/** What a live reader is told in both worlds from now on, until it is told of the last thing that `change` does. */
export async function listen(
  twins: Twins,
  { as, url, headers = {} }: { readonly as: As; readonly url: string; readonly headers?: Readonly<Record<string, string>> },
  { change, until }: { readonly change: () => Promise<void>; readonly until: string },
): Promise<string> {
  const streams = await Promise.all((['left', 'right'] as const).map(async (side) => await open(side)))
  await change()
  const [left, right] = await Promise.all(streams.map(async (one) => await one.readUntil(until)))
  return twins.compare({ as, request: { method: 'GET', url } }, { left: left!, right: right! })

  async function open(side: 'left' | 'right') {
    const world = twins.worlds[side]
    await world.engine.feed.caughtUp()
    const rendered = twins.render(side, { method: 'GET', url, headers })
    const token = world.tokens[as]
    const answer = await world.server.app.inject({
      method: 'GET',
      url: rendered.url,
      headers: { ...rendered.headers, ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
      payloadAsStream: true,
    })
    const stream = answer.stream()
    return {
      async readUntil(word: string): Promise<string> {
        let text = `${answer.statusCode}\n`
        for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
          text += String(chunk)
          if (text.includes(word)) break
        }
        stream.destroy()
        return text
      },
    }
  }
}
