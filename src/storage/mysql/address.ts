// The URL of a MySQL or MariaDB database, such as mysql://shop:secret@db.example.com:3306/shop?ssl-mode=verify_identity.
import type { ConnectionOptions } from 'mysql2'
import { limits } from '../../base/limits.ts'

export type Address = {
  /** `host:port/database`, for messages: never the password. */
  readonly name: string
  readonly connection: Pick<ConnectionOptions, 'host' | 'port' | 'socketPath' | 'user' | 'password' | 'database' | 'ssl'>
  /** `connections=20`: the most this process opens. */
  readonly connectionsMax: number
}

const parameters = ['ssl-mode', 'socket', 'connections']
const sslModes = ['disabled', 'required', 'verify_identity']
const example = 'Write it as mysql://USER:PASSWORD@HOST:3306/DATABASE.'

/** @throws Error with one sentence for people; the password is never in it */
export function parseAddress(text: string): Address {
  if (!URL.canParse(text) || !/^(?:mysql|mariadb):$/.test(new URL(text).protocol))
    throw new Error(`The address of the MySQL or MariaDB database cannot be read. ${example}`)
  const url = new URL(text)
  const database = decodeURIComponent(url.pathname.slice(1))
  if (database === '' || database.includes('/')) throw new Error(`The address of the database must name one database. ${example}`)
  if (url.username === '') throw new Error(`The address of the database must name a user. ${example}`)
  for (const name of url.searchParams.keys())
    if (!parameters.includes(name)) throw new Error(`The address of the database has "${name}": there are only ${parameters.join(', ')}.`)
  const connections = url.searchParams.get('connections')
  if (connections !== null && !/^[1-9]\d{0,3}$/.test(connections))
    throw new Error(`connections=${connections} must be a whole number from 1 to 9999.`)
  const host = url.hostname.replace(/^\[|\]$/g, '') || 'localhost'
  const port = url.port === '' ? 3306 : Number(url.port)
  const socketPath = url.searchParams.get('socket')
  return {
    name: `${socketPath ?? `${host}:${port}`}/${database}`,
    connection: {
      ...(socketPath === null ? { host, port } : { socketPath }),
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      database,
      ...encryption(url),
    },
    connectionsMax: connections === null ? limits.connectionsMax : Number(connections),
  }
}

function encryption(url: URL): Pick<ConnectionOptions, 'ssl'> {
  const mode = (url.searchParams.get('ssl-mode') ?? 'disabled').toLowerCase()
  if (!sslModes.includes(mode)) throw new Error(`ssl-mode=${mode} is not known: there are ${sslModes.join(', ')}.`)
  if (mode === 'disabled') return {}
  // mysql2 3.24 would compare the certificate with "localhost" then.
  if (mode === 'verify_identity' && /^[\d.]+$|^\[/.test(url.hostname))
    throw new Error('ssl-mode=verify_identity needs the name that is in the certificate of the server, not its number.')
  // Without a certificate that fits, `required` keeps out who listens, not who pretends to be the server.
  const isChecked = mode === 'verify_identity'
  return { ssl: { rejectUnauthorized: isChecked, verifyIdentity: isChecked } }
}
