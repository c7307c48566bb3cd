/** Owns asking for JSON in the set-up of a benchmark: one connection, headers common to all requests, 2xx or an error. */
import assert from 'node:assert/strict'
import { HttpConnection, type Request, renderRequest } from './http-connection.ts'

// biome-ignore lint/suspicious/noExplicitAny: bodies of an API that the callers read by field and assert on
export type Json = any

/** Sends one request and answers its body. @throws on any status but 2xx, with the body in the message */
export type Send = (request: Request) => Promise<Json>

export type Caller = { readonly port: number; readonly headers: Readonly<Record<string, string>> }

export function createSend(connection: HttpConnection, common: Readonly<Record<string, string>>): Send {
  return async (request) => {
    const headers = { ...common, ...request.headers }
    const { status, body } = await connection.send(renderRequest({ ...request, headers }))
    const text = body.toString()
    assert.ok(status >= 200 && status < 300, `${request.method} ${request.path} answered ${status}: ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }
}

/** Lets `count` connections do the same work at once and closes them. */
export async function withConnections({ port, headers }: Caller, count: number, work: (send: Send) => Promise<void>): Promise<void> {
  const one = async () => {
    const connection = await HttpConnection.open(port)
    try {
      await work(createSend(connection, headers))
    } finally {
      connection.close()
    }
  }
  await Promise.all(Array.from({ length: count }, one))
}
