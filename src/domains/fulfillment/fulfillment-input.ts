// What is asked of parcels, in requests and answers.
import { EngineError, type InputIssue } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { plainAddress } from '../../base/web-address.ts'
import type { Project } from '../../config/project.ts'
import { Type } from '../../contract/type.ts'
import type { CallContext } from '../../operation/define.ts'
import { etagOf } from '../../records/etag.ts'
import { presentAll } from '../../records/present.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { trackingUrl } from './carriers.ts'
import { type Fulfillment, fulfillments, type Tracking } from './collections.ts'

const oneLine = '^[^\\u0000-\\u001f\\u007f]+$'

export const trackingInput = Type.Array(
  Type.Object(
    {
      carrier: Type.String({ minLength: 1, maxLength: limits.codeCharactersMax, pattern: oneLine }),
      number: Type.String({ minLength: 1, maxLength: limits.trackingNumberCharactersMax, pattern: oneLine }),
      url: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: limits.urlCharactersMax,
          description: 'Where it can be followed. Left out, it is made of the number where the carrier is known.',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  { maxItems: limits.parcelsMax },
)
export type TrackingInput = readonly { readonly carrier: string; readonly number: string; readonly url?: string }[]

/** @throws validation_failed where an address is none that everybody reads alike */
export function trackingOf({ shop }: Project, given: TrackingInput): Tracking[] {
  const issues = given.flatMap(({ url }, index): InputIssue[] =>
    url === undefined || plainAddress(url) !== null
      ? []
      : [{ path: `/tracking/${index}/url`, code: 'format', message: 'must be an address that begins with https:// or http://' }],
  )
  if (issues.length > 0) throw new EngineError('validation_failed', { errors: issues })
  return given.map(({ carrier, number, url = trackingUrl(shop?.carriers ?? {}, carrier, number) }) => ({ carrier, number, url }))
}

/** The fulfillment as its reader sees it. */
export async function answerOf(
  { tx, model, actor }: Pick<CallContext<unknown>, 'model' | 'actor'> & { readonly tx: Transaction },
  one: Fulfillment,
) {
  const [output] = await presentAll(tx, model.get(fulfillments), actor, [one])
  return { output: output as unknown, headers: { etag: etagOf(model.get(fulfillments), actor, one) } }
}
