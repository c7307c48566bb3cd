// A real Chromium in front of a real server. Every page that is opened is watched: a line in its console, an
// error that nobody caught or a request that failed is a finding, unless the test said that it is to come.
import assert from 'node:assert/strict'
import { accessSync, constants, mkdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { type Browser, chromium, type Page } from 'playwright-core'
import { basicsOf } from './page-basics.ts'

export type Size = 'desktop' | 'phone'
export const sizes: readonly Size[] = ['desktop', 'phone']
const viewports = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } } as const

/** Two busy cores are slow; a page that is slower than this is broken. */
const patienceMs = 20_000

const switches = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export type Visitor = {
  readonly page: Page
  /** Chromium writes a line for every refusal: these ones are part of the story. */
  expectRefusal(status: number, path: RegExp): void
  /** So are lines that break. */
  expectCuts(): void
  /** The page as it stands is sound: nothing went wrong, nothing sticks out, everything has a name. */
  look(name: string): Promise<void>
  /** Nothing went wrong since the last look. */
  calm(): void
}

export type VisitorOptions = {
  readonly size: Size
  readonly isDark?: boolean
  readonly signedInAs?: Visitor
  /** What the browser wants pages in: `de-DE`. */
  readonly language?: string
}

/** `CHROMIUM` names another one. */
function findChromium(): string | undefined {
  const { CHROMIUM, PATH = '' } = process.env
  const places = CHROMIUM ? [CHROMIUM] : ['/usr/bin/chromium', ...PATH.split(delimiter).map((folder) => join(folder, 'chromium'))]
  return places.find((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

const executablePath = findChromium()
/** In CI a missing browser is a failure of the launch; elsewhere a reason to skip, told in a sentence. */
const skip =
  executablePath === undefined && process.env['CI'] !== 'true'
    ? 'There is no Chromium here. Install it (apt-get install chromium) to run this test.'
    : false

/** One test with a browser. Not run, and said so, where there is none. */
export function browserTest(name: string, run: (t: TestContext) => Promise<void>): void {
  test(name, { skip }, run)
}

const endings: (() => unknown)[] = []
// Said once and here: `after` inside of a hook would run at the end of that hook.
after(async () => {
  for (const end of endings.toReversed()) await end()
})

/** What lives as long as the file's tests do: `startServer(wholeFile)`. */
export const wholeFile = { after: (end: () => unknown) => void endings.push(end) }

let launching: Promise<Browser> | undefined
function launch(): Promise<Browser> {
  assert.ok(executablePath, 'There is no Chromium here, and CI asks for one: apt-get install chromium')
  launching ??= chromium.launch({ executablePath, args: switches }).then((browser) => {
    wholeFile.after(() => browser.close())
    return browser
  })
  return launching
}

const brokenLine = /net::ERR_(?:CONNECTION_[A-Z]+|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING|NETWORK_CHANGED)/

/** A person with a browser of their own: no cookies, nothing stored. */
/** The admin of the tests' shop (support/shop.ts), on whatever page of the console asks who is there. */
export async function signInToConsole(page: Page): Promise<void> {
  await page.getByLabel('E-mail').fill('admin@shop.example')
  await page.getByLabel('Password').fill('correct horse battery')
  await page.keyboard.press('Enter')
  await page.locator('.shell h1').waitFor()
}

export async function openVisitor(url: string, options: VisitorOptions): Promise<Visitor> {
  const browser = await launch()
  const { size, isDark = false, signedInAs, language = 'en-IE' } = options
  const context = await browser.newContext({
    baseURL: url,
    viewport: viewports[size],
    colorScheme: isDark ? 'dark' : 'light',
    locale: language,
    reducedMotion: 'reduce',
    ...(signedInAs ? { storageState: await signedInAs.page.context().storageState() } : {}),
  })
  context.setDefaultTimeout(patienceMs)
  const page = await context.newPage()
  const findings: string[] = []
  const refusals: { status: number; path: RegExp }[] = []
  let isCut = false
  const isToCome = (address: string, status: number) =>
    refusals.some((one) => one.status === status && one.path.test(new URL(address).pathname))

  page.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type())) return
    if (isCut && brokenLine.test(message.text())) return
    const status = /^Failed to load resource: the server responded with a status of (\d+)/.exec(message.text())?.[1]
    const { url: from } = message.location()
    if (status !== undefined && isToCome(from, Number(status))) return
    findings.push(`console ${message.type()}: ${message.text()} (${from})`)
  })
  page.on('pageerror', (error) => findings.push(`not caught: ${error.stack ?? error.message}`))
  page.on('response', (answer) => {
    if (answer.status() >= 400 && !isToCome(answer.url(), answer.status()))
      findings.push(`${answer.request().method()} ${answer.url()} was answered ${answer.status()}`)
  })
  page.on('requestfailed', (request) => {
    // Whoever leaves a page ends its streams and what it had still asked for.
    const reason = request.failure()?.errorText ?? ''
    if (reason !== 'net::ERR_ABORTED' && !(isCut && brokenLine.test(reason))) findings.push(`${request.url()} failed: ${reason}`)
  })

  function calm(): void {
    assert.deepEqual(findings.splice(0), [])
  }
  return {
    page,
    calm,
    expectCuts: () => void (isCut = true),
    expectRefusal: (status, path) => void refusals.push({ status, path }),
    async look(name) {
      await takePicture(page, `${name}-${size}${isDark ? '-dark' : ''}`)
      const basics = (await basicsOf(page)).map((finding) => `${name}, ${size}: ${finding}`)
      assert.deepEqual(basics, [])
      calm()
    },
  }
}

/** `BROWSER_PICTURES=FOLDER` keeps what every look saw, for people to judge. */
async function takePicture(page: Page, name: string): Promise<void> {
  const folder = process.env['BROWSER_PICTURES']
  if (!folder) return
  mkdirSync(folder, { recursive: true })
  await page.evaluate(async () => {
    for (const image of document.images) image.loading = 'eager'
    await Promise.all([...document.images].map((image) => image.decode().catch(() => {})))
  })
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
}
