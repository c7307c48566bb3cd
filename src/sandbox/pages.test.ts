import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { test } from 'node:test'
import type { SandboxBook } from './book.ts'
import { createSandboxPages } from './pages.ts'
import { calmSettings } from './settings.ts'

function ask(url: string, remoteAddress: string, headers: Record<string, string> = {}): Promise<number> {
  const book = { all: () => [], balances: () => ({}), payouts: () => [], settings: () => calmSettings } as unknown as SandboxBook
  return new Promise((resolve) => {
    let status = 0
    const response = {
      writeHead: (given: number) => {
        status = given
        return response
      },
      end: () => resolve(status),
    }
    const request = { url, method: 'GET', headers, socket: { remoteAddress } }
    createSandboxPages(book)(request as never as IncomingMessage, response as never as ServerResponse)
  })
}

test('the book and its knobs are for the machine they are on', async () => {
  for (const url of ['/sandbox/book', '/sandbox/settings', '/sandbox/settings?a=b']) {
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) assert.equal(await ask(url, address), 200, `${url} ${address}`)
    for (const address of ['192.0.2.7', '::ffff:192.0.2.7', '2001:db8::1', '10.127.0.0'])
      assert.equal(await ask(url, address), 403, address)
    assert.equal(await ask(url, '127.0.0.1', { 'x-forwarded-for': '192.0.2.7' }), 403)
  }
})
