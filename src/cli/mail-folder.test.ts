import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { compileMails, readMailFiles } from './mail-folder.ts'

/** In place of the package, which is 60 MB: it takes `<mjml>` off, and finds fault with `<mj-wrong>`. */
const mjml = `module.exports = (source, options) => {
  const line = source.split('\\n').findIndex((one) => one.includes('<mj-wrong')) + 1
  if (options.ignoreIncludes !== true) throw new Error('it would read files')
  return { html: source.replace(/<\\/?mjml>/g, ''), errors: line > 0 ? [{ line, tagName: 'mj-wrong', message: 'is none' }] : [] }
}`

function projectOf(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'kingpost-mails-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

const source = '---\nsubject: x\n---\n<mjml>\n{{> foot}}\n</mjml>\n'
const partial = { 'mails/partials/foot.mjml': '<p>Bye</p>\n' }
const installed = { 'node_modules/mjml/index.js': mjml, 'node_modules/mjml/package.json': '{"name": "mjml", "version": "5.4.1"}' }

test('what has changed is compiled, what is gone is taken away, and the rest stays as it is', async (t) => {
  const folder = projectOf(t, {
    ...installed,
    ...partial,
    'mails/a.mjml': source,
    'mails/b.html': '<p>B</p>',
    'mails/compiled/old.html': 'x',
  })
  assert.deepEqual(await compileMails(folder), ['mails/compiled/a.html'])
  assert.deepEqual(readdirSync(join(folder, 'mails/compiled')), ['a.html'])
  assert.match(
    readFileSync(join(folder, 'mails/compiled/a.html'), 'utf8'),
    /^<!-- Compiled by kingpost mails build from \w{32} -->\n\n<p>Bye<\/p>\n\n$/,
  )
  assert.deepEqual(await compileMails(folder), [])
  writeFileSync(join(folder, 'mails/partials/foot.mjml'), '<p>See you</p>\n')
  assert.deepEqual(await compileMails(folder), ['mails/compiled/a.html'])
  assert.deepEqual(
    readMailFiles(folder).map(({ path }) => path),
    ['mails/a.mjml', 'mails/b.html', 'mails/partials/foot.mjml', 'mails/compiled/a.html'],
  )
})

test('what is no MJML is told with file and line, and what to type where there is no MJML', async (t) => {
  const wrong = projectOf(t, { ...installed, ...partial, 'mails/a.mjml': source.replace('{{>', '<mj-wrong/>{{>') })
  await assert.rejects(compileMails(wrong), { message: `${join(wrong, 'mails/a.mjml')}:5: <mj-wrong> is none` })
  const bare = projectOf(t, { ...partial, 'mails/a.mjml': source })
  await assert.rejects(compileMails(bare), /a\.mjml is MJML, and the package mjml is not there\. Type: npm install --save-dev mjml$/)
  assert.deepEqual(await compileMails(projectOf(t, { 'mails/b.html': '<p>B</p>' })), [])
  assert.deepEqual(readMailFiles(projectOf(t, {})), [])
})
