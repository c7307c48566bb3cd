/**
 * Who may import whom: the one table, and the check that holds the code to it. Types count as imports: a
 * circle of types is a circle in the reader's head. Unit tests beside the code are not looked at.
 * Run it: `node scripts/import-map.ts` (exit 1 and the lines at fault), `--table` prints the table for ARCHITECTURE.md.
 */
import { dirname, join, resolve } from 'node:path/posix'
import { fileURLToPath } from 'node:url'
import { importsOf, readSources, type SourceFile } from './source-files.ts'

const ground = ['base', 'contract', 'access', 'schema', 'config', 'storage', 'settings']
/** What every domain stands on. */
const spine = [...ground, 'blobs', 'languages', 'documents', 'operation', 'records', 'effects', 'changes']

/** Between domains only these arrows; each is used, and together they make no circle. */
export const domains: Readonly<Record<string, readonly string[]>> = {
  accounts: [],
  carts: ['accounts', 'catalog', 'discounts'],
  catalog: ['accounts', 'stock'],
  credit: ['accounts', 'ledger'],
  discounts: ['accounts'],
  emails: [],
  figures: ['carts', 'catalog', 'ledger', 'orders', 'stock'],
  files: [],
  fulfillment: ['orders', 'payments', 'stock'],
  downloads: ['carts', 'catalog', 'files', 'orders'],
  imports: ['accounts', 'carts', 'catalog', 'fulfillment', 'ledger', 'orders', 'payments'],
  inbound: ['accounts', 'emails'],
  invoices: ['carts', 'emails', 'ledger', 'orders', 'payments'],
  history: ['accounts', 'emails', 'fulfillment', 'orders', 'payments', 'returns'],
  ledger: [],
  orders: ['accounts', 'carts', 'catalog', 'credit', 'discounts', 'ledger', 'payments', 'stock'],
  payments: ['credit', 'ledger'],
  personal: ['accounts', 'files'],
  returns: ['carts', 'fulfillment', 'orders', 'stock'],
  running: [],
  stock: [],
  webhooks: [],
}

const domainNames = Object.keys(domains).map((name) => `domains/${name}`)

/** Each folder and the folders it may import. What is not listed does not exist. */
export const layers: Readonly<Record<string, readonly string[]>> = {
  contract: [],
  base: ['contract'],
  access: ['base', 'contract'],
  schema: ['base', 'contract', 'access'],
  config: ['base', 'contract', 'schema'],
  storage: ['base', 'contract', 'access', 'schema'],
  settings: ['base', 'contract', 'schema', 'storage'],
  blobs: ['base'],
  // What people outside read, by language.
  languages: ['base'],
  documents: ['base', 'languages'],
  operation: ground,
  records: [...ground, 'operation'],
  effects: [...ground, 'operation', 'records'],
  changes: [...ground, 'operation', 'records'],
  ...Object.fromEntries(
    Object.entries(domains).map(([name, more]) => [`domains/${name}`, [...spine, ...more.map((one) => `domains/${one}`)]]),
  ),
  sandbox: ['base'],
  // Ways to other companies, of which the sandbox stands beside us.
  'payment-providers': ['base', 'contract', 'schema', 'config', 'domains/payments', 'sandbox'],
  'mail-providers': ['base', 'domains/emails', 'domains/inbound'],
  http: [...ground, 'operation'],
  observe: [...spine, ...domainNames, 'extend'],
  extend: [...spine, ...domainNames],
  engine: [...spine, ...domainNames, 'extend'],
  testing: [...spine, ...domainNames, 'sandbox', 'payment-providers', 'engine', 'http', 'cli', 'client'],
  cli: [...spine, ...domainNames, 'sandbox', 'payment-providers', 'mail-providers', 'extend', 'engine', 'http', 'observe'],
  index: [...ground, 'operation', 'domains/catalog', 'domains/emails', 'extend', 'engine'],
  client: ['contract'],
  console: ['client', 'contract'],
}

/** Whoever wires a process names real things. */
const wiring = ['engine', 'cli', 'testing']

