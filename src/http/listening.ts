// The port that a server listens on. Node takes one new connection of each listening socket in a turn of its event loop (libuv since 1.45), and
// under load a turn lasts some ten milliseconds: so several sockets listen, and the system shares connections out between them.
import { createServer, type Server } from 'node:net'
import { limits } from '../base/limits.ts'

type Place = { readonly port: number; readonly host: string; readonly backlog: number; readonly reusePort?: true }

export type Listening = {
  readonly port: number
  /** Takes no more connections at once; resolves when those that were taken have ended. */
  close(): Promise<void>
}

/** `listen` has `server` itself listen. @throws what the system says, such as EADDRINUSE */
export async function listenBySeveral(
  server: Server,
  listen: (options: Place) => Promise<unknown>,
  { port, host }: { readonly port: number; readonly host: string },
): Promise<Listening> {
  const place = { port, host, backlog: limits.connectionsWaiting }
  // Two processes of one user that both share a port would share it with each other, without a word. One socket that does not share tells.
  if (port !== 0) await closed(await opened(createServer(), place))
  const isShared = await listen({ ...place, reusePort: true }).then(
    () => true,
    async (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') throw error
      // Not every system has it: macOS and Windows have not.
      await listen(place)
      return false
    },
  )
  const found = server.address()
  if (typeof found !== 'object' || found === null) return { port, close: async () => {} }
  const more: Server[] = []
  const takesOn = { allowHalfOpen: true, noDelay: true }
  while (isShared && more.length < limits.listeningSockets - 1) {
    const one = createServer(takesOn, (socket) => void server.emit('connection', socket))
    more.push(await opened(one, { ...place, port: found.port, host: found.address, reusePort: true }))
  }
  return { port: found.port, close: async () => void (await Promise.all(more.map(closed))) }
}

function opened(server: Server, options: Place): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options, () => {
      server.off('error', reject)
      resolve(server)
    })
  })
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => void server.close(() => resolve()))
}
