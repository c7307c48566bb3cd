/** What `node test/attacks/slowest.ts` found last, for docs/reference/limits.md. Written by hand after each run that finds more. */
export const worstRequests = `## The most that one request costs

\`node test/attacks/slowest.ts --seconds 90 --seed 7\` makes requests of at most 8 kB at random, keeps the slowest and the largest,
changes them and keeps what got worse. It begins with what was found before. These are its worst of 17,245 on the bookshop (387
books, 596 variants, SQLite in memory) on 2026-11-29, Node 26.10, one core of an AMD EPYC. CPU time is the whole request's,
parsing included, the least of three times.

| accepted request | CPU time | answer |
|---|---|---|
| products, 200 a page, counted: 50 conditions, most of them \`contains\` with a letter beyond ASCII on the longest text, and 8 references | 37.7 ms | 37 kB |
| variants, 200 a page, counted: 50 conditions and 8 references, expanded through three levels | 24.9 ms | 407 kB |
| products, 200 a page, expanded through three levels | 9.4 ms | 555 kB |
| reviews, of which there are none | 2.2 ms | 34 bytes |
| anything else, and whatever is refused (400 for 600 unknown parameters, a body nested too deep) | 2.2 ms | 2 kB |

Before there were limits on them, a sort of 230 keys with its cursor took 23 seconds, and 50 conditions through three references
each 669 ms. [bounds.test.ts](../../test/attacks/bounds.test.ts) counts what such requests make of themselves (questions to the
database, conditions, keys, rows, bytes) on SQLite, PostgreSQL, MariaDB and MySQL, without times.

What is not bounded by the request alone: a filter that no index serves looks at every record there is, and \`count=true\` counts all
that fit. On a database server \`statementMs\` ends such a question; on SQLite it runs where the requests run.
`
