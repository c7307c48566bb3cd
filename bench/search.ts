/**
 * Search over many records on SQLite: `node bench/search.ts --rows 1000000`. The first page of each question, by the engine's
 * storage, by an FTS5 table written by hand that sorts by its own rank (bm25), and by parts of texts as it was before.
 * Milliseconds of processor, the median of several; what is prepared is prepared before. `--folder` keeps what was made, and `--seconds` makes no more than
 * it can in so many: the next run goes on.
 */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parseArgs } from 'node:util'
import { systemClock } from '../src/base/clock.ts'
import { createIdSource } from '../src/base/ids.ts'
import { systemRandom } from '../src/base/random.ts'
import { and, type Filter, or, type WordsFilter } from '../src/contract/filter.ts'
import { wordsSought } from '../src/contract/words.ts'
import { collection } from '../src/schema/collection.ts'
import { field } from '../src/schema/field.ts'
import { compileModel } from '../src/schema/model.ts'
import { openSqlite } from '../src/storage/sqlite/sqlite-storage.ts'
import type { Reader, WholeStorage } from '../src/storage/storage.ts'

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '7' },
    folder: { type: 'string' },
    seconds: { type: 'string', default: '3600' },
  },
})
const rows = Number(values.rows)
const rounds = Number(values.rounds)
const pageRows = 31
const vocabulary = 20_000

const articles = collection('articles', {
  prefix: 'art',
  fields: {
    title: field.text({ required: true, search: { weight: 2 } }),
    text: field.longText({ required: true, search: true }),
    year: field.integer({ required: true }),
  },
})
const model = compileModel([articles as never])

/** Words as often as in a language: the first stands in every third text, the last in a few. */
function draw(state: { seed: number }): string {
  state.seed = (Math.imul(state.seed, 1_664_525) + 1_013_904_223) >>> 0
  return `w${Math.floor(vocabulary ** (state.seed / 0x1_0000_0000))}x`
}

/** Goes on where it stopped. True when all are there. */
async function fill(storage: WholeStorage, raw: DatabaseSync): Promise<boolean> {
  const until = performance.now() + Number(values.seconds) * 1_000
  raw.exec(byHand.make)
  const first = Number(raw.prepare('select count(*) as count from by_hand_ids').get()!['count'])
  const state = { seed: first + 1 }
  const phrase = (count: number) => Array.from({ length: count }, () => draw(state)).join(' ')
  // Ten of a millisecond, after those of the run before.
  let made = first
  const newId = createIdSource({ ...systemClock, now: () => 1_700_000_000_000 + Math.floor(made++ / 10) }, systemRandom)
  const spent = { ours: 0, hand: 0 }
  let start = first
  for (; start < rows && performance.now() < until; start += 2_000) {
    const records = Array.from({ length: Math.min(2_000, rows - start) }, (_, index) => ({
      id: newId('art'),
      version: 1,
      createdAt: start,
      updatedAt: start,
      title: phrase(3),
      text: phrase(8),
      year: 1_900 + ((start + index) % 120),
    }))
    spent.ours += await cpuOf(() => storage.load({ records: { collection: articles as never, records: records as never } }))
    spent.hand += await cpuOf(() => raw.exec(byHand.fill))
  }
  const each = (ms: number) => `${((ms * 1_000) / Math.max(1, start - first)).toFixed(0)} us`
  console.log(`${start} rows. Of processor for each: ${each(spent.ours)} record and index, ${each(spent.hand)} the table by hand alone.`)
  return start >= rows
}

