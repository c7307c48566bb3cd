/**
 * The public client, as the console and the pages of accounts use it: the session is the cookie, whoever shows pages is told when
 * it has ended, and asks for a fresh proof where the server wants one; the call is then made again.
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

let prove: (ways: readonly string[]) => Promise<boolean> = async () => false

/** `ask` shows again who somebody is, by one of these ways. Its answer is whether they did. */
export function onProofNeeded(ask: (ways: readonly string[]) => Promise<boolean>): void {
  prove = ask
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(path, init).catch((error: unknown) => {
    throw error instanceof TypeError ? new Unreachable(error) : error
  })
  // Of a sign-in it means a wrong password.
  if (response.status === 401 && !path.startsWith('/api/auth/')) sessionEnded()
  const ways = response.status === 403 ? await waysToProve(response.clone()) : null
  return ways !== null && (await prove(ways)) ? await ask(path, init) : response
}

/** Null where it is refused for good. */
async function waysToProve(response: Response): Promise<readonly string[] | null> {
  const problem: unknown = await response.json().catch(() => null)
  const { code, params } = (problem ?? {}) as { code?: string; params?: { ways?: readonly string[] } }
  return code === 'proof_needed' ? (params?.ways ?? []) : null
}

/** Whether an address answers, once whoever asks has shown what it wants: a browser that is sent there could not be asked. */
export async function isOpen(path: string): Promise<boolean> {
  return (await ask(path, { headers: { range: 'bytes=0-0' } })).ok
}

export const client = createClient({ fetch: ask })
