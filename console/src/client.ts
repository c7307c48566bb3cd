/**
 * The public client, as the console uses it: the session is the cookie, and whoever shows pages is told when it has ended.
 * Nothing else in the console asks the server, but for the reference's "try it", which shows answers as they come.
 */
import { createClient } from '/client/index.ts'

/** No answer at all, after the client's own tries. */
export class Unreachable extends TypeError {
  constructor(cause: unknown) {
    super('The server could not be reached. Check that it is running, then try again.', { cause })
  }
}

let sessionEnded: () => void = () => {}

/** Calls `listener` whenever a request finds that the session is gone. */
export function onSessionEnd(listener: () => void): void {
  sessionEnded = listener
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(path, init).catch((error: unknown) => {
    throw error instanceof TypeError ? new Unreachable(error) : error
  })
  // Of a sign-in it means a wrong password.
  if (response.status === 401 && !path.startsWith('/api/auth/')) sessionEnded()
  return response
}

export const client = createClient({ fetch: ask })
