// ci
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkDocuments, type Facts, generatedPages, projectGuide, readFacts, tryBlocks, typeScriptBlocks } from './check-docs.ts'
import { readSources } from './source-files.ts'

const root = join(import.meta.dirname, '..')
const documents = readSources(root, ['.'], '.md')

test('what the documents say is there', () => {
  assert.ok(documents.length > 10)
  assert.deepEqual(
    checkDocuments(documents, readFacts(root), (path) => existsSync(join(root, path))),
    [],
  )
})

test('generated pages are what the code makes of them', () => {
  for (const [path, text] of Object.entries(generatedPages(root)))
    assert.equal(documents.find((one) => one.path === path)?.text, text, path)
})

test('the examples of the documents compile and start', () => {
  const blocks = documents.filter(({ path }) => path !== projectGuide).flatMap(typeScriptBlocks)
  assert.ok(blocks.length > 0)
  assert.deepEqual(tryBlocks(root, blocks), [])
})

test('the command line is read from its source', () => {
  const { commands, options, variables } = readFacts(root)
  assert.ok(commands.includes('start') && options.includes('port') && variables.includes('KINGPOST_PORT'))
})

const facts: Facts = {
  scripts: ['start', 'test', 'kingpost'],
  commands: ['start'],
  options: ['port', 'config'],
  variables: ['KINGPOST_CONFIG'],
}
const planted: readonly { text: string; says: RegExp | null }[] = [
  { text: '[a](b.md)', says: /there is no docs\/b\.md/ },
  { text: '[a](../README.md)', says: null },
  { text: '[a](../README.md#what-it-is)', says: null },
  { text: '[a](../README.md#what-it-was)', says: /has no such heading/ },
  { text: '[a](https://example.com)', says: null },
  { text: '```sh\nnpm run strat\n```', says: /a\.md:4: there is no npm run strat/ },
  { text: '```sh\nnpm start && npm test\n```', says: null },
  { text: '```sh\nnpx kingpost strat --config a.ts\n```', says: /no command strat/ },
  { text: '```sh\nnpx kingpost start --config a.ts --prot 1\n```', says: /no option --prot/ },
  { text: '```sh\nnpx kingpost start --config a.ts --port 1\n```', says: null },
  { text: '```sh\nnpm run -s kingpost -- start\n```', says: /names no config/ },
  { text: '```sh\nA=1 kingpost start --config a.ts\n```', says: /what kingpost is/ },
  { text: '```sh\nexport KINGPOST_CONFIG=a.ts\nkingpost() { npm run -s kingpost -- "$@"; }\nkingpost start\n```', says: null },
  { text: 'In `src/cli/mian.ts`.', says: /docs\/a\.md:3 there is no src\/cli\/mian\.ts/ },
  { text: 'In `docs/a.md`, and `application/json`.', says: null },
  { text: 'Set KINGPOST_PROT.', says: /no variable KINGPOST_PROT/ },
]

test('blocks that continue are one module, each line where it stands', () => {
  const text = '# A\n\n```ts\nconst a = 1\n```\n\nProse.\n\n```ts continued\nlog(a)\n```\n\n```ts\nother()\n```\n'
  const [first, second, ...more] = typeScriptBlocks({ path: 'a.md', text })
  assert.equal(text.split('\n')[first!.line - 1 + first!.text.split('\n').indexOf('log(a)') + 1], 'log(a)')
  assert.equal(second!.text, 'other()\n')
  assert.deepEqual(more, [])
})

for (const { text, says } of planted)
  test(`${text.replaceAll('\n', ' ')} ${says === null ? 'is fine' : 'is seen'}`, () => {
    const pages = [
      { path: 'README.md', text: '# R\n\n## What it *is*\n' },
      { path: 'docs/a.md', text: `# A\n\n${text}\n` },
      { path: 'docs/operating/running.md', text: '# Running\n\nKINGPOST_CONFIG\n' },
    ]
    const found = checkDocuments(pages, facts, (path) => pages.some((page) => page.path === path))
    assert.equal(found.length, says === null ? 0 : 1, found.join('\n'))
    if (says) assert.match(found[0]!, says)
  })

test('a broken example is seen with its place', () => {
  const wrongType = "import { field } from 'kingpost'\n\nexport const title = field.text({ requird: true })\n"
  const wrongConfig = "import { defineBackend } from 'kingpost'\n\nexport const backend = defineBackend({ name: '' })\n"
  const found = tryBlocks(root, [
    { path: 'docs/a.md', line: 10, text: wrongType },
    { path: 'docs/b.md', line: 20, text: wrongConfig },
  ])
  assert.equal(found.length, 2, found.join('\n'))
  assert.match(found[0]!, /^docs\/a\.md:13 .*requird/)
  assert.match(found[1]!, /^docs\/b\.md:20: the config does not start: .*name: must be a text/s)
})
