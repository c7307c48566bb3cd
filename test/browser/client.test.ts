// The client and its hooks in a real Chromium, behind a line that is cut at random: a live list misses nothing and is told nothing
// twice. What it does in Node is in test/api/client.test.ts.
import assert from 'node:assert/strict'
import { before } from 'node:test'
import type { Page } from 'playwright-core'
import type { createClient as Create } from '../../client/src/index.ts'
import type * as hooks from '../../client/src/react.ts'
import { type Chance, createChance } from '../support/chance.ts'
import { eventually } from '../support/eventually.ts'
import { expectStatus, type HttpClient } from '../support/http-client.ts'
import { createProxy } from '../support/proxy.ts'
import { type ServerProcess, startServer, testConfig } from '../support/server-process.ts'
import { signInAdmin, signUp } from '../support/shop.ts'
import { checkTold, cutSomewhere, type Told } from '../support/told-lists.ts'
import { browserTest, openVisitor, wholeFile } from './browser.ts'
import { type PageReact, reactPage } from './react-page.ts'

type Note = { readonly id: string; readonly number: number }

let server: ServerProcess
let admin: HttpClient
let proxy: Awaited<ReturnType<typeof createProxy>>
before(async () => {
  server = await startServer(wholeFile, { config: testConfig })
  admin = await signInAdmin(server)
  proxy = await createProxy(server.url)
  wholeFile.after(() => proxy.close())
})

/** Does something to the notes. */
async function disturb(ids: string[], chance: Chance): Promise<void> {
  const one = ids.length > 0 ? chance.pick(ids) : null
  const kind = chance.below(4)
  if (kind < 2 || one === null) ids.push((await admin.post('/api/notes', { text: 'x', number: chance.below(60) })).body.id)
  else if (kind === 2) await admin.patch(`/api/notes/${one}`, { number: chance.below(60) })
  else await admin.delete(`/api/notes/${ids.splice(ids.indexOf(one), 1)[0]}`)
}

/** A page behind the line, told of the cuts that are to come. */
async function cutAndDisturb(chance: Chance, ids: string[]): Promise<void> {
  for (let cut = 0; cut < 3; cut++) {
    await eventually('the line', async () => (proxy.connections() > 0 ? true : null))
    for (let i = chance.below(6); i >= 0; i--) await disturb(ids, chance)
    cutSomewhere(proxy, chance)
    for (let i = chance.below(10); i >= 0; i--) await disturb(ids, chance)
  }
}

async function listed(least: number): Promise<string[]> {
  const notes = await admin.all(`/api/notes?filter[number][gte]=${least}&sort=-number`)
  return notes.map(({ id, number }) => `${id} ${number}`)
}

/** What was said in its console, the lines apart that tell of a cut. */
function listenTo(page: Page): string[] {
  const said: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !message.text().startsWith('Failed to load resource')) said.push(message.text())
  })
  page.on('pageerror', (error) => said.push(String(error)))
  return said
}

browserTest('a live list in Chromium is told every difference once while its line is cut', async (t) => {
  const chance = createChance((line) => t.diagnostic(line))
  const { page } = await openVisitor(proxy.url(server.url), { size: 'desktop' })
  const said = listenTo(page)
  await page.goto('/')
  await page.evaluate(async () => {
    const address = '/client/index.ts'
    const { createClient } = (await import(address)) as { createClient: typeof Create }
    const told: Told<Note>[] = []
    Object.assign(globalThis, { told })
    createClient()
      .collection<Note>('notes')
      .live({ filter: { number: { gte: 10 } }, sort: '-number' }, (records, news) => void told.push({ records, ...news }))
  })
  const told = () => page.evaluate(() => (globalThis as unknown as { told: Told<Note>[] }).told)
  await eventually('the empty list', async () => (await told())[0])
  await cutAndDisturb(chance, [])
  const expected = await listed(10)
  const calls = await eventually('the list as it is', async () => {
    const now = await told()
    const shown = now.at(-1)!.records.map(({ id, number }) => `${id} ${number}`)
    return JSON.stringify(shown) === JSON.stringify(expected) ? now : null
  })
  checkTold(calls)
  assert.deepEqual(said, [])
  await page.context().close()
})

