// Where a process is told things: options first, then KINGPOST_ variables, then defaults. Read here and
// nowhere else; a wrong value is one sentence and exit 2.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type DnsServer, parseDnsServer } from '../base/dns.ts'
import { nearest } from '../base/nearest.ts'
import { plainAddress } from '../base/web-address.ts'
import { allRoles, type Role } from '../engine/roles.ts'
import { type MailMode, mailModeOf } from './mail-mode.ts'

/** Wrong words on the command line: exit 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export type ProcessSettings = {
  readonly command: string
  readonly rest: readonly string[]
  readonly configPath: string
  /** Where files lie: SQLite's database, the payment sandbox's book. */
  readonly dataFolder: string
  /** A database server's URL, password included: never print it. Null: SQLite in the data folder. */
  readonly databaseUrl: string | null
  readonly allowWeakDurability: boolean
  readonly port: number
  readonly host: string
  readonly publicUrl: string | null
  readonly isDevelopment: boolean
  readonly isRateLimited: boolean
  readonly smtpUrl: string | null
  /** Where mail comes in, before what the config says. Null: as the config says. */
  readonly smtpPort: number | null
  readonly mail: MailMode
  /** The resolvers that are asked for records of mail. Null: those of this machine. */
  readonly dnsServers: readonly DnsServer[] | null
  /** A bucket for the bytes of files, its key and secret included: never print it. Null: below the data folder. */
  readonly filesUrl: string | null
  readonly roles: readonly Role[]
  /** How long a server that was told to stop still takes requests, while /readyz tells proxies to send no more. */
  readonly drainMs: number
  /** Where a `kingpost sandbox` answers; null when this process holds the book itself. */
  readonly sandboxUrl: string | null
  /**
   * A secret that the config names: of the environment, or of the file that `NAME_FILE` names there, which is read each time.
   * @throws UsageError where that file cannot be read
   */
  readonly readSecret: (name: string) => string | undefined
  readonly sandboxSecret: string | null
  /** Where a sandbox sends its webhooks: the first of them that answers gets each. */
  readonly webhookUrls: readonly string[]
  readonly trustedProxies: readonly string[]
  /** Where a move goes, and where it comes from. */
  readonly to: string | null
  readonly from: string | null
  readonly isUndo: boolean
  readonly hasChecksums: boolean
  /** Of a restore, by `series/year`. */
  readonly lastInvoices: ReadonlyMap<string, number>
  readonly isForMails: boolean
  readonly isJson: boolean
  /** Of `kingpost init`; null when nothing is said. */
  readonly template: string | null
  readonly isPasswordOnStdin: boolean
  /** Of `kingpost import`: the unique field that says which record a row is about; null for ids alone. */
  readonly by: string | null
  /** Of `kingpost migrate apply`: what it may do beyond what is safe beside running servers. */
  readonly migration: { readonly isStopped: boolean; readonly isContracting: boolean; readonly allowsDestructive: boolean }
}

const serverSchemes = ['postgres:', 'postgresql:', 'mysql:', 'mariadb:']