/** Real things behind a port. */
const adapters = [
  'storage/sqlite/',
  'storage/mysql/',
  'blobs/azure-blobs',
  'blobs/local-blobs',
  'blobs/s3-blobs',
  'blobs/memory-blobs',
  'domains/emails/transport-smtp',
  'domains/emails/transport-mx',
  'domains/inbound/smtp-receiver',
  'domains/accounts/argon2-hasher',
  'domains/files/resize-picture',
  'documents/render-pdf',
  'payment-providers/',
  'mail-providers/',
  'sandbox/',
]

/** Packages that reach out of the process, and the only places below `src/` that may. */
export const packageHomes: Readonly<Record<string, readonly string[]>> = {
  'node:fs': ['cli/', 'storage/sqlite/file-check.ts', 'http/static-files.ts', 'blobs/local-blobs.ts', 'documents/fonts.ts'],
  '@fastify/busboy': ['http/'],
  'node:http': ['base/node-http.ts', 'cli/serve.ts', 'cli/sandbox.ts', 'cli/open-provider.ts', 'http/', 'sandbox/'],
  'node:https': ['base/egress.ts', 'blobs/store-client.ts'],
  'node:net': ['cli/', 'http/listening.ts', 'domains/inbound/smtp-receiver.ts', 'base/public-address.ts', 'base/dns.ts'],
  'node:dgram': ['base/dns.ts'],
  'node:tls': ['domains/emails/transport-mx.ts', 'domains/inbound/smtp-receiver.ts'],
  'node:dns': ['base/public-address.ts', 'base/dns.ts'],
  'node:sqlite': ['cli/', 'storage/sqlite/', 'sandbox/'],
  'node:child_process': ['cli/dev.ts', 'cli/picture-processes.ts'],
  'node:worker_threads': ['storage/sqlite/', 'cli/'],
  fastify: ['http/'],
  pdfkit: ['documents/render-pdf.ts'],
  sharp: ['domains/files/resize-picture.ts'],
  nodemailer: ['domains/emails/transport-smtp.ts', 'domains/emails/transport-mx.ts', 'domains/emails/compose-message.ts'],
  'smtp-server': ['domains/inbound/smtp-receiver.ts'],
  'postal-mime': ['domains/inbound/parse-mail.ts'],
  mailauth: ['domains/inbound/authenticate-mail.ts', 'domains/inbound/mail-checks.ts'],
  pg: ['storage/postgres/'],
  mysql2: ['storage/mysql/'],
  mongodb: ['storage/mongodb/'],
  oracledb: ['storage/oracle/'],
}

export type ImportReport = { readonly files: number; readonly mistakes: readonly string[] }

/** @throws Error when there is nothing to read: a check of nothing must not pass */
export function checkImports(root: string): ImportReport {
  const files = readSources(root, ['src', 'client/src', 'console/src']).filter(({ path }) => !path.endsWith('.test.ts'))
  if (files.length === 0) throw new Error(`There are no sources below ${root}: nothing was checked.`)
  const targets = new Map(
    files.map((file) => [file.path, importsOf(file.text).map((one) => ({ ...one, to: targetOf(file.path, one.from) }))]),
  )
  const used = new Set<string>()
  const strangers = new Set(files.map(({ path }) => folderOf(path)).filter((name) => layers[name] === undefined))
  const mistakes = files.flatMap(({ path }) =>
    targets.get(path)!.flatMap(({ from, to, line }) => judge(path, from, to, used).map((text) => `${path}:${line} ${text}`)),
  )
  for (const name of strangers) mistakes.push(`src/${name}: a folder that the table in scripts/import-map.ts does not know`)
  for (const [name, more] of Object.entries(domains))
    if (files.some(({ path }) => path.startsWith(`src/domains/${name}/`)))
      for (const other of more)
        if (!used.has(`domains/${name} domains/${other}`))
          mistakes.push(`scripts/import-map.ts: nothing in domains/${name} imports domains/${other} any more: take the arrow out`)
  return {
    files: files.length,
    mistakes: [...mistakes, ...cycles(files, new Map([...targets].map(([path, list]) => [path, list.map(({ to }) => to)])))],
  }
}