browserTest('a live list shows what its visitor may see after signing in, and after signing out', async () => {
  const password = 'a long enough one'
  const ada = await signUp(server.guest, 'ada@mail.example')
  expectStatus(await ada.post('/api/notes', { text: 'mine alone', number: -5 }), 201)
  const { page } = await openVisitor(server.url, { size: 'desktop' })
  await page.goto('/')
  await page.evaluate(async () => {
    const address = '/client/index.ts'
    const { createClient } = (await import(address)) as { createClient: typeof Create }
    const client = createClient()
    const told = { client, shown: '?' }
    client.collection<Note>('notes').live({ filter: { number: { lt: 0 } } }, (notes) => {
      told.shown = notes.map(({ number }) => number).join()
    })
    Object.assign(globalThis, told, { told })
  })
  type Page = { client: ReturnType<typeof Create>; told: { shown: string } }
  const shows = (text: string) =>
    eventually(`the list "${text}"`, async () =>
      (await page.evaluate(() => (globalThis as unknown as Page).told.shown)) === text ? true : null,
    )
  await shows('')
  await page.evaluate((one) => (globalThis as unknown as Page).client.auth.login(one), { email: 'ada@mail.example', password })
  await shows('-5')
  await page.evaluate(() => (globalThis as unknown as Page).client.auth.logout())
  await shows('')
  await page.context().close()
})

type Rendering = { readonly least: number; readonly shown: readonly Note[] | null; readonly error: string | null }
type Shown = {
  readonly renderings: Rendering[]
  /** One for each stream of changes that was opened; aborted when it is over. */
  readonly streams: AbortSignal[]
  setLeast(least: number): void
  leave(): void
}

/** In the page: a component with a live list, in StrictMode. */
async function render(): Promise<void> {
  const { React, createRoot } = globalThis as unknown as PageReact
  const [client, react] = ['/client/index.ts', '/client/react.ts']
  const { createClient } = (await import(client)) as { createClient: typeof Create }
  const { useLive } = ((await import(react)) as typeof hooks).createHooks(React)
  const shown: Shown = { renderings: [], streams: [], setLeast: () => {}, leave: () => {} }
  const notes = createClient({
    fetch(address, init) {
      if (address.includes('/api/changes')) shown.streams.push(init!.signal!)
      return fetch(address, init)
    },
  })
  // biome-ignore lint/correctness/noComponentHookFactories: all of it is sent into the page
  function Notes(): unknown {
    const [least, setLeast] = React.useState(10)
    shown.setLeast = setLeast
    // Asked for at each rendering, as pages do.
    const { records, error } = useLive(notes.collection<Note>('notes'), { filter: { number: { gte: least } }, sort: '-number' })
    shown.renderings.push({ least, shown: records ? [...records] : null, error: error ? String(error) : null })
    const lines = records?.map(({ id, number }) => React.createElement('li', { key: id }, `${id} ${number}`))
    return React.createElement('ul', {}, lines ?? '…')
  }
  const root = createRoot(document.body.appendChild(document.createElement('div')))
  shown.leave = () => root.unmount()
  root.render(React.createElement(React.StrictMode, {}, React.createElement(Notes, {})))
  Object.assign(globalThis, { shown })
}

browserTest('a component of React shows a live list while its line is cut, with another filter, and leaves nothing behind', async (t) => {
  const chance = createChance((line) => t.diagnostic(line))
  const { page } = await openVisitor(proxy.url(server.url), { size: 'desktop' })
  const said = listenTo(page)
  await page.route('**/react-page', (route) => route.fulfill({ contentType: 'text/html', body: reactPage() }))
  await page.goto('/react-page')
  await page.evaluate(render)
  const shown = () => page.evaluate(() => (globalThis as unknown as { shown: Shown }).shown.renderings)
  const openStreams = () =>
    page.evaluate(() => (globalThis as unknown as { shown: Shown }).shown.streams.filter((signal) => !signal.aborted).length)
  const lines = () => page.locator('li').allTextContents()
  const isTrue = (least: number) =>
    eventually(`the list from ${least} on`, async () => {
      const expected = await listed(least)
      return JSON.stringify(await lines()) === JSON.stringify(expected) ? true : null
    })

  const ids: string[] = []
  await isTrue(10)
  await cutAndDisturb(chance, ids)
  await isTrue(10)
  await page.evaluate(() => (globalThis as unknown as { shown: Shown }).shown.setLeast(30))
  await cutAndDisturb(chance, ids)
  await isTrue(30)
  for (const { least, shown: notes, error } of await shown()) {
    assert.equal(error, null)
    assert.ok(
      (notes ?? []).every(({ number }) => number >= least),
      'no rendering shows what another filter found',
    )
    assert.equal(new Set(notes?.map(({ id }) => id)).size, notes?.length ?? 0, 'each record stands there once')
  }
  assert.equal(await openStreams(), 1)
  await page.evaluate(() => (globalThis as unknown as { shown: Shown }).shown.leave())
  assert.equal(await openStreams(), 0)
  assert.equal(await page.locator('li').count(), 0)
  assert.deepEqual(said, [])
  await page.context().close()
})
