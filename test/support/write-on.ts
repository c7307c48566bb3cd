// A process that is killed: it writes rows into the database file it is given, one commit each, and says which are durable. Its
// log is so short that it is copied into the file all the time.
import { systemClock } from '../../src/base/clock.ts'
import { collection } from '../../src/schema/collection.ts'
import { field } from '../../src/schema/field.ts'
import { compileModel } from '../../src/schema/model.ts'
import { openSqlite } from '../../src/storage/sqlite/sqlite-storage.ts'

const rows = collection('rows', { fields: { text: field.text({ required: true, max: 5_000 }) } })
const storage = openSqlite({ path: process.argv[2]!, model: compileModel([rows] as never), clock: systemClock, logPages: 40 })
const known = await storage.reader.count(rows)
for (let number = known; ; number++) {
  const record = { id: `row_${String(number).padStart(6, '0')}`, version: 1, text: 'x'.repeat(3_000), createdAt: 1, updatedAt: 1 }
  await storage.transaction((tx) => tx.insert(rows, [record]))
  process.stdout.write(`${number + 1}\n`)
}
