// The guides and the pages on operating are run as they stand: their shell commands, pasted into one shell, against a
// server of their own, and their pages' TypeScript that uses the client. Left out are blocks that start processes or make
// databases. A page that shows a config runs on it, the others on the bookshop.
// long
// ci
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { projectGuide, typeScriptBlocks } from './check-docs.ts'
import { namesBelow } from './source-files.ts'

const root = join(import.meta.dirname, '..')
const bookshop = join(root, 'examples/bookshop/kingpost.config.ts')
const hasCurl = spawnSync('curl', ['--version']).status === 0
const options = { skip: !hasCurl && 'there is no curl here', timeout: 120_000 }

type Page = {
  readonly path: string
  readonly shell: readonly string[]
  readonly config: string | undefined
  readonly client: string | undefined
}

/** Its commands are for the bookshop: what it shows of a config is there to be read. */
const ofBookshop: readonly string[] = ['docs/guides/take-a-payment.md', 'docs/guides/invoices.md']

const pages = ['docs/start.md', ...['docs/guides', 'docs/operating'].flatMap((folder) => namesBelow(root, folder, '.md'))]
  .filter((path) => path !== projectGuide)
  .map(readPage)
  .filter(({ shell, client }) => shell.some((block) => !isStart(block)) || client !== undefined)

