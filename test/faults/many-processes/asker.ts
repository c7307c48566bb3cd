// Steps that people take at a shop whose processes die: sent again under their key, to whichever process answers, until there is one
// answer that counts.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Chance } from '../../support/chance.ts'
import { createHttpClient, type HttpAnswer, type HttpClient } from '../../support/http-client.ts'

/** One step may take this long over all its tries: a database that restarts, a lease that must pass. */
export const patienceMs = 90_000

export type Step = {
  readonly method: 'get' | 'post' | 'patch'
  readonly path: string
  readonly body?: unknown
  readonly buyer?: { readonly cartToken?: string; readonly bearer?: string | null }
}

export type Asker = {
  /** The step's one answer, of this status. Errors that the contract calls passing are waited for. @throws Error on any other */
  take(step: Step, status: number | readonly number[], key?: string, passing?: readonly string[]): Promise<HttpAnswer>
  /** Answers by status, connection failures as 0. */
  readonly counts: Map<number, number>
  /** Answers that no server may give. */
  readonly troubles: string[]
}

export function createAsker(urls: readonly string[], chance: Chance): Asker {
  const doors = urls.map((url) => createHttpClient(url))
  const troubles: string[] = []
  const counts = new Map<number, number>()

  async function take(
    step: Step,
    status: number | readonly number[],
    key: string = randomUUID(),
    passing: readonly string[] = [],
  ): Promise<HttpAnswer> {
    const deadline = performance.now() + patienceMs
    let last = 'nothing'
    for (let pauseMs = 50; performance.now() < deadline; pauseMs = Math.min(1_000, pauseMs * 2)) {
      const answer = await send(step, key)
      const code = answer?.body?.code as string
      const isPassed = code === 'conflict' || code === 'idempotency_in_flight' || passing.includes(code)
      if (answer !== null && [status].flat().includes(answer.status) && !isPassed) return answer
      if (answer !== null) {
        last = `${answer.status} ${answer.text.slice(0, 300)}`
        const isPassing = answer.status === 503 || code === 'conflict' || code === 'idempotency_in_flight'
        if (answer.status >= 500 && answer.status !== 503) troubles.push(`${step.method} ${step.path}: ${last}`)
        // A refusal leaves its key free; another try is another call all the same.
        if (passing.includes(code)) key = randomUUID()
        else if (!isPassing && answer.status !== 500) throw new Error(`${step.method} ${step.path}: ${last}`)
      }
      await sleep(pauseMs)
    }
    throw new Error(`${step.method} ${step.path}: no answer in ${patienceMs} ms, the last was ${last}`)
  }

  /** Null when the connection broke or could not be made. */
  async function send({ method, path, body, buyer }: Step, key: string): Promise<HttpAnswer | null> {
    const door = chance.pick(doors) as HttpClient & Record<string, HttpClient['post']>
    const headers = {
      'idempotency-key': key,
      ...(buyer?.cartToken ? { 'cart-token': buyer.cartToken } : {}),
      ...(buyer?.bearer ? { authorization: `Bearer ${buyer.bearer}` } : {}),
    }
    const count = (status: number) => void counts.set(status, (counts.get(status) ?? 0) + 1)
    try {
      const answer = method === 'get' ? await door.get(path, headers) : await door[method](path, body, headers)
      count(answer.status)
      return answer
    } catch (error) {
      if (!(error instanceof TypeError) && (error as Error).name !== 'TimeoutError') throw error
      count(0)
      return null
    }
  }

  return { take, counts, troubles }
}
