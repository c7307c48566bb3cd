/**
 * Owns docs/reference/attacks.md: made from the matrix, from its defences and from what the last `npm run mutants` saw. `--write` makes it.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Attack, surfaces } from './matrix/asks.ts'
import { attacks } from './matrix/attacks.ts'
import { defences, root } from './mutants/defences.ts'

const path = join(root, 'docs/reference/attacks.md')
const caughtPath = join(root, 'test/attacks/mutants/caught.json')

/** Of a whole run: by defence, the tests that failed without it. */
type Caught = Readonly<Record<string, string>>

const inNames: Readonly<Record<(typeof surfaces)[number], string>> = {
  create: 'create',
  update: 'update, delete, restore',
  get: 'get',
  list: 'list, deleted, audit',
  batch: 'a step of a batch',
  aggregate: 'aggregate',
  live: 'live stream',
  export: 'export',
  import: 'import',
  files: 'files',
}

/** Each with the files of tests that ask it, which mutants.test.ts looks for. */
export const accountAttacks: readonly (readonly [id: string, tried: string, holds: string, tests: string])[] = [
  ['A35', 'line breaks in names and addresses', 'are refused; no header of a mail holds one', 'test/api/account-attacks.test.ts'],
  [
    'A40',
    'who has an account, by answers, work, mails, and by registering and signing in',
    'is told by nothing; by the last unless `requireVerifiedEmail` is on',
    'test/api/proofs.test.ts, test/attacks/timing.test.ts, test/api/unasked-mails.test.ts',
  ],
  [
    'A41',
    'the same link, code or answer twenty times at once',
    'passes once',
    'test/api/proofs.test.ts, test/api/second-factor.test.ts, test/api/passkeys.test.ts',
  ],
  [
    'A42',
    'guessing passwords, codes and apps, from many addresses and at several processes',
    'waits longer and longer, and the owner does not',
    'test/api/sign-in-tries.test.ts, test/attacks/guessing.test.ts, test/faults/accounts-of-many.test.ts',
  ],
  [
    'A43',
    'a token of one purpose for another',
    'opens nothing',
    'test/api/proofs.test.ts, test/api/second-factor.test.ts, test/api/passkeys.test.ts',
  ],
  [
    'A44',
    'what was open before a new password, another address, a shut account, the end of sessions',
    'is ended',
    'test/api/proofs.test.ts, test/api/unasked-mails.test.ts, test/api/accounts.test.ts',
  ],
  [
    'A46',
    'answers of other providers: reused, mixed up, of another browser, unproven addresses',
    'open nothing',
    'test/api/providers.test.ts',
  ],
  ['A47', 'a planted session, and pages and forms of other sites', 'sign nobody in and change nothing', 'test/api/account-attacks.test.ts'],
  ['A48', 'a host that a request claims', 'is in no mail', 'test/api/account-attacks.test.ts'],
  [
    'A49',
    'another address without a fresh proof; spellings of an address',
    'is refused; capitals are one address, other letters none',
    'test/api/proofs.test.ts, test/api/account-attacks.test.ts',
  ],
  [
    'A50',
    'passwords that are short, long, common or known from a breach',
    'are refused by their rules',
    'test/api/accounts.test.ts, test/api/passwords.test.ts',
  ],
  ['A51', 'links of mails that nobody asked for', 'prove and move no stranger’s account', 'test/api/unasked-mails.test.ts'],
  ['A52', 'an API key beyond its scopes, its maker and its time', 'is refused', 'test/api/api-keys.test.ts'],
]

export function attacksPage(): string {
  const caught = JSON.parse(readFileSync(caughtPath, 'utf8')) as Caught
  const trials = attacks.flatMap(({ on }) => surfaces.map((surface) => on[surface]))
  const asked = trials.filter((trial) => typeof trial !== 'string')
  const requests = asked.reduce((sum, trial) => sum + (typeof trial === 'function' ? 0 : trial.length), 0)
  const courses = asked.filter((trial) => typeof trial === 'function').length
  const seen = defences.filter(({ name }) => (caught[name] ?? '') !== '').length
  return `# Attacks

<!-- Made by \`node test/attacks/page.ts --write\`, from test/attacks/matrix. -->

What a stranger, a customer or staff could try on data and files, each on every way to ask: ${attacks.length} attacks on ${surfaces.length} surfaces, ${asked.length} combinations
of them with ${requests.toLocaleString('en')} requests and ${courses} courses of several, and ${trials.length - asked.length} that make no sense, with the reason. They run with every \`npm test\`, and with \`--full\` on every database.

Each request goes to two servers whose data differs in what is hidden alone: fields of every kind, records, deleted records, files, a whole
collection. Both must answer the same bytes ([what still shows](what-still-shows.md)), a hidden name as one that there is not; none may answer
with 5xx, and what is refused stores nothing.

The surfaces: ${surfaces.map((surface) => `**${surface}**${inNames[surface] === surface ? '' : ` (${inNames[surface]})`}`).join(', ')}.

| | tried | what holds | asked on |
|---|---|---|---|
${attacks.map(rowOf).join('\n')}

## Where there is nothing to ask

${attacks.flatMap(reasonsOf).join('\n')}

## Accounts

What is tried on accounts has tests of its own, on each way in:

| | tried | what holds | tests |
|---|---|---|---|
${accountAttacks.map((row) => `| ${row.join(' | ')} |`).join('\n')}

## What each defence is caught by

\`npm run mutants\` takes ${defences.length} defences out of the source, one after another, and runs the attacks and tests that are about it. In the last run ${seen} of
${defences.length} were seen to be missing, each by the tests named here.

| defence | where | caught by |
|---|---|---|
${defences.map(({ name, file }) => `| ${name} | \`${file}\` | ${shortened(caught[name] ?? '')} |`).join('\n')}
`
}

function rowOf({ id, what, holds, on }: Attack): string {
  const asked = surfaces.filter((surface) => typeof on[surface] !== 'string')
  const where = asked.length === surfaces.length ? 'all' : asked.length === 0 ? 'none' : asked.join(', ')
  return `| ${id} | ${what} | ${holds} | ${where} |`
}

function reasonsOf({ id, on }: Attack): string[] {
  const given = surfaces.filter((surface) => typeof on[surface] === 'string')
  return [...Map.groupBy(given, (surface) => on[surface] as string)].map(([reason, names]) => `- ${id}, ${names.join(', ')}: ${reason}`)
}

function shortened(all: string): string {
  const names = all.split(', ')
  if (all === '') return '**nothing**'
  return names.length <= 4 ? names.join(', ') : `${names.slice(0, 4).join(', ')} and ${names.length - 4} more`
}

if (process.argv.includes('--write')) writeFileSync(path, attacksPage())
