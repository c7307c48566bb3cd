/**
 * `npm run mutants`: takes away one defence after another, each in a process of its own, and runs the attacks of the matrix that are
 * about it. Prints which test caught each, as the table of docs/reference/attacks.md; exit 1 where one was caught by none. Words name
 * some: `npm run mutants -- "a list shows"`. Takes some minutes and is in no run of tests; that each text still stands in the source is.
 */
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { type Defence, defences, root } from './defences.ts'

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
    console.log(`| ${defence.name} | \`${defence.file}\` | ${caughtBy.length > 0 ? shortened(caughtBy) : '**nothing**'} |`)
    if (caughtBy.length === 0) console.error(said.slice(-1_500))
  }
  const missed = outcomes.filter(({ caughtBy }) => caughtBy.length === 0).length
  console.log(`\n${chosen.length - missed} of ${chosen.length} caught.`)
  return missed === 0 ? 0 : 1
}

function shortened(names: readonly string[]): string {
  return names.length <= 4 ? names.join(', ') : `${names.slice(0, 4).join(', ')} and ${names.length - 4} more`
}

process.exitCode = await main()