/** Every option there is. */
export const options = {
  config: { type: 'string' },
  'data-dir': { type: 'string' },
  database: { type: 'string' },
  port: { type: 'string' },
  host: { type: 'string' },
  'public-url': { type: 'string' },
  'smtp-url': { type: 'string' },
  role: { type: 'string' },
  'sandbox-url': { type: 'string' },
  'webhook-url': { type: 'string' },
  to: { type: 'string' },
  from: { type: 'string' },
  undo: { type: 'boolean' },
  checksums: { type: 'boolean' },
  mails: { type: 'boolean' },
  'last-invoice': { type: 'string', multiple: true },
  json: { type: 'boolean' },
  template: { type: 'string' },
  'password-stdin': { type: 'boolean' },
  by: { type: 'string' },
  stopped: { type: 'boolean' },
  contract: { type: 'boolean' },
  'allow-destructive': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const

type Option = keyof typeof options

const database: readonly Option[] = ['config', 'data-dir', 'database']
const server: readonly Option[] = [...database, 'port', 'host', 'public-url', 'smtp-url', 'sandbox-url']

/** The options that each command takes. What one does not look at it refuses: it would be said in vain. */
export const commandOptions: Readonly<Record<string, readonly Option[]>> = {
  init: ['template'],
  dev: server,
  start: [...server, 'role', 'json'],
  verify: [...database, 'checksums', 'json'],
  backup: [...database, 'json'],
  restore: [...database, 'last-invoice', 'json'],
  effects: [...database, 'mails', 'json'],
  move: [...database, 'to', 'from', 'undo', 'json'],
  migrate: [...database, 'stopped', 'contract', 'allow-destructive', 'json'],
  import: [...database, 'by', 'json'],
  admin: [...database, 'password-stdin'],
  mails: ['config'],
  doctor: ['config', 'smtp-url', 'json'],
  openapi: ['config', 'public-url'],
  sandbox: ['data-dir', 'port', 'host', 'public-url', 'webhook-url', 'json'],
}

/** Nothing is to be done but to tell: the version, or the help of a command or of all. */
type Shown = { readonly shown: 'version' } | { readonly shown: 'help'; readonly command: string | undefined }

function secretInFile(name: string, path: string | undefined): string | undefined {
  if (!path) return undefined
  try {
    // Whoever writes a file by hand ends it with a line break.
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    throw new UsageError(`${name}_FILE names ${path}, which cannot be read (${(error as NodeJS.ErrnoException).code}).`)
  }
}

/** @throws UsageError */
export function readSettings(words: readonly string[], environment: NodeJS.ProcessEnv): ProcessSettings | Shown {
  const parsed = parse(words)
  const { values, positionals } = parsed
  if (values.version) return { shown: 'version' }
  if (positionals[0] === 'help') return { shown: 'help', command: positionals[1] }
  if (values.help || positionals.length === 0) return { shown: 'help', command: positionals[0] }
  checkOptions(positionals[0]!, Object.keys(values) as Option[])
  const oneOf = (name: string, words: readonly string[]) => wordOf(name, environment[name], words)
  const given = (name: keyof typeof options, variable: string) =>
    (values[name] as string | undefined) ?? environment[`KINGPOST_${variable}`]
  return {
    command: positionals[0]!,
    rest: positionals.slice(1),
    configPath: given('config', 'CONFIG') ?? './kingpost.config.ts',
    ...databaseOf('--database', given('database', 'DATABASE_URL'), given('data-dir', 'DATA_DIR') ?? './data'),
    allowWeakDurability: oneOf('KINGPOST_ALLOW_WEAK_DURABILITY', ['false', 'true']) === 'true',
    port: portOf(given('port', 'PORT') ?? '8090'),
    host: given('host', 'HOST') ?? '127.0.0.1',
    publicUrl: urlOf('--public-url', given('public-url', 'PUBLIC_URL'), ['http:', 'https:']),
    isDevelopment: oneOf('KINGPOST_ENV', ['development', 'production']) === 'development',
    isRateLimited: oneOf('KINGPOST_RATE_LIMITS', ['on', 'off']) === 'on',
    smtpUrl: urlOf('--smtp-url', given('smtp-url', 'SMTP_URL'), ['smtp:', 'smtps:', 'mx:']),
    smtpPort: environment['KINGPOST_SMTP_PORT'] ? portOf(environment['KINGPOST_SMTP_PORT']) : null,
    mail: mailOf(environment, oneOf('KINGPOST_ENV', ['development', 'production']) === 'development'),
    dnsServers: dnsServersOf(environment['KINGPOST_DNS']),
    filesUrl: environment['KINGPOST_FILES_URL'] || null,
    drainMs: secondsOf('KINGPOST_DRAIN_SECONDS', environment['KINGPOST_DRAIN_SECONDS']) * 1_000,
    roles: rolesOf(given('role', 'ROLE')),
    sandboxUrl: urlOf('--sandbox-url', given('sandbox-url', 'SANDBOX_URL'), ['http:', 'https:']),
    readSecret: (name) => environment[name] || secretInFile(name, environment[`${name}_FILE`]),
    sandboxSecret: environment['KINGPOST_SANDBOX_SECRET'] || null,
    webhookUrls: (given('webhook-url', 'WEBHOOK_URL') ?? '')
      .split(',')
      .flatMap((url) => urlOf('--webhook-url', url.trim(), ['http:', 'https:']) ?? []),
    trustedProxies: (environment['KINGPOST_TRUSTED_PROXIES'] ?? '').split(',').filter((network) => network !== ''),
    to: values.to ?? null,
    from: values.from ?? null,
    isUndo: values.undo === true,
    hasChecksums: values.checksums === true,
    isForMails: values.mails === true,
    lastInvoices: lastInvoicesOf(values['last-invoice'] ?? []),
    isJson: values.json === true,
    template: values.template ?? null,
    isPasswordOnStdin: values['password-stdin'] === true,
    by: values.by ?? null,
    migration: {
      isStopped: values.stopped === true,
      isContracting: values.contract === true || values['allow-destructive'] === true,
      allowsDestructive: values['allow-destructive'] === true,
    },
  }
}

/** `127.0.0.1, [::1]:5353` @throws UsageError */
function dnsServersOf(text: string | undefined): readonly DnsServer[] | null {
  if (!text) return null
  try {
    return text.split(',').map((one) => parseDnsServer(one.trim()))
  } catch (error) {
    throw new UsageError(`KINGPOST_DNS: ${(error as Error).message}.`)
  }
}

/** `INV/2026=57`: the last number of a series that went out. @throws UsageError */
function lastInvoicesOf(given: readonly string[]): ReadonlyMap<string, number> {
  return new Map(
    given.map((text) => {
      const [, series, number] = /^(.+\/\d{4})=(\d{1,15})$/.exec(text) ?? []
      if (series === undefined) throw new UsageError(`--last-invoice must be such as INV/2026=57, not "${text}".`)
      return [series, Number(number)]
    }),
  )
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true })
  } catch (error) {
    const sentence = (error as Error).message.split(/\.?\s*\n|\. /)[0]!
    const [, name] = /^Unknown option '--(.+)'$/.exec(sentence) ?? []
    const near = name === undefined ? '' : nearest(name, Object.keys(options)).replace('"', '"--')
    throw new UsageError(`${sentence}${near || '.'} Type kingpost --help to see what there is.`)
  }
}

