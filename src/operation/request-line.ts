// What the commit log says of the request that a transaction belongs to: `boot-1 203.0.113.7 Chrome 142, Windows`, in one text, so that a
// line of the log costs no column and no statement more. The address is the network that limits count by, as the settings for
// proxies say; what the engine does by itself has no request.
import type { Actor } from '../access/actor.ts'
import { agentName } from '../base/agent-name.ts'
import type { RequestFacts } from './define.ts'

export type RequestSource = { readonly address: string; readonly agent: string | null }

export function requestLine({ id, headers }: Pick<RequestFacts, 'id' | 'headers'>, { kind, origin }: Actor): string {
  // One that has hung up since has no address any more.
  if (kind === 'system' || origin === '') return id
  const agent = agentName(headers['user-agent'])
  return agent === '' ? `${id} ${origin}` : `${id} ${origin} ${agent}`
}

/** Lines of before have the id alone. */
export function parseRequestLine(line: string): { readonly requestId: string; readonly from: RequestSource | null } {
  const [requestId = '', address, ...agent] = line.split(' ')
  return { requestId, from: address === undefined ? null : { address, agent: agent.length === 0 ? null : agent.join(' ') } }
}
