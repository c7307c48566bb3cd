import { anyone } from '../../access/rule.ts'
import { toIso } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { type Operation, query } from '../../operation/define.ts'
import { findAll } from '../../storage/find-all.ts'
import { shopOf } from '../carts/totals.ts'
import type { LinkKey } from '../files/file-link.ts'
import { getOrder } from '../orders/order-view.ts'
import { downloads } from './collections.ts'
import { type DownloadState, downloadStates, downloadsOf, signDownload } from './order-downloads.ts'

const download = Type.Object(
  {
    line: Type.String({ description: 'Of the order.' }),
    title: Type.String(),
    file: Type.Object({ id: Type.String(), name: Type.String(), type: Type.String(), size: Type.Integer({ description: 'Bytes.' }) }),
    state: Type.Unsafe<DownloadState>({
      type: 'string',
      enum: [...downloadStates],
      description:
        '`unpaid`: its money is not there yet. `held`: the shop looks at the order first. `ended`: what it cost was given back, or it was ' +
        'canceled. `used_up`: it was downloaded as often as the shop allows.',
    }),
    url: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'Good for whoever has it, until `expiresAt`. Null unless it is open.',
    }),
    expiresAt: Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'date-time' }),
    used: Type.Integer({ description: 'Links of it that were used.' }),
    left: Type.Unsafe<number | null>({ type: ['integer', 'null'], description: 'How many more may be; null: any number.' }),
  },
  { title: 'Download' },
)

/** `GET /api/orders/{id}/downloads`: by its owner, the guest who has its token or the link of a mail, and staff; each time with new links. */
export function listDownloads(linkKey: LinkKey): Operation {
  return query({
    name: 'orders.downloads',
    route: 'GET /api/orders/:id/downloads',
    summary: 'What of an order can be downloaded, with a link to each file',
    tag: 'Orders',
    scope: 'orders:read',
    input: Type.Object({ id: Type.String({ maxLength: limits.idCharactersMax }) }, { additionalProperties: false }),
    output: Type.Object({ items: Type.Array(download) }),
    errors: ['not_found'],
    access: anyone,
    async run({ read, input, actor, model, project, now }) {
      const order = await getOrder(read, model, actor, input.id)
      const found = await downloadsOf(read, order)
      const { linkMs, times } = shopOf(project).downloads
      const uses = found.length === 0 ? [] : await findAll(read, downloads, eq('order', order.id))
      const expires = now + linkMs
      const items = found.map(async ({ line, title, file, state: standing }) => {
        const { id, name, type, size } = file
        const used = uses.filter((use) => use.file === id).length
        const state: DownloadState = standing === 'open' && times !== null && used >= times ? 'used_up' : standing
        const signature = state === 'open' ? await signDownload(linkKey, { order: order.id, file: id, expires }) : null
        return {
          line,
          title,
          file: { id, name, type, size },
          state,
          url: signature && `/api/orders/${order.id}/downloads/${id}?expires=${expires}&signature=${signature}`,
          expiresAt: signature && toIso(expires),
          used,
          left: times === null ? null : Math.max(0, times - used),
        }
      })
      return { output: { items: await Promise.all(items) } }
    },
  })
}
