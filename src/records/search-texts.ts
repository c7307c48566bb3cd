// A search of staff through texts that another collection keeps of each record (`searchIn`): words with an index, where the records
// themselves are written too often to have one. Who is not staff searches the fields that they see.
import { isStaff } from '../access/actor.ts'
import { limits } from '../base/limits.ts'
import { never, oneOf } from '../contract/filter.ts'
import type { AnyRecord } from '../schema/collection.ts'
import type { Reader } from '../storage/storage.ts'
import type { QueryScope } from './parse-filter.ts'
import { parseSearch, type Search, searchPathsOf } from './parse-search.ts'

/** What is found by the newest texts that fit, and by what is exactly one of the searched fields. No promise where nothing is read. @throws validation_failed */
export function searchOf(read: Reader, scope: QueryScope, text: string | undefined): Search | Promise<Search> {
  const { searchIn } = scope.collection.source
  const sought = (text ?? '').trim()
  return searchIn === undefined || sought === '' || !isStaff(scope.actor)
    ? parseSearch(scope, text)
    : searchTexts(read, scope, { searchIn, sought })
}

type Asked = { readonly searchIn: NonNullable<QueryScope['collection']['source']['searchIn']>; readonly sought: string }

async function searchTexts(read: Reader, { collection, model, actor }: QueryScope, { searchIn, sought }: Asked): Promise<Search> {
  const texts = model.get({ name: searchIn.collection })
  const { tiers } = parseSearch({ model, actor, collection: texts }, sought)
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
