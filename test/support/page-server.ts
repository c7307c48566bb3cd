// A server without operations: what its sockets, pages and files do by themselves.
import { systemClock } from '../../src/base/clock.ts'
import { createServer, type HttpServer, type ServerParts } from '../../src/http/server.ts'

export function createPageServer(parts: Partial<ServerParts>): HttpServer {
  return createServer({
    operations: [],
    named: [],
    run: async () => {
      throw new Error('nothing to run')
    },
    authenticate: async () => {
      throw new Error('nobody asks')
    },
    clock: systemClock,
    log: { write: () => {} },
    site: null,
    pages: [],
    isRateLimited: false,
    trustedProxies: [],
    bootId: 'test',
    ...parts,
  })
}