/** What a page must have printed, where that is not seen by its commands' ends. */
const said: Readonly<Record<string, RegExp>> = {
  'docs/start.md': /"code":"precondition_failed"/,
  'docs/guides/import-and-export.md':
    /"rows":387,"created":0[\s\S]*"rows":2,"created":1,"changed":0,"unchanged":0,"rejected":1,"rejections":\[\{"line":3/,
  'docs/guides/import-a-catalogue.md':
    /"rows":387,"created":387[\s\S]*"rows":5\d\d,"created":5\d\d[\s\S]*"rows":387,"created":0,"changed":0,"unchanged":387,"rejected":0[\s\S]*"amount"/,
  'docs/guides/hooks.md':
    /^\{"email":"ada@example\.com","name":null\}\n3\n1\n\{"type":"\/api\/docs#errors\/rude",.*"errors":\[\{"path":"\/text","code":"rude","message":"Please stay friendly\."\}\]\}$/,
  'docs/guides/own-operations.md':
    /^owner@example\.com is an admin\.\n\{"id":"seat_\w+","event":"event_\w+","guest":"Ada"\}\n\{"type":"\/api\/docs#errors\/sold_out",.*"params":\{"capacity":1\}\}$/,
  'docs/guides/accounts.md':
    /ada@example\.com\n[\s\S]*ada@example\.com\n[\s\S]*"isCurrent":true[\s\S]*\{"email":"ada@tea\.example"\}[\s\S]*"email":"bob@example\.com"/,
  'docs/guides/personal-data.md': /"state":"running"[\s\S]*"state":"waiting"[\s\S]*"code":"unauthenticated"/,
  'docs/guides/groups.md':
    /\nAt six\.\nbob@example\.com\nSomebody invites you to a group at Clubhouse\.\n0\nAt six\.\nlast_group_owner\nowner\n0\n$/,
  'docs/guides/front-end.md': /\/stars[\s\S]*placed\ntrue\n/,
  'docs/guides/mollie.md': /^mollie\nplaced\nowner@example\.com is an admin\.\nsucceeded\nThe chargeback is reversed\.\n$/,
  'docs/guides/bookkeeping.md':
    /I:sales:DE:70000 -\d+[\s\S]*\n0\n[\s\S]*order\.recognized[\s\S]*sandbox 1000000 0 true\npostedAt,[\s\S]*"EXTF";700;21;"Buchungsstapel"/,
  'docs/guides/figures.md':
    /^owner@example\.com is an admin\.\n1 order, 2 units\n[\s\S]*Shipping[\s\S]*\nDE\nDE 7 %\n1\n\w+ true\nkey,title,currency,orders/,
  'docs/guides/orders.md':
    /^owner@example\.com is an admin\.\n1\n1\n2 \/total\/amount its lines, shipping and tax come to [^\n]+\n1\ncompleted\n1\nOLD-1001\nid,number/,
  'docs/guides/draft-orders.md': /^owner@example\.com is an admin\.\n18000\n9000\n\d+\nplaced\n\[ 'payment_due' \]\n1140\n$/,
  'docs/guides/invoices.md': /^owner@example\.com is an admin\.\ninvoice\n%PDF-1\.7\n201\n\[ 'credit_note 200' \]\n$/,
  'docs/guides/shipping.md':
    /^owner@example\.com is an admin\.\n390\n390\npartially_fulfilled\n1\ncompleted\ndelivered\norder\.created\n[\s\S]*fulfillment\.delivered\n/,
  'docs/guides/returns.md': /^owner@example\.com is an admin\.\n1\n2\napproved\nreceived\ncompleted\n1\n$/,
  'docs/guides/gift-cards.md':
    /^owner@example\.com is an admin\.\nnull\n1000\npayment_missing\ngift_card 1000\nsandbox \d+\nsandbox\ngift_card 1000\n1000\n5000\nplaced\nEUR\n$/,
  'docs/guides/discounts.md': /^owner@example\.com is an admin\.\nSPRING10\nBIG\nSPRING10 applied\nBIG minimum_sum\ndiscount_unknown\n$/,
  'docs/guides/stripe.md': /^placed\nowner@example\.com is an admin\.\nsucceeded\nThe dispute is won\.\n$/,
  'docs/operating/backup-and-restore.md': /whole in [\s\S]*the same, and all invariants hold[\s\S]*Nothing is held/,
  'docs/operating/move-to-another-database.md': /the same on both sides[\s\S]*can be started on again/,
  'docs/operating/running.md': /All invariants hold/,
}

test('there are pages to run', () => {
  for (const path of Object.keys(said))
    assert.ok(
      pages.some((page) => page.path === path),
      path,
    )
  assert.ok(hasCurl || process.env['CI'] !== 'true', 'curl is missing')
})

test('the guide to groups shows what the clubhouse has', () => {
  const shown = pages.find(({ path }) => path === 'docs/guides/groups.md')!.config!
  const declared = readFileSync(join(root, 'examples/clubhouse/groups.ts'), 'utf8').split(/\n\n(?=export const |const |\/\*\*)/)
  assert.ok(declared.length > 10)
  for (const one of declared.slice(1)) assert.ok(shown.includes(one.trim()), one)
})

for (const page of pages)
  test(`${page.path} runs as it stands`, options, async (t) => {
    assert.match(await runPage(t, page), said[page.path] ?? /^/)
  })

function readPage(path: string): Page {
  const text = readFileSync(join(root, path), 'utf8')
  const blocks = typeScriptBlocks({ path, text }).map((block) => block.text)
  return {
    path,
    shell: [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(({ 1: block }) => block!),
    config: ofBookshop.includes(path) ? undefined : blocks.find((block) => block.includes('defineBackend(')),
    client: blocks.find((block) => block.includes("from 'kingpost/client'")),
  }
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : []))
}

/** Starts a process, needs a database server, or takes minutes. */
function isStart(block: string): boolean {
  return /kingpost (?:-- )?(?:start|sandbox)\b|^(?:createdb|mariadb|node test\/|npm run shoppers)/m.test(block)
}

/** What its commands and its module printed. */
async function runPage(t: TestContext, { path, shell, config, client }: Page): Promise<string> {
  // Inside the repository, where the package finds itself by its name.
  mkdirSync(join(root, '.kingpost'), { recursive: true })
  const folder = mkdtempSync(join(root, '.kingpost/page-'))
  const there = new Set(filesIn(root))
  t.after(() => {
    rmSync(folder, { recursive: true, force: true })
    // What its commands wrote: `cart.json`.
    for (const name of filesIn(root)) if (!there.has(name)) rmSync(join(root, name))
  })
  const data = join(folder, 'data')
  if (config !== undefined) writeFileSync(join(folder, 'kingpost.config.ts'), config)
  const start = config === undefined ? 0 : shell.findIndex(isStart)
  assert.notEqual(start, -1, `${path} shows a config and never starts it`)
  const run = (blocks: readonly string[], url: string) => {
    const script = blocks.filter((block) => !isStart(block)).join('\n')
    return runShell(placed(script, folder, url, config !== undefined), data)
  }

  const before = run(shell.slice(0, start), '')
  const server = await startServer(t, config === undefined ? bookshop : join(folder, 'kingpost.config.ts'), data)
  if (shell.some((block) => block.includes('kingpost move'))) await server.stop()
  const after = run(shell.slice(start), server.url)
  return (
    before +
    after +
    (client === undefined ? '' : runModule(join(folder, 'page.ts'), client.replaceAll('http://localhost:8090', server.url), path))
  )
}

/** With the addresses and folders of this run instead of those of the page. */
function placed(script: string, folder: string, url: string, hasConfig: boolean): string {
  const named = script
    .replaceAll('http://localhost:8090', url)
    .replaceAll(/postgres:\/\/\S+/g, `sqlite:${folder}/moved/kingpost.db`)
    .replaceAll(/(?<=[ /]|^)(restored|shop\.jsonl\.zst)\b/gm, `${folder}/$1`)
  return hasConfig ? named.replaceAll(/(?<=[ =])shop\//g, `${folder}/`) : named
}

function runShell(script: string, data: string): string {
  const env = { ...process.env, KINGPOST_DATA_DIR: data, PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH']}` }
  const { status, stdout, stderr } = spawnSync('bash', ['-c', `set -euo pipefail\n${script}`], {
    cwd: root,
    env,
    encoding: 'utf8',
    timeout: 100_000,
  })
  assert.equal(status, 0, `${stdout}\n${stderr}`)
  return stdout
}

function runModule(file: string, text: string, path: string): string {
  writeFileSync(file, text)
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', file], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  assert.equal(status, 0, `${path}\n${stdout}\n${stderr}`)
  return stdout
}

/** On a free port. */
async function startServer(t: TestContext, config: string, folder: string): Promise<{ url: string; stop(): Promise<void> }> {
  const words = [join(root, 'src/cli/main.ts'), 'start', '--config', config, '--data-dir', folder, '--port', '0', '--json']
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...words], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  t.after(() => child.kill('SIGKILL'))
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
  }
  for await (const line of createInterface(child.stdout))
    return { url: (JSON.parse(line) as { api: string }).api.replace('/api/docs', ''), stop }
  throw new Error('The server did not start.')
}
