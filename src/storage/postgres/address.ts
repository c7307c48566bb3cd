// The URL of a PostgreSQL database: pg's own, and two parameters of ours that the server never sees.
import { limits } from '../../base/limits.ts'

export type Address = {
  readonly connectionString: string
  /** `pooler=transaction`: PgBouncer, Supavisor and the like hand the session to somebody else after each transaction. */
  readonly isPooled: boolean
  /** `connections=20`: the most this process opens. */
  readonly connectionsMax: number
}

/** @throws Error with one sentence for people; the password is never in it */
export function parseAddress(text: string): Address {
  if (!URL.canParse(text))
    throw new Error('The address of the PostgreSQL database cannot be read. Write postgres://USER:PASSWORD@HOST:PORT/DATABASE.')
  const url = new URL(text)
  const pooler = take(url, 'pooler')
  if (pooler !== null && pooler !== 'transaction')
    throw new Error(`pooler=${pooler} is not known: leave it out, or say pooler=transaction.`)
  const connections = take(url, 'connections')
  if (connections !== null && !/^[1-9]\d{0,3}$/.test(connections))
    throw new Error(`connections=${connections} must be a whole number from 1 to 9999.`)
  return {
    connectionString: url.href,
    isPooled: pooler !== null,
    connectionsMax: connections === null ? limits.connectionsMax : Number(connections),
  }
}

function take(url: URL, name: string): string | null {
  const value = url.searchParams.get(name)
  url.searchParams.delete(name)
  return value
}
