// Scenario tables: one row is one request to a fresh world, what must be answered, and what must have
// been stored. `events: []` asserts that nothing was: the commit log and every table are as before.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ApiAnswer, type ApiHarnessOptions, type ApiRequest, type As, openWorld, type World } from './api-harness.ts'
import { fitsDocument, loadDocument } from './fits-document.ts'

export type Row = {
  /** The operation that is asked for. */
  readonly operation: string
  readonly name?: string
  readonly as: As
  /** Made from the world, after `given`. */
  readonly request: ApiRequest | ((world: World, given: Record<string, string>) => ApiRequest)
  /** What is true before, as values for `request`. */
  readonly given?: (world: World) => Promise<Record<string, string>>
  readonly expect: {
    readonly status: number
    /** A problem's code. */
    readonly code?: string
    /** Holds of the body: a part of it, or a check. */
    readonly body?: Readonly<Record<string, unknown>> | ((answer: ApiAnswer, world: World, given: Record<string, string>) => void)
    /** `operation: collections changed`, in commit order. Left out: nothing may have changed. */
    readonly events?: readonly string[]
  }
}

/** What was asked and answered, for the tests that look at all rows together. */
export const seen: { operation: string; as: As; status: number; code: string | undefined }[] = []

function titleOf(row: Row): string {
  return `${row.operation} as ${row.as}${row.name ? `: ${row.name}` : ''} -> ${row.expect.status}`
}

/** Rows that only read: they share a world, which is as cheap as it is safe, since each asserts that nothing was stored. */
export function readingScenario(rows: readonly Row[], prepare: (world: World) => Promise<void>): void {
  inOneWorld(rows, async () => {
    const world = await openWorld()
    await prepare(world)
    return world
  })
}

function inOneWorld(rows: readonly Row[], open: () => Promise<World>): void {
  let world: World
  before(async () => {
    world = await open()
    await loadDocument(world)
  })
  after(() => world.close())
  for (const row of rows) test(titleOf(row), async () => void (await runRow(world, row)))
}

/** Each row that changes something in a world of its own; those that are refused share one. */
export function scenario(rows: readonly Row[], options: ApiHarnessOptions = {}): void {
  const isRefused = ({ given, expect }: Row) => given === undefined && expect.events === undefined && expect.status >= 400
  inOneWorld(rows.filter(isRefused), () => openWorld(options))
  for (const row of rows.filter((one) => !isRefused(one)))
    test(titleOf(row), async () => {
      const world = await openWorld(options)
      await loadDocument(world, options)
      try {
        await runRow(world, row)
      } finally {
        await world.close()
      }
    })
}

export async function runRow(world: World, row: Row): Promise<ApiAnswer> {
  const given = (await row.given?.(world)) ?? {}
  const request = typeof row.request === 'function' ? row.request(world, given) : row.request
  const { status, code, body, events = [] } = row.expect
  const position = await world.newest()
  const before = await world.snapshot()
  const answer = await world.call(row.as, request)
  seen.push({ operation: row.operation, as: row.as, status: answer.status, code: answer.body?.code })
  assert.equal(answer.status, status, `${request.method} ${request.url}: ${answer.text.slice(0, 500)}`)
  if (status >= 400) checkProblem(answer)
  if (code !== undefined) assert.equal(answer.body.code, code)
  if (typeof body === 'function') body(answer, world, given)
  else if (body) assert.partialDeepStrictEqual(answer.body, body)
  assert.deepEqual(await world.commitsAfter(position), events)
  if (events.length === 0 && !isFeedless(row.operation, status)) assert.equal(await world.snapshot(), before, 'something was stored')
  fitsDocument(world, row.operation, answer)
  assert.deepEqual(
    world.log.filter(({ level }) => level === 'error'),
    [],
  )
  return answer
}

/** What these change is in no feed: nobody watches carts, addresses, stock, the inbox of webhooks, challenges, and ways to a provider. */
function isFeedless(operation: string, status: number): boolean {
  return (
    status < 400 &&
    /^(carts\.|addresses\.|stock\.|payments\.receiveWebhook|webhookInbox\.settle|accounts\.startPasskey|accounts\.(start|link)OAuth)/.test(
      operation,
    )
  )
}

/** RFC 9457, with our members and nothing of our insides. */
export function checkProblem(answer: ApiAnswer): void {
  assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8')
  const { type, title, status, detail, code, requestId, errors = [] } = answer.body
  for (const text of [type, title, detail, code, requestId]) assert.ok(typeof text === 'string' && text !== '', answer.text)
  assert.equal(status, answer.status)
  assert.equal(type, `https://kingpost.dev/errors/${code}`)
  for (const error of errors) {
    assert.ok(typeof error.path === 'string' && /^(\/.*|query:.*|header:.*|line:\d+|)$/s.test(error.path), answer.text)
    assert.ok(typeof error.code === 'string' && typeof error.message === 'string', answer.text)
  }
  assert.doesNotMatch(answer.text, /node:|\.ts:\d|SQLITE|SELECT |Error:/)
}

/** A problem of this kind, and nothing else. `path` is what one of its errors is about. */
export function checkRefusal(answer: ApiAnswer, status: number, code: string, path?: string): void {
  assert.equal(answer.status, status, answer.text)
  assert.equal(answer.body.code, code, answer.text)
  checkProblem(answer)
  if (path !== undefined)
    assert.ok(
      answer.body.errors.some((error: { path: string }) => error.path === path),
      answer.text,
    )
}
