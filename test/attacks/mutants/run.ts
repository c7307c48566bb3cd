/**
 * `npm run mutants`: takes away one defence after another, each in a process of its own, and runs the attacks of the matrix or the tests that
 * are about it. Prints which test caught each; exit 1 where one was caught by none. Words name some: `npm run mutants -- "a list shows"`.
 * What was seen is kept in caught.json, and `node test/attacks/page.ts --write` makes the page of it. Takes some minutes and is in no run of tests; that each text still stands in the source is.
 */
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { type Defence, defences, root } from './defences.ts'

/** As page.ts reads it. */
const caughtPath = join(import.meta.dirname, 'caught.json')
const matrix = join(root, 'test/attacks/matrix.test.ts')
const plant = join(import.meta.dirname, 'plant.ts')

type Outcome = { readonly defence: Defence; readonly caughtBy: readonly string[]; readonly said: string }

async function tryWithout(defence: Defence): Promise<Outcome> {
  const { asked, test, database = 'sqlite' } = defence
  const pattern = test === undefined ? `^(?:${asked.join('|')}) ` : asked.map((words) => words.replaceAll(/[()]/g, '.')).join('|')
  const words = [
    '--disable-warning=ExperimentalWarning',
    '--import',
    plant,
    '--test-reporter=tap',
    `--test-name-pattern=${pattern}`,
    test === undefined ? matrix : join(root, test),
  ]
  const child = spawn(process.execPath, words, { cwd: root, env: { ...process.env, MUTANT: defence.name, DATABASES: database } })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (said += String(bytes)))
  await new Promise((resolve) => child.once('close', resolve))
  const named = [...stripVTControlCharacters(said).matchAll(/^ *not ok \d+ - (.+)$/gm)].map(([, name]) => name!)
  // Not the groups and files that they stand in.
  const failed = named.filter((name) => (test === undefined ? /^A\d+ \w+$/.test(name) : asked.some((words) => name.includes(words))))
  return { defence, caughtBy: failed, said }
}

async function main(): Promise<number> {
  const wanted = process.argv.slice(2)
  const chosen = defences.filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)))
  const left = [...chosen]
  const outcomes: Outcome[] = []
  const work = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) outcomes.push(await tryWithout(one))
  }
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work))
  console.log('| defence | where | caught by |\n|---|---|---|')
  for (const defence of chosen) {
    const { caughtBy, said } = outcomes.find((one) => one.defence === defence)!
    console.log(`| ${defence.name} | \`${defence.file}\` | ${caughtBy.length > 0 ? caughtBy.join(', ') : '**nothing**'} |`)
    if (caughtBy.length === 0) console.error(said.slice(-1_500))
  }
  const missed = outcomes.filter(({ caughtBy }) => caughtBy.length === 0).length
  const caught = chosen.map(({ name }) => [name, outcomes.find(({ defence }) => defence.name === name)!.caughtBy.join(', ')])
  const before = wanted.length === 0 ? {} : (JSON.parse(readFileSync(caughtPath, 'utf8')) as Record<string, string>)
  const known = { ...before, ...Object.fromEntries(caught) }
  const inOrder = defences.filter(({ name }) => name in known).map(({ name }) => [name, known[name]])
  writeFileSync(caughtPath, `${JSON.stringify(Object.fromEntries(inOrder), null, 2)}\n`)
  console.log(`\n${chosen.length - missed} of ${chosen.length} caught.`)
  return missed === 0 ? 0 : 1
}

process.exitCode = await main()
