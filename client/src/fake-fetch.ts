/** Owns the network of the client's tests: answers from a list, and remembers what was asked. */
import type { Fetch } from './transport.ts'

export type Call = { method: string; url: string; headers: Record<string, string>; body: unknown }
/** An `Error` is thrown, as `fetch` does when the connection breaks. */
export type Answer = Response | Error

export function fakeFetch(...answers: Answer[]): { fetch: Fetch; calls: Call[] } {
  const calls: Call[] = []
  const fetch: Fetch = async (url, init) => {
    calls.push({
      method: init.method ?? 'GET',
      url,
      headers: init.headers as Record<string, string>,
      body: typeof init.body === 'string' ? JSON.parse(init.body) : undefined,
    })
    const answer = answers.shift()
    if (answer === undefined) {
      // Nothing more to say: an open connection that stays silent until the caller leaves.
      return new Promise((_, reject) => {
        init.signal?.addEventListener('abort', () => reject(init.signal?.reason))
      })
    }
    if (answer instanceof Error) throw answer
    return answer
  }
  return { fetch, calls }
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers })
}

export function problem(status: number, code: string, more: object = {}, retryAfter?: string) {
  const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
  return json({ type: 'about:blank', title: code, status, code, ...more }, status, headers)
}

export function eventStream(...pieces: string[]): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece))
      controller.close()
    },
  })
  return new Response(body)
}
