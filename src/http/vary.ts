import type { FastifyReply } from 'fastify'

/** More headers that the answer depends on, beside those that are named already. */
export function addVary(reply: FastifyReply, names: string): void {
  const known = reply.getHeader('vary') as string | undefined
  reply.header('vary', known === undefined ? names : `${known}, ${names}`)
}
