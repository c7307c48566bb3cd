// A search of staff through texts that another collection keeps of each record (`searchIn`): words with an index, where the records
// themselves are written too often to have one. Who is not staff searches the fields that they see.
import { isStaff } from '../access/actor.ts'
import { limits } from '../base/limits.ts'
import { never, oneOf } from '../contract/filter.ts'
import type { AnyRecord } from '../schema/collection.ts'
import type { Reader } from '../storage/storage.ts'
import type { QueryScope } from './parse-filter.ts'
import { parseSearch, type Search, searchPathsOf } from './parse-search.ts'

/** What is found by the newest texts that fit, and by what is exactly one of the searched fields. @throws validation_failed */
export async function searchOf(read: Reader, scope: QueryScope, text: string | undefined): Promise<Search> {
  const { collection, model, actor } = scope
  const { searchIn } = collection.source
  const sought = (text ?? '').trim()
  if (searchIn === undefined || sought === '' || !isStaff(actor)) return parseSearch(scope, text)
  const texts = model.get({ name: searchIn.collection })
  const { tiers } = parseSearch({ ...scope, collection: texts }, sought)
  // Beyond the limit: older ones, which a narrower search finds.
  const found = tiers.length === 0 ? [] : await read.find<AnyRecord>(texts, { ranked: tiers, limit: limits.searchTextsMax })
  const spellings = [...new Set([sought, sought.toLowerCase(), sought.toUpperCase()])]
  const ids = new Set(found.map((one) => one[searchIn.by] as string))
  // Each by its own index, and not as alternatives of one condition: for that a database may rather look at every record.
  for (const path of searchPathsOf(collection, actor)) {
    const same = { where: oneOf(path, spellings), limit: limits.searchTextsMax, isUnordered: true }
    // Beyond the limit: more than are found by words.
    for (const { id } of await read.find<AnyRecord>(collection, same)) ids.add(id)
  }
  return { where: ids.size === 0 ? never : oneOf('id', [...ids]), tiers: [] }
}
