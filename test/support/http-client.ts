// An ordinary HTTP client of the API, for tests: fetch with a base address and headers. It knows nothing
// of the engine, so what passes here is what any program could do.

export type HttpAnswer<T = Body> = { readonly status: number; readonly headers: Headers; readonly text: string; readonly body: T }
/** JSON as it came; tests look into it freely. */
// biome-ignore lint/suspicious/noExplicitAny: a test asserts what it reads
export type Body = any

export type HttpClient = {
  readonly url: string
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>
  get(path: string, headers?: Record<string, string>): Promise<HttpAnswer>
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<HttpAnswer>
  put(path: string, body?: unknown, headers?: Record<string, string>): Promise<HttpAnswer>
  patch(path: string, body?: unknown, headers?: Record<string, string>): Promise<HttpAnswer>
  delete(path: string, headers?: Record<string, string>): Promise<HttpAnswer>
  /** The same server with more headers on every request. */
  with(headers: Record<string, string>): HttpClient
  /** Every record of a list, all pages. */
  all(path: string): Promise<Body[]>
}

/** @throws TypeError when there is no answer: the request may or may not have been carried out */
export function createHttpClient(url: string, standing: Record<string, string> = {}): HttpClient {
  async function send(method: string, path: string, body: unknown, headers: Record<string, string> = {}): Promise<HttpAnswer> {
    const isText = typeof body === 'string'
    const type: Record<string, string> = body === undefined ? {} : { 'content-type': isText ? 'text/plain' : 'application/json' }
    const answer = await fetch(url + path, {
      method,
      headers: { ...type, ...standing, ...headers },
      redirect: 'manual',
      signal: AbortSignal.timeout(30_000),
      ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
    })
    const text = await answer.text()
    const isJson = /\bjson\b/.test(answer.headers.get('content-type') ?? '')
    return { status: answer.status, headers: answer.headers, text, body: isJson && text !== '' ? JSON.parse(text) : null }
  }

  const client: HttpClient = {
    url,
    headers: standing,
    get: (path, headers) => send('GET', path, undefined, headers),
    post: (path, body, headers) => send('POST', path, body, headers),
    put: (path, body, headers) => send('PUT', path, body, headers),
    patch: (path, body, headers) => send('PATCH', path, body, headers),
    delete: (path, headers) => send('DELETE', path, undefined, headers),
    with: (headers) => createHttpClient(url, { ...standing, ...headers }),
    async all(path) {
      const items: Body[] = []
      const page = `${path}${path.includes('?') ? '&' : '?'}limit=200`
      for (let cursor: string | null = ''; cursor !== null; ) {
        const answer: HttpAnswer = await client.get(cursor === '' ? page : `${page}&cursor=${encodeURIComponent(cursor)}`)
        expectStatus(answer, 200)
        items.push(...answer.body.items)
        cursor = answer.body.next
      }
      return items
    },
  }
  return client
}

/** The answer, when it has this status. @throws Error with the answer's own words */
export function expectStatus(answer: HttpAnswer, status: number): HttpAnswer {
  if (answer.status !== status) throw new Error(`${status} was expected, and ${answer.status} came: ${answer.text.slice(0, 1_000)}`)
  return answer
}
