// The part of the config check that looks at `accounts.providers` and `accounts.returnAddresses`: where a browser is sent, or a secret
// goes, is an address over TLS.
import { plainAddress } from '../../base/web-address.ts'
import type { SignInProvider } from '../../config/sign-in-providers.ts'
import { type Add, type Check, flag, is, isObject, line, list, object, passes, word } from '../../schema/shape.ts'

/** Of the own machine, where nobody listens. */
export const loopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/

const issuer = is('an address such as "https://id.example.com"', (value) => {
  const url = typeof value === 'string' ? plainAddress(value) : null
  return url !== null && url.search === '' && url.hash === '' && (url.protocol === 'https:' || loopback.test(url.hostname))
})
const directory =
  /^https:\/\/login\.microsoftonline\.com\/(common|organizations|consumers|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/v2\.0$/
const named = object({
  kind: word('secret'),
  name: is('a variable such as GOOGLE_SECRET', (value) => typeof value === 'string' && /^[A-Z][A-Z0-9_]{1,99}$/.test(value)),
})
export const secret: Check = (value, path, add) =>
  isObject(value) && value['kind'] === 'secret' ? named(value, path, add) : add(path, 'must be made by defineSecret(…)')

const provider = object(
  {
    kind: word('provider'),
    preset: word('oidc', 'google', 'microsoft', 'apple', 'github'),
    name: is('a name such as corp', (value) => typeof value === 'string' && /^[a-z][a-z0-9-]{0,39}$/.test(value)),
    title: line,
    issuer,
    clientId: line,
    clientSecret: secret,
    key: object({ team: line, id: line }, { required: ['team', 'id'] }),
    scopes: list(is('a scope such as openid', (value) => typeof value === 'string' && /^[!#-[\]-~]+$/.test(value))),
    trustsEmail: flag,
    privateNetwork: flag,
  } satisfies Record<keyof SignInProvider, Check>,
  { required: ['name', 'issuer', 'clientId'], made: 'google(…), microsoft(…), apple(…), github(…) or oidc(…)' },
)

/** What it says fits together. */
function checkProvider(value: unknown, path: string, add: Add): void {
  if (!passes(provider, value, path, add)) return
  const { preset, name, issuer, scopes, trustsEmail, clientSecret } = value as SignInProvider
  // Whose they are is not asked twice: an address of another name leads to another provider.
  if (name === 'exchange') add(`${path}.name`, '"exchange" is an address of Kingpost: choose another name')
  if (preset !== 'oidc' && clientSecret === undefined) add(`${path}.clientSecret`, 'is missing')
  if (preset === 'oidc' && scopes !== undefined && !scopes.includes('openid')) add(`${path}.scopes`, 'must have openid')
  const tenant = preset === 'microsoft' ? directory.exec(issuer)?.[1] : 'one'
  if (tenant === undefined) add(`${path}.tenant`, 'must be the id of a directory, "organizations", "consumers" or "common"')
  if (trustsEmail && ['common', 'organizations', 'consumers'].includes(tenant ?? ''))
    add(`${path}.trustsEmail`, 'is for one directory of your own: name its id as `tenant`')
}

export const checkProviders: Check = (value, path, add) => {
  list(checkProvider)(value, path, add)
  const names = Array.isArray(value) ? value.map((one: unknown) => (isObject(one) ? one['name'] : undefined)) : []
  for (const [index, name] of names.entries())
    if (name !== undefined && names.indexOf(name) < index)
      add(`${path}[${index}].name`, `"${String(name)}" is named twice: choose another name`)
}

/** A program's: what runs in the page that opens it is none. */
export const returnAddress = is('an address such as "myapp://signed-in" or "https://app.example/signed-in"', (value) => {
  if (typeof value !== 'string' || /[\s\p{Cc}\p{Cf}\\<>"^`{|}#]/u.test(value) || !URL.canParse(value)) return false
  const { protocol, hostname, username, password } = new URL(value)
  if (username !== '' || password !== '' || ['javascript:', 'data:', 'blob:', 'file:', 'vbscript:', 'about:'].includes(protocol))
    return false
  return protocol === 'http:' ? loopback.test(hostname) : true
})
