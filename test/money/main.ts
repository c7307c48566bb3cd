/**
 * Random baskets against the oracle: `node test/money/main.ts --baskets 100000`. Prints how many, in how many currencies, how long it took and the
 * digest of all integers; exit 1 with the seed of the first that is wrong. `--from` goes on behind another run.
 */
import { parseArgs } from 'node:util'
import { allCurrencies, checkBasket, digestOf } from './baskets.ts'

const { values } = parseArgs({ options: { baskets: { type: 'string', default: '100000' }, from: { type: 'string', default: '1' } } })
const [count, from] = [Number(values.baskets), Number(values.from)]
const start = process.hrtime.bigint()
const digests: string[] = []
for (let done = 0; done < count; done += 1_000)
  digests.push(digestOf(Array.from({ length: Math.min(1_000, count - done) }, (_, index) => checkBasket(from + done + index))))
const seconds = Number(process.hrtime.bigint() - start) / 1e9
process.stdout.write(`${count} baskets in ${allCurrencies.length} currencies, ${seconds.toFixed(1)} s, digest ${digestOf(digests)}\n`)
