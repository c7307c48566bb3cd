// One attempt at a migration by a process of its own, that kills itself at a point: `URL POINT`. Exit 0: all is done.
import { testDatabase } from '../databases.ts'
import { stopAt } from './crash.ts'
import { after } from './models.ts'
import { migrateTo } from './run.ts'

const [url, point] = process.argv.slice(2)
const alive = setInterval(() => {}, 1_000)
const dialect = await testDatabase().openSchema(url!)
await migrateTo(
  after,
  stopAt(dialect, Number(point), () => process.kill(process.pid, 'SIGKILL')),
  { run: 'destructive' },
)
await dialect.close()
clearInterval(alive)
