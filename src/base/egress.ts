// The network port: the one way out by HTTP. A call has a time limit, follows no redirect and reads a
// bounded answer; what failed on the way is told apart from what was answered.
import { limits } from './limits.ts'

export type EgressRequest = {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}
export type EgressAnswer = { readonly status: number; readonly body: string }

export interface Egress {
  /** @throws Error when there was no answer: the request may or may not have been carried out. */
  request(request: EgressRequest): Promise<EgressAnswer>
}

export const systemEgress: Egress = {
  async request({ method, url, headers = {}, body }) {
    const answer = await fetch(url, {
      method,
      headers: { ...headers },
      redirect: 'manual',
      signal: AbortSignal.timeout(limits.effectCallMs),
      ...(body === undefined ? {} : { body }),
    })
    return { status: answer.status, body: (await answer.text()).slice(0, limits.outsideAnswerCharactersMax) }
  },
}