/** A command that there is not is told by whoever runs commands. @throws UsageError */
function checkOptions(command: string, given: readonly Option[]): void {
  const known = Object.hasOwn(commandOptions, command) ? commandOptions[command]! : given
  const vain = given.find((name) => !known.includes(name))
  if (vain !== undefined)
    throw new UsageError(`kingpost ${command} takes no --${vain}. Type kingpost help ${command} to see what it takes.`)
}

/** The first word where nothing is said. A word that is none of them is no silent no: it might have meant the other. */
function wordOf(name: string, text: string | undefined, words: readonly string[]): string {
  if (text === undefined || text === '') return words[0]!
  if (words.includes(text)) return text
  throw new UsageError(`${name} must be ${words.join(' or ')}, not "${text}".`)
}

function portOf(text: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new UsageError(`"${text}" is no port: give a number from 0 to 65535.`)
  return port
}

function secondsOf(name: string, text: string | undefined): number {
  const seconds = Number(text ?? 0)
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > 20) throw new UsageError(`${name} must be 0 to 20 seconds, not "${text}".`)
  return seconds
}

/** `api,worker`; everything when nothing is said. */
function rolesOf(text: string | undefined): readonly Role[] {
  if (text === undefined || text === '') return allRoles
  const words = text.split(',').map((word) => word.trim())
  const unknown = words.find((word) => !allRoles.includes(word as Role))
  if (unknown !== undefined) throw new UsageError(`"${unknown}" is no role: give some of ${allRoles.join(', ')}, with commas between them.`)
  return allRoles.filter((role) => words.includes(role))
}

/** @throws UsageError */
function mailOf(environment: NodeJS.ProcessEnv, isDevelopment: boolean): MailMode {
  const said = { mode: environment['KINGPOST_MAIL'], to: environment['KINGPOST_MAIL_TO'], allow: environment['KINGPOST_MAIL_ALLOW'] }
  try {
    return mailModeOf(said, isDevelopment)
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function urlOf(name: string, text: string | undefined, protocols: readonly string[]): string | null {
  if (text === undefined || text === '') return null
  const isWeb = protocols.includes('https:')
  const url = isWeb ? plainAddress(text) : URL.canParse(text) ? new URL(text) : null
  if (url === null || !protocols.includes(url.protocol) || (isWeb && url.search + url.hash !== ''))
    throw new UsageError(
      `${name} must be an address starting with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}, not "${withoutPassword(text)}".`,
    )
  return text.replace(/\/+$/, '')
}

/** `sqlite:./data/kingpost.db` is the folder of the file; anything else is the address of a server. @throws UsageError */
export function databaseOf(option: string, url: string | undefined, folder: string): Pick<ProcessSettings, 'dataFolder' | 'databaseUrl'> {
  if (url === undefined || url === '') return { dataFolder: folder, databaseUrl: null }
  const file = /^sqlite:(.*)\/kingpost\.db$/.exec(url)
  if (file) return { dataFolder: file[1]!, databaseUrl: null }
  if (isServerAddress(url)) return { dataFolder: folder, databaseUrl: url }
  throw new UsageError(
    `${option} must be sqlite:FOLDER/kingpost.db or the address of a server, postgres://USER:PASSWORD@HOST/DATABASE, not "${withoutPassword(url)}".`,
  )
}

/** MongoDB's names several servers in one address, which is no URL any more. */
function isServerAddress(text: string): boolean {
  if (/^mongodb(?:\+srv)?:\/\/[^\s/]+(?:\/\S*)?$/.test(text)) return true
  return URL.canParse(text) && serverSchemes.includes(new URL(text).protocol)
}

/** Whatever stands before the last @ may be a password. */
function withoutPassword(url: string): string {
  return url.replace(/\/\/.*@/s, '//…@').replace(/\s/g, ' ')
}
