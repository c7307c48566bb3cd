// Looks for the requests that cost the bookshop most, with heads of 8 kB and bodies of up to 1 MB: `node test/attacks/slowest.ts --seconds 60 --seed 1`.
// It makes requests at random, keeps the slowest and the largest of each address, changes them, and keeps what got worse.
// CPU time is of the whole process, the request's own injection and parsing included; SQLite's work is in it. What it
// printed last stands in docs/reference/limits.md. The bounds that follow from it are held by bounds.test.ts, without times.
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import type { ApiHarness } from '../support/api-harness.ts'
import { openBookshop } from './bookshop.ts'
import { createDice, createGrammar, type Draft, knownWorst, requestOf } from './request-grammar.ts'

type InjectedAnswer = Awaited<ReturnType<ApiHarness['server']['app']['inject']>>
type Find = { readonly draft: Draft; readonly cpuMs: number; readonly bytes: number; readonly status: number }

/** Of each group this many are kept, so that the search does not end in the first valley. */
const keptMax = 12

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string', default: '1' } } })
  const dice = createDice(Number(values.seed))
  const grammar = createGrammar(dice)
  const api = await openBookshop()
  const best = { cpuMs: new Map<string, Find[]>(), bytes: new Map<string, Find[]>() }
  const until = performance.now() + Number(values.seconds) * 1_000
  const first = knownWorst()
  let count = 0
  while (performance.now() < until) {
    const kept = [...[...best.cpuMs.values()].flat(), ...[...best.bytes.values()].flat()]
    const isNew = count < 300 || dice() < 0.3
    const draft = first.shift() ?? (isNew ? grammar.make() : grammar.change(kept[Math.floor(dice() * kept.length)]!.draft))
    const find = await measure(api, draft, grammar.learn)
    count++
    if (find.status >= 500) console.log(`FAULT ${find.status}: ${JSON.stringify(requestOf(draft))}`)
    keep(best.cpuMs, find, 'cpuMs')
    keep(best.bytes, find, 'bytes')
  }
  report(best, `${count} requests, seed ${values.seed}, ${values.seconds} s, ${process.version}, ${cpus()[0]?.model}`)
  await api.close()
}

/** The least of three times: the first also compiles what the next ones find in a cache. */
async function measure(api: ApiHarness, draft: Draft, learn: (draft: Draft, answer: unknown) => void): Promise<Find> {
  const { method, url, headers, body } = requestOf(draft)
  let cpuMs = Number.POSITIVE_INFINITY
  let answer: InjectedAnswer | undefined
  for (let run = 0; run < 3; run++) {
    const before = process.cpuUsage()
    answer = await api.server.app.inject({
      method: method as 'GET',
      url,
      headers: { ...headers },
      ...(body === undefined ? {} : { payload: body as string }),
    })
    const { user, system } = process.cpuUsage(before)
    cpuMs = Math.min(cpuMs, (user + system) / 1_000)
    if (cpuMs < 2) break
  }
  const { statusCode: status, rawPayload, headers: answered } = answer!
  if (status < 300 && answered['content-encoding'] === undefined && rawPayload.length > 0) learn(draft, JSON.parse(rawPayload.toString()))
  return { draft, cpuMs, bytes: rawPayload.length, status }
}

function groupOf({ draft, status }: Find): string {
  return `${draft.method} ${draft.path.replace(/[a-z]+_[0-9a-z]{26}/, '{id}')} ${status < 400 ? 'accepted' : 'refused'}`
}

function keep(groups: Map<string, Find[]>, find: Find, by: 'cpuMs' | 'bytes'): void {
  const group = groups.get(groupOf(find)) ?? []
  groups.set(groupOf(find), [...group, find].toSorted((a, b) => b[by] - a[by]).slice(0, keptMax))
}

function report(best: Readonly<Record<'cpuMs' | 'bytes', Map<string, Find[]>>>, about: string): void {
  console.log(about)
  for (const by of ['cpuMs', 'bytes'] as const) {
    console.log(by === 'cpuMs' ? '\nmost CPU time' : '\nlargest answer')
    const worst = [...best[by].values()].map(([first]) => first!).toSorted((a, b) => b[by] - a[by])
    for (const find of worst.slice(0, 12)) {
      const { url, body } = requestOf(find.draft)
      console.log(`${find.cpuMs.toFixed(1)} ms  ${find.bytes} bytes  ${find.status}  ${groupOf(find)}`)
      console.log(`    ${url.slice(0, 600)} ${String(body ?? '').slice(0, 200)}`)
    }
  }
}

await main()
