// How long a request counts among those that are worked on (admission.ts).
import type { IncomingMessage } from 'node:http'
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify'
import type { Clock } from '../base/clock.ts'
import type { IncomingFile } from '../operation/define.ts'
import type { Admission } from './admission.ts'
import { openFileBody } from './file-body.ts'
import { credentialsOf } from './request-parts.ts'

/** What a request holds while it is worked on. */
export type Room = { leave(): void; enterAgain(): void }
const noRoom: Room = { leave() {}, enterAgain() {} }

/** Counted from when its body is there, and not while the bytes of a file come: one that comes slowly holds no room. */
export function counted(
  handle: (request: FastifyRequest, reply: FastifyReply, room: Room) => Promise<unknown>,
  admission: Admission | undefined,
): RouteHandlerMethod {
  if (admission === undefined) return (request, reply) => handle(request, reply, noRoom)
  return async (request, reply) => {
    const { network } = credentialsOf(request)
    let leave: (() => void) | null = admission.enter(network)
    const room: Room = {
      leave() {
        leave?.()
        leave = null
      },
      enterAgain: () => void (leave ??= admission.enter(network)),
    }
    try {
      return await handle(request, reply, room)
    } finally {
      room.leave()
    }
  }
}

/** The file that a request brings. Who sends it slowly holds no room for it. */
export async function openFile(request: IncomingMessage, clock: Clock, room: Room): Promise<IncomingFile> {
  room.leave()
  const file = await openFileBody(request, clock)
  async function* bytes() {
    try {
      yield* file.bytes
    } finally {
      room.enterAgain()
    }
  }
  return { ...file, bytes: bytes() }
}
