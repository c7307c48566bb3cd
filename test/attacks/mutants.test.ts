// That the mutants of `npm run mutants` can still be planted: each text that is taken away stands in the source once, and each attack
// that is asked is one of the matrix. Whether each is caught is asked by that command, which takes minutes.
// databases: sqlite
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { attacks } from './matrix/attacks.ts'
import { defences, mutated, root } from './mutants/defences.ts'
import { accountAttacks, attacksPage } from './page.ts'

test('every defence stands in the source once', () => {
  for (const defence of defences) {
    const source = readFileSync(join(root, defence.file), 'utf8')
    assert.notEqual(mutated(defence, source), source, defence.name)
  }
})

test('the page of attacks says what there is', () => {
  const page = readFileSync(join(root, 'docs/reference/attacks.md'), 'utf8')
  assert.equal(page, attacksPage(), 'make it again: node test/attacks/page.ts --write')
})

test('every attack that is asked is one of the matrix, every test one of its file, and every name is of one defence', () => {
  const known = new Set(attacks.map(({ id }) => id))
  for (const { name, asked, test: file } of defences) {
    const source = file === undefined ? '' : readFileSync(join(root, file), 'utf8')
    assert.deepEqual(
      asked.filter((words) => (file === undefined ? !known.has(words) : !source.includes(words))),
      [],
      name,
    )
  }
  assert.equal(new Set(defences.map(({ name }) => name)).size, defences.length)
})

test('the tests of accounts that the page names are there', () => {
  for (const [id, , , files] of accountAttacks)
    for (const file of files.split(', ')) assert.ok(existsSync(join(root, file)), `${id}: ${file}`)
})
