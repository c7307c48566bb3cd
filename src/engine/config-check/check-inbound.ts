// The part of the config check that looks at `mail.inbound`: where mail comes in, and the mailboxes that it is read from.
import { isDay } from '../../base/clock.ts'
import { isEmail, normalDomain } from '../../base/email-address.ts'
import { limits } from '../../base/limits.ts'
import { isAddressBlock } from '../../base/public-address.ts'
import type { ImapMailboxConfig, InboundMailConfig, MailRouteConfig } from '../../config/backend-config.ts'
import { type Check, is, isObject, line, list, object, whole, word } from '../../schema/shape.ts'
import { loopback, secret } from './check-providers.ts'

const localName = is(
  'what stands before the @ of an address, such as help; what has a * goes into routes',
  (value) => typeof value === 'string' && !/[@*]/.test(value) && isEmail(`${value}@in.example`),
)
const routeName = is('what stands before the @ of an address, such as tickets or order-*', (value) => {
  if (typeof value !== 'string' || value.includes('@') || value.slice(0, -1).includes('*')) return false
  return isEmail(`${value.replace('*', 'x')}@in.example`)
})
const route = object(
  {
    to: routeName,
    record: object({ collection: line, field: line }, { required: ['collection', 'field'] }),
    operation: line,
  } satisfies Record<keyof MailRouteConfig, Check>,
  { required: ['to'] },
)
const shortLine = is('one line of at most 200 characters', (value) => typeof value === 'string' && /^[^\r\n\0]{1,200}$/.test(value))
const moveTo = object({ moveTo: shortLine }, { required: ['moveTo'] })
const mailboxShape = object(
  {
    host: is('the name of a server, such as imap.provider.example', (value) => typeof value === 'string' && /^[\w.:-]{1,253}$/.test(value)),
    port: whole(1, 65_535),
    tls: word('implicit', 'starttls', 'none'),
    user: shortLine,
    password: secret,
    folder: shortLine,
    since: is('"all", or a day such as 2026-11-01', (value) => value === 'all' || (typeof value === 'string' && isDay(value))),
    taken: (value, path, add) =>
      isObject(value)
        ? moveTo(value, path, add)
        : is('"seen", "nothing" or { moveTo: … }', (one) => one === 'seen' || one === 'nothing')(value, path, add),
  } satisfies Record<keyof ImapMailboxConfig, Check>,
  { required: ['host', 'user', 'password'] },
)
const mailbox: Check = (value, path, add) => {
  mailboxShape(value, path, add)
  if (!isObject(value)) return
  const { host, tls, folder = 'INBOX', taken } = value
  if (tls === 'none' && !loopback.test(String(host)))
    add(`${path}.tls`, 'would send the password for everybody to read: "none" is for this machine alone')
  if (isObject(taken) && taken['moveTo'] === folder) add(`${path}.taken.moveTo`, 'is the folder that is read')
}
const relays = list(
  object(
    {
      name: is('what stands first in its Authentication-Results, such as mx.shop.example', (value) => {
        return typeof value === 'string' && /^[\w.-]{1,255}$/.test(value)
      }),
      addresses: list(
        is('an address or a block of them, such as 10.0.0.5 or 10.1.0.0/16', (value) => typeof value === 'string' && isAddressBlock(value)),
      ),
    },
    { required: ['name'] },
  ),
)
const inboundShape = object({
  domain: is('a domain, such as in.shop.example', (value) => typeof value === 'string' && normalDomain(value) !== null),
  addresses: list(localName),
  routes: list(route),
  port: whole(0, 65_535),
  host: is('an address of this machine, such as 0.0.0.0', (value) => typeof value === 'string' && /^[\w.:-]+$/.test(value)),
  tls: object({ key: line, cert: line }, { required: ['key', 'cert'] }),
  trustedRelays: relays,
  imap: (value, path, add) => {
    list(mailbox)(value, path, add)
    if (!Array.isArray(value)) return
    if (value.length > limits.mailboxesMax) add(path, `has ${limits.mailboxesMax} at most`)
    const names = value.filter(isObject).map(({ host, port, user, folder }) => JSON.stringify([host, port, user, folder]))
    if (new Set(names).size < names.length) add(path, 'names a mailbox twice')
  },
} satisfies Record<keyof InboundMailConfig, Check>)
export const checkInbound: Check = (value, path, add) => {
  inboundShape(value, path, add)
  if (!isObject(value) || value['domain'] !== undefined) return
  if (!Array.isArray(value['imap']) || value['imap'].length === 0)
    add(`${path}.domain`, 'is missing: there is none without it, but for mailboxes in `imap`')
  for (const name of ['addresses', 'routes', 'port', 'host', 'tls'])
    if (value[name] !== undefined) add(`${path}.${name}`, 'is of no use without `domain`')
}
