/**
 * `node test/outside/generated-clients.ts`: clients made from the API document of the bookshop by the generators that
 * people use, one for Python and two for Java, compiled, and used against a running server (use_client.py,
 * UseClient.java). `--only python` or `--only java` makes some of them.
 *
 * It needs `openapi-python-client` on the path (`pip install --no-deps -r test/outside/python-tools.txt`), and Maven with a
 * JDK of 17 or newer, which fetches the Java generator.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { createHttpClient, expectStatus } from '../support/http-client.ts'
import { startServer } from '../support/server-process.ts'
import { signInAdmin } from '../support/shop.ts'

const generator = 'org.openapitools:openapi-generator-cli:7.25.0'
const copyPlugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1'
const javaLibraries = {
  native: 'client.updateBaseUri(url); if (token != null) client.setRequestInterceptor(builder -> builder.header("Cart-Token", token));',
  'okhttp-gson': 'client.setBasePath(url); if (token != null) client.addDefaultHeader("Cart-Token", token);',
} as const

/** Bodies that are bytes to whoever sends them or gets them. That generator knows one name for such. */
const bytesAs = Object.fromEntries(
  ['*/*', 'application/pdf', 'text/csv', 'application/jsonl', 'application/offset+octet-stream', 'message/rfc822'].map((type) => [
    type,
    'application/octet-stream',
  ]),
)

const here = import.meta.dirname
const { only } = parseArgs({ options: { only: { type: 'string' } } }).values
const steps: (() => unknown)[] = []
process.exitCode = 1
try {
  const folder = mkdtempSync(join(tmpdir(), 'kingpost-clients-'))
  steps.push(() => rmSync(folder, { recursive: true, force: true }))
  const scope = { after: (step: () => unknown) => void steps.push(step) }
  const server = await startServer(scope as never, { config: join(here, '../../examples/bookshop/kingpost.config.ts') })
  // The document of staff, which holds everything that others' do.
  const { headers } = await signInAdmin(server)
  const document = join(folder, 'openapi.json')
  writeFileSync(document, expectStatus(await createHttpClient(server.url, headers).get('/api/openapi.json'), 200).text)
  if (only !== 'java') await python(document, folder, server.url)
  if (only !== 'python') for (const library of ['native', 'okhttp-gson'] as const) await java(library, document, folder, server.url)
  process.exitCode = 0
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
} finally {
  for (const step of steps.reverse()) await step()
}

async function python(document: string, folder: string, url: string): Promise<void> {
  const config = join(folder, 'python.json')
  writeFileSync(config, JSON.stringify({ post_hooks: [], content_type_overrides: bytesAs }))
  const words = ['generate', '--path', document, '--output-path', join(folder, 'shop'), '--meta', 'none', '--config', config]
  const said = await run('openapi-python-client', words, folder)
  // What it could not make it leaves out, and only says so.
  if (/warning|unable|skipp/i.test(said)) throw new Error(`openapi-python-client left something out:\n${said.slice(0, 3_000)}`)
  const interpreter = join(dirname(realpathSync(programAt('openapi-python-client'))), 'python')
  await run(interpreter, ['-m', 'compileall', '-q', 'shop'], folder)
  await run(interpreter, [join(here, 'use_client.py'), url], folder, { PYTHONPATH: folder })
  console.log('Python: the client compiles, lists with a filter, makes a cart and changes it.')
}

async function java(library: keyof typeof javaLibraries, document: string, folder: string, url: string): Promise<void> {
  const client = join(folder, library)
  await run('mvn', ['-q', '-B', `${copyPlugin}:copy`, `-Dartifact=${generator}`, `-DoutputDirectory=${folder}`], folder)
  const jar = join(folder, `${generator.split(':')[1]}-${generator.split(':')[2]}.jar`)
  // A form may be sent in place of a file: its class is imported, and by default not made.
  const leaveOut = 'apiTests=false,modelTests=false,apiDocs=false,modelDocs=false,skipFormModel=false'
  const words = ['-jar', jar, 'generate', '-i', document, '-g', 'java', '--library', library, '-o', client, '--global-property', leaveOut]
  await run('java', words, folder)
  const sources = join(client, 'src/main/java')
  const program = readFileSync(join(here, 'UseClient.java'), 'utf8')
  const asked = { limit: '5', sort: '"year"', filterYearGte: '1800L', filterYearLt: '1850L' }
  const list = argumentsOf(readFileSync(join(sources, 'org/openapitools/client/api/ProductsApi.java'), 'utf8'), 'productsList', asked)
  writeFileSync(join(sources, 'UseClient.java'), program.replace('CLIENT', javaLibraries[library]).replace('ARGUMENTS', list))
  await run('mvn', ['-q', '-B', 'compile', `${copyPlugin}:build-classpath`, '-Dmdep.outputFile=classpath'], client)
  const classes = [join(client, 'target/classes'), readFileSync(join(client, 'classpath'), 'utf8').trim()].join(delimiter)
  await run('java', ['-cp', classes, 'UseClient', url], client)
  console.log(`Java, ${library}: the client compiles, lists with a filter, makes a cart and changes it.`)
}

/** Java has no named arguments: the call with these, and null for the others. */
function argumentsOf(source: string, method: string, given: Readonly<Record<string, string>>): string {
  const [, parameters] = new RegExp(`public \\w+ ${method}\\((.*?)\\) throws`).exec(source) ?? []
  if (parameters === undefined) throw new Error(`The Java client has no ${method}.`)
  const names = parameters.split(', ').map((one) => one.split(' ').at(-1)!)
  const missing = Object.keys(given).filter((name) => !names.includes(name))
  if (missing.length > 0) throw new Error(`${method} of the Java client takes no ${missing.join(', ')}; it takes ${names.join(', ')}.`)
  return names.map((name) => given[name] ?? 'null').join(', ')
}

function programAt(name: string): string {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    try {
      return realpathSync(join(folder, name))
    } catch {
      // Not there.
    }
  }
  throw new Error(`There is no ${name} on the path.`)
}

/** What the program printed. @throws Error with it when it failed */
async function run(program: string, words: readonly string[], cwd: string, env: Record<string, string> = {}): Promise<string> {
  try {
    const { stdout, stderr } = await promisify(execFile)(program, [...words], { cwd, env: { ...process.env, ...env }, maxBuffer: 2 ** 26 })
    return stdout + stderr
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string }
    throw new Error(`${program} ${words.join(' ').slice(0, 200)} failed: ${stdout}${stderr}`.slice(0, 6_000) || message)
  }
}
