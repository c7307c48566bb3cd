// What a MongoDB must be like before anything is promised on it. A fact that the server does not tell, because the user
// may not ask or the server does not know the question, is not judged.
import type { Document } from 'mongodb'

/** Answers of the server; null for what it did not answer. */
export type ServerAnswers = {
  readonly hello: Document
  readonly buildInfo: Document
  readonly serverStatus: Document | null
  readonly replSetGetConfig: Document | null
}
export type ServerFacts = { readonly product: string; readonly version: string }

/** The wire version of MongoDB 8.0: writes of several collections in one round trip. */
const wireVersionMin = 25

/** @throws Error with one sentence for people */
export function checkServer(answers: ServerAnswers, allowWeakDurability: boolean): ServerFacts {
  const { hello } = answers
  const { product, version } = namesOf(answers.buildInfo)
  if (hello['setName'] === undefined && hello['msg'] !== 'isdbgrid')
    throw new Error(
      `${product} standalone has no transactions: start mongod with --replSet NAME and run rs.initiate() once; one member is enough.`,
    )
  if (!(hello['maxWireVersion'] >= wireVersionMin))
    throw new Error(`${product} ${version} is too old: Kingpost needs MongoDB 8.0 or newer.`)
  if (!allowWeakDurability) checkDurability(answers)
  return { product, version }
}

function checkDurability({ serverStatus, replSetGetConfig }: ServerAnswers): void {
  const accept = 'Or accept the loss with KINGPOST_ALLOW_WEAK_DURABILITY=true.'
  const engine = serverStatus?.['storageEngine'] as Document | undefined
  if (engine?.['persistent'] === false)
    throw new Error(
      `MongoDB runs with the storage engine ${engine['name']}: a restart loses everything. Start it with wiredTiger. ${accept}`,
    )
  const config = replSetGetConfig?.['config'] as Document | undefined
  if (config?.['writeConcernMajorityJournalDefault'] === false)
    throw new Error(
      'MongoDB runs with writeConcernMajorityJournalDefault=false: a power failure loses what others have already read. ' +
        `Mend it with: c = rs.conf(); c.writeConcernMajorityJournalDefault = true; rs.reconfig(c). ${accept}`,
    )
}

/** Servers that speak MongoDB's protocol name themselves beside the version they are like. */
function namesOf(buildInfo: Document): ServerFacts {
  const like = String(buildInfo['version'])
  const own = buildInfo['secantusVersion']
  return own === undefined ? { product: 'MongoDB', version: like } : { product: 'SecantusDB', version: `${own} (like MongoDB ${like})` }
}
