// The index of words of a collection in SQLite: an FTS5 table that holds no text, and the numbers of its rows by the ids of the
// records, both kept by triggers in the statement that writes the record. A number is made of its id, so they have one order,
// also for a record that comes back: the newest is read first, and a page ends where it is full, however many records there
// are. Invariant: what is asked is built of words that
// were made by words.ts, each in quotes; no caller's text reaches the language of FTS5.
import type { WordsFilter } from '../../contract/filter.ts'
import type { CollectionModel } from '../../schema/model.ts'
import type { Place, SqlValue, Statement } from '../sql/compile.ts'

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Their names begin as those of all tables of Kingpost itself, which no collection has. */
function namesOf(table: string) {
  const [words, ids] = [`_search_${table}`, `_search_${table}_ids`]
  const triggers = ['insert', 'update', 'delete'].map((event) => quote(`${words}_${event}`))
  return { words, ids, triggers, table: quote(table) }
}

export const wordsTableOf = (table: string): string => namesOf(table).words

/** One spelling of what it is made of, to compare. */
export function searchForm(columns: readonly { readonly name: string }[]): string {
  return `of words (${columns.map(({ name }) => quote(name)).join(', ')})`
}

export function dropSearch(table: string): string[] {
  const { words, ids, triggers } = namesOf(table)
  return [...triggers.map((name) => `drop trigger if exists ${name}`), ...[words, ids].map((name) => `drop table if exists ${quote(name)}`)]
}

/** Words of up to three letters that begin so are kept beside: a shorter beginning would gather the lists of all words it begins. */
const beginnings = '1 2 3'

/** Crockford's letters, as ids have them (base/ids.ts). */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
/** Numbers that ids of one millisecond have among themselves. */
const perMillisecond = 32_768

/** The milliseconds of an id and its place among those of one: 57 bits, of which the last three are for ids that share a place. */
function placeOf(id: string): string {
  const letter = (at: number) => `max(instr('${alphabet}',substr(${id},${at - 27},1))-1,0)`
  // The first letter has no bit of our times; the eleventh ends the version of a UUID with one bit of the place.
  const milliseconds = Array.from({ length: 9 }, (_, index) => `(${letter(index + 2)}<<${(8 - index) * 5})`).join('+')
  return `((${milliseconds})*${perMillisecond}+((${letter(11)}&1)<<14)+(${letter(12)}<<9)+(${letter(13)}<<4)+((${letter(14)}>>4)<<3))`
}

/** Ids that are none of ours share a place: they are numbered as they come. */
function numberSql(ids: string): string {
  const place = placeOf('new."id"')
  const from = `${place}/${perMillisecond}*${perMillisecond}`
  const last = `(select max("n") from ${ids} where "n">=${from} and "n"<${from}+${perMillisecond})`
  return `case when not exists (select 1 from ${ids} where "n"=${place}) then ${place}
    when ${last}<${from}+${perMillisecond - 1} then ${last}+1 else (select max("n") from ${ids})+1 end`
}

/** For what is there when the index is made. */
function numberAll(ids: string, table: string): string[] {
  return [
    `insert or ignore into ${ids} ("n","id") select ${placeOf('"id"')},"id" from ${table} order by "id"`,
    `insert into ${ids} ("n","id") select (select max("n") from ${ids})+row_number() over (order by "id"),"id" from ${table}
       where "id" not in (select "id" from ${ids})`,
  ]
}

export function createSearch(table: string, columns: readonly { readonly name: string }[]): string[] {
  const { words, ids, triggers, table: own } = namesOf(table)
  const names = columns.map(({ name }) => quote(name))
  const list = names.join(', ')
  const of = (row: string) => names.map((name) => `${row}.${name}`).join(', ')
  const numberOf = (row: string) => `(select "n" from ${quote(ids)} where "id"=${row}."id")`
  const changed = names.map((name) => `old.${name} is not new.${name}`).join(' or ')
  const [inserted, updated, deleted] = triggers
  return [
    ...dropSearch(table),
    `create table ${quote(ids)} ("n" integer primary key, "id" text not null unique) strict`,
    `create virtual table ${quote(words)} using fts5(${list}, content='', contentless_delete=1, detail='column', tokenize='ascii', prefix='${beginnings}')`,
    ...numberAll(quote(ids), own),
    `insert into ${quote(words)} (rowid, ${list}) select i."n", ${of('t')} from ${quote(ids)} i join ${own} t on t."id"=i."id" order by i."n"`,
    `create trigger ${inserted} after insert on ${own} begin
       insert into ${quote(ids)} ("n","id") values (${numberSql(quote(ids))}, new."id");
       insert into ${quote(words)} (rowid, ${list}) values (${numberOf('new')}, ${of('new')});
     end`,
    `create trigger ${updated} after update of ${list} on ${own} when ${changed} begin
       update ${quote(words)} set ${names.map((name) => `${name}=new.${name}`).join(', ')} where rowid=${numberOf('new')};
     end`,
    `create trigger ${deleted} after delete on ${own} begin
       delete from ${quote(words)} where rowid=${numberOf('old')};
       delete from ${quote(ids)} where "id"=old."id";
     end`,
  ]
}

/** Records that have the words, as a condition. */
export function hasWords(collection: CollectionModel, filter: WordsFilter, { values, alias }: Place): string {
  const { words, ids } = namesOf(collection.table)
  values.push(matchOf(collection, filter))
  return `${alias}."id" in (select i."id" from ${quote(words)} f cross join ${quote(ids)} i on i."n"=f.rowid where f.${quote(words)} match ?)`
}

/** In words of FTS5: each of these in one of the columns. */
function matchOf(collection: CollectionModel, { paths, words }: WordsFilter): string {
  const columns = paths.map((path) => quote(collection.words.get(path)!.columns[0]!.name)).join(' ')
  return `{${columns}} : (${words.map(({ text, isStart }) => `"${text}"${isStart ? '*' : ''}`).join(' AND ')})`
}

export type Tier = {
  readonly filter: WordsFilter
  /** What stood in others before it. */
  readonly before: readonly WordsFilter[]
  /** The id of the last record seen of it. */
  readonly after: string | undefined
  readonly limit: number
  /** The condition of the records beside the words, in words of SQL for `t`, with its values. */
  readonly rest: Statement | null
}

/** Records of one tier, the newest first. */
export function tierStatement(collection: CollectionModel, list: string, { filter, before, after, limit, rest }: Tier): Statement {
  const { words, ids, table } = namesOf(collection.table)
  const others = before.map((one) => `(${matchOf(collection, one)})`).join(' OR ')
  const match = before.length === 0 ? matchOf(collection, filter) : `(${matchOf(collection, filter)}) NOT (${others})`
  const values: SqlValue[] = [match]
  let sql = `select ${list} from ${quote(words)} f cross join ${quote(ids)} i on i."n"=f.rowid cross join ${table} t on t."id"=i."id" where f.${quote(words)} match ?`
  if (after !== undefined) {
    // The record may be gone by now: then all that are older than the next one are behind it.
    sql += ` and f.rowid<coalesce((select "n" from ${quote(ids)} where "id"=?),(select "n" from ${quote(ids)} where "id">? order by "id" limit 1),${Number.MAX_SAFE_INTEGER})`
    values.push(after, after)
  }
  if (rest !== null) sql += ` and ${rest.sql}`
  return { sql: `${sql} order by f.rowid desc limit ${limit}`, values: [...values, ...(rest?.values ?? [])] }
}