function judge(path: string, from: string, to: string | null, used: Set<string>): string[] {
  const here = folderOf(path)
  if (to === null) return judgePackage(path, from)
  const there = folderOf(to)
  used.add(`${here} ${there}`)
  if (layers[here] === undefined) return []
  if (here !== there && !layers[here].includes(there)) return [`${here} may not import ${there} (${from})`]
  const adapter = adapters.find((name) => to.startsWith(`src/${name}`))
  const isInside = adapters.some((name) => path.startsWith(`src/${name}`))
  if (adapter && !isInside && !wiring.includes(here)) return [`only ${wiring.join(', ')} may name the adapter ${from}`]
  return []
}

function judgePackage(path: string, from: string): string[] {
  if (!path.startsWith('src/')) return [`runs in browsers and may not import the package ${from}`]
  const name = Object.keys(packageHomes).find((one) => from === one || from.startsWith(`${one}/`))
  if (name === undefined || packageHomes[name]!.some((home) => path.startsWith(`src/${home}`))) return []
  return [`may not import ${from}: it reaches out of the process, which ports do`]
}

/** The file an import means, null for a package. `/client/` is where pages find the client. */
function targetOf(path: string, from: string): string | null {
  if (from.startsWith('/client/')) return `client/src/${from.slice('/client/'.length)}`
  return from.startsWith('.') ? join(dirname(path), from) : null
}

function folderOf(path: string): string {
  const [top, first, second] = path.split('/')
  if (top !== 'src') return top!
  if (first === 'domains') return `domains/${second}`
  return first!.endsWith('.ts') ? 'index' : first!
}

/** Each circle of files once, as the way round it. */
function cycles(files: readonly SourceFile[], targets: ReadonlyMap<string, readonly (string | null)[]>): string[] {
  const found: string[] = []
  const done = new Set<string>()
  const way: string[] = []
  const visit = (path: string) => {
    const at = way.indexOf(path)
    if (at >= 0) return void found.push(`${path}: imports itself in a circle: ${[...way.slice(at), path].join(' -> ')}`)
    if (done.has(path)) return
    way.push(path)
    for (const next of targets.get(path) ?? []) if (next !== null && targets.has(next)) visit(next)
    way.pop()
    done.add(path)
  }
  for (const { path } of files) visit(path)
  return found
}

/** The table as ARCHITECTURE.md prints it. */
export function importTable(): string {
  const rows = Object.entries(layers).flatMap(([name, may]): [string, string][] => {
    if (name === 'domains/accounts') return [['domains/*', 'the spine'], ...Object.entries(domains).flatMap(domainRow)]
    if (name.startsWith('domains/')) return []
    return [[name === 'index' ? 'index.ts' : name, inWords(may)]]
  })
  return ['| folder | may import |', '|---|---|', ...rows.map(([name, may]) => `| ${name} | ${may} |`)].join('\n')
}

function domainRow([name]: [string, readonly string[]]): [string, string][] {
  const more = layers[`domains/${name}`]!.filter((one) => !spine.includes(one))
  return more.length === 0 ? [] : [[`domains/${name}`, `also ${more.join(', ')}`]]
}

function inWords(may: readonly string[]): string {
  if (may.length === 0) return 'nothing'
  const names = may.filter((name) => !name.startsWith('domains/'))
  return spine.every((name) => names.includes(name))
    ? ['the spine', ...(may.length > names.length ? ['all domains'] : []), ...names.slice(spine.length)].join(', ')
    : names.join(', ')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--table')) console.log(importTable())
  else {
    const { files, mistakes } = checkImports(resolve(dirname(fileURLToPath(import.meta.url)), '..'))
    for (const mistake of mistakes) console.log(mistake)
    console.log(mistakes.length === 0 ? `${files} files import as they may.` : `${mistakes.length} imports are wrong.`)
    process.exitCode = mistakes.length === 0 ? 0 : 1
  }
}
