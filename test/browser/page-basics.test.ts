// The watch itself: a page with every fault there is, so that none of the checks can pass for ever.
import assert from 'node:assert/strict'
import { browserTest, openVisitor } from './browser.ts'
import { basicsOf } from './page-basics.ts'

const faulty = `<!doctype html><html><head><style>.wide { width: 500px } :focus { outline: none }</style></head><body>
<h1>One</h1><h1>Two</h1><div class="wide" id="same">wide</div><input id="same"><img src="data:,"><svg width="9" height="9"></svg>
<iframe srcdoc="x"></iframe><button></button></body></html>`

const sound = `<!doctype html><html lang="en"><head><title>Sound</title></head><body><main>
<h1>One</h1><label>Name <input></label><img src="data:," alt=""><svg aria-hidden="true"></svg><iframe title="Frame"></iframe><button>Go</button>
</main></body></html>`

browserTest('every fault of a page is found, and a sound page has none', async () => {
  const { page } = await openVisitor('http://127.0.0.1:9', { size: 'phone' })
  await page.setContent(faulty)
  const found = (await basicsOf(page)).join('\n')
  for (const words of [
    'scrolls sideways, 508 of 390',
    'its language',
    'no title',
    '2 h1',
    '0 main',
    'field without a label',
    'image without alt',
    'drawing that is neither',
    'frame without a title',
    'control without a name',
    'the id "same"',
    'the focus cannot be seen',
  ])
    assert.ok(found.includes(words), `${words} is missing in:\n${found}`)
  await page.setContent(sound)
  assert.deepEqual(await basicsOf(page), [])
  await page.context().close()
})

browserTest('lines in the console, errors and failed requests are findings', async () => {
  const visitor = await openVisitor('http://127.0.0.1:9', { size: 'desktop' })
  const { page } = visitor
  await page.setContent(sound)
  visitor.calm()
  await page.evaluate(() => console.warn('mind this'))
  assert.throws(() => visitor.calm(), /mind this/)
  const thrown = page.waitForEvent('pageerror')
  await page.evaluate(() => void setTimeout(() => Promise.reject(new Error('nobody caught me'))))
  await thrown
  assert.throws(() => visitor.calm(), /nobody caught me/)
  const askForNothing = () =>
    Promise.all([page.waitForEvent('console'), page.evaluate(() => fetch('http://127.0.0.1:9/gone', { mode: 'no-cors' }).catch(() => {}))])
  await page.route('**/gone', (route) => route.fulfill({ status: 404, body: '' }))
  await askForNothing()
  assert.throws(() => visitor.calm(), /was answered 404/)
  visitor.expectRefusal(404, /^\/gone$/)
  await askForNothing()
  visitor.calm()
  await page.context().close()
})
