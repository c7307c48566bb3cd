/**
 * `npm run mutants`: takes away one defence after another, each in a process of its own, and runs the attacks of the matrix that are
 * about it. Prints which test caught each; exit 1 where one was caught by none. Words name some: `npm run mutants -- "a list shows"`.
 * A whole run is kept in caught.json, and `node test/attacks/page.ts --write` makes the page of it. Takes some minutes and is in no run of tests; that each text still stands in the source is.
 */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
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
  const asked = `^(?:${defence.asked.join('|')}) `
  const words = ['--disable-warning=ExperimentalWarning', '--import', plant, '--test-reporter=tap', `--test-name-pattern=${asked}`, matrix]
  const child = spawn(process.execPath, words, { cwd: root, env: { ...process.env, MUTANT: defence.name, DATABASES: 'sqlite' } })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (said += String(bytes)))
  await new Promise((resolve) => child.once('close', resolve))
  const failed = [...stripVTControlCharacters(said).matchAll(/^ +not ok \d+ - (A\d+ \w+)$/gm)].map(([, name]) => name!)
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
  if (wanted.length === 0) writeFileSync(caughtPath, `${JSON.stringify(Object.fromEntries(caught), null, 2)}\n`)
  console.log(`\n${chosen.length - missed} of ${chosen.length} caught.`)
  return missed === 0 ? 0 : 1
}

process.exitCode = await main()