const byHand = {
  make: `create virtual table if not exists by_hand using fts5(title, text, content='', tokenize='unicode61 remove_diacritics 2', prefix='1 2 3');
    create table if not exists by_hand_ids (n integer primary key, id text not null) strict`,
  fill: `begin; create temp table fresh as select id, title, text from articles where id>coalesce((select id from by_hand_ids order by n desc limit 1), '');
    insert into by_hand (rowid, title, text) select (select count(*) from by_hand_ids)+rowid, title, text from fresh;
    insert into by_hand_ids (id) select id from fresh order by rowid; drop table fresh; commit`,
  find: `select a.* from (select rowid from by_hand where by_hand match ? order by bm25(by_hand, 2, 1) limit ${pageRows}) f
    join by_hand_ids h on h.n=f.rowid join articles a on a.id=h.id`,
}

async function cpuOf(work: () => Promise<unknown> | unknown): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

async function cpuMs(work: () => Promise<unknown> | unknown, times = rounds): Promise<number> {
  await work()
  const taken: number[] = []
  for (let round = 0; round < times; round++) taken.push(await cpuOf(work))
  return taken.toSorted((a, b) => a - b)[Math.floor(times / 2)]!
}

const paths = ['title', 'text']
function tiersOf(search: string): WordsFilter[] {
  const words = wordsSought(search)!
  const whole = words.map(({ text }) => ({ text, isStart: false }))
  return [['title'], paths].flatMap((own) => [whole, words].map((sought): WordsFilter => ({ op: 'words', paths: own, words: sought })))
}
const partsOf = (search: string): Filter =>
  and(...search.split(' ').map((value) => or(...paths.map((path): Filter => ({ op: 'contains', path, value })))))

async function compare(reader: Reader, raw: DatabaseSync, search: string, rest: Filter | undefined) {
  const statement = raw.prepare(byHand.find)
  const match = search
    .split(' ')
    .map((word, at, all) => `"${word}"${at === all.length - 1 ? '*' : ''}`)
    .join(' AND ')
  const query = { ranked: tiersOf(search), limit: pageRows, ...(rest && { where: rest }) }
  const ours = await cpuMs(() => reader.find(articles, query))
  const hand = rest === undefined ? await cpuMs(() => statement.all(match)) : null
  const parts = await cpuMs(() => reader.find(articles, { where: and(partsOf(search), rest), limit: pageRows }), 1)
  const count = await reader.count(articles, tiersOf(search).at(-1)!)
  const counted = await cpuMs(() => reader.count(articles, tiersOf(search).at(-1)!, 10_001))
  return { count, ours, hand, parts, counted }
}

async function main(): Promise<void> {
  const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'kingpost-search-'))
  mkdirSync(folder, { recursive: true })
  const path = join(folder, 'search.db')
  const storage = openSqlite({ path, model, clock: systemClock })
  const raw = new DatabaseSync(path)
  try {
    if (!(await fill(storage, raw))) return
    console.log('| search | records | ours ms | FTS5 by hand ms | ratio | by parts, as before ms | count to 10,001 ms |')
    console.log('|---|--:|--:|--:|--:|--:|--:|')
    const old: Filter = { op: 'lt', path: 'year', value: 1_901 }
    for (const [about, search, rest] of [
      ['a rare word', 'w19000x', undefined],
      ['a common word', 'w5x', undefined],
      ['the most common word', 'w1x', undefined],
      ['two words', 'w12x w100x', undefined],
      ['two rare words', 'w900x w2500x', undefined],
      ['as it is typed: one letter', 'w', undefined],
      ['as it is typed: two letters', 'w1', undefined],
      ['a word that is not there', 'w1y', undefined],
      ['a common word, of one year in 120', 'w5x', old],
    ] as const) {
      const { count, ours, hand, parts, counted } = await compare(storage.reader, raw, search, rest)
      assert.ok(Number.isFinite(ours))
      const cells = [about, count, ours.toFixed(2), hand?.toFixed(2) ?? '–', hand === null ? '–' : (hand / ours).toFixed(2)]
      console.log(`| ${[...cells, parts.toFixed(1), counted.toFixed(2)].join(' | ')} |`)
    }
  } finally {
    raw.close()
    await storage.close()
    if (values.folder === undefined) rmSync(folder, { recursive: true })
  }
}

await main()
