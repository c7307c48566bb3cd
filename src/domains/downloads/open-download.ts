import { anyone } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { isNoneMatch } from '../../base/entity-tag.ts'
import { limits } from '../../base/limits.ts'
import { isEqualSecret } from '../../base/secret.ts'
import type { BlobStore } from '../../blobs/blob-store.ts'
import { and, eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { type CommandContext, command, type Operation } from '../../operation/define.ts'
import type { StoredFile } from '../../schema/kinds/file.ts'
import { findAll } from '../../storage/find-all.ts'
import { shopOf } from '../carts/totals.ts'
import { files } from '../files/collections.ts'
import { contentHeaders, contentOf } from '../files/file-content.ts'
import type { LinkKey } from '../files/file-link.ts'
import { orders } from '../orders/collections.ts'
import { downloads } from './collections.ts'
import { type DownloadState, downloadsOf, signDownload } from './order-downloads.ts'

type Ports = { readonly blobs: BlobStore; readonly linkKey: LinkKey }

/**
 * `GET /api/orders/{id}/downloads/{file}`: the bytes, for who has a link of `listDownloads`. What the order is now decides, and not what it was
 * when the link was made. A link counts once, however many ranges are asked for by it; where downloads are counted, it is good for an hour from then.
 */
export function openDownload({ blobs, linkKey }: Ports): Operation {
  return command({
    name: 'orders.download',
    route: 'GET /api/orders/:id/downloads/:file',
    summary: 'The bytes of a file that was bought',
    tag: 'Orders',
    scope: null,
    takesNoKey: 'a link counts once, however often it is used',
    rate: 'read',
    input: Type.Object(
      {
        id: Type.String({ maxLength: limits.idCharactersMax }),
        file: Type.String({ maxLength: limits.idCharactersMax }),
        expires: Type.Integer({ minimum: 0, maximum: limits.linkTimeMax, description: 'Of the link.' }),
        signature: Type.String({ maxLength: limits.tokenCharactersMax, description: 'Of the link.' }),
      },
      { additionalProperties: false },
    ),
    output: Type.String({ format: 'binary' }),
    isPresented: true,
    mediaType: '*/*',
    headers: [['Range', 'A part of it: `bytes=0-1023`.']],
    errors: ['not_found', 'file_link_invalid', 'download_not_open', 'range_not_satisfiable'],
    access: anyone,
    // The key is read, and the first time made, in a transaction of its own.
    async prepare({ input: { id, file, expires, signature }, now }) {
      const isOurs = isEqualSecret(await signDownload(linkKey, { order: id, file, expires }), signature)
      if (!isOurs || expires <= now) throw new EngineError('file_link_invalid')
    },
    async run(context) {
      const { tx, input, request } = context
      const { id, file, expires } = input
      const found = await countUse(context, { order: id, file, expires })
      const stored = await tx.get(files, found.id)
      if (stored === null) throw new EngineError('not_found')
      const headers = { ...contentHeaders(stored, true), 'cache-control': 'private, no-store' }
      if (isNoneMatch(headers.etag, request.ifNoneMatch)) return { output: '', status: 304, headers }
      return { output: '', headers, content: contentOf(blobs, stored) }
    },
  })
}

type Link = { readonly order: string; readonly file: string; readonly expires: number }

/** @throws not_found; download_not_open with why */
async function countUse({ tx, project, newId, now }: CommandContext<unknown>, { order: id, file, expires }: Link): Promise<StoredFile> {
  const { times } = shopOf(project).downloads
  // Two of the last links at once: whoever is second sees the first. And what gives its money back, or holds it, comes before or after.
  const order = await tx.lock(orders, id, 'exclusive')
  if (order === null) throw new EngineError('not_found')
  const own = (await downloadsOf(tx, order)).filter((one) => one.file.id === file)
  const open = own.find(({ state }) => state === 'open')
  if (own.length === 0) throw new EngineError('not_found')
  if (open === undefined) throw notOpen(own[0]!.state)
  const uses = await findAll(tx, downloads, and(eq('order', id), eq('file', file)))
  const use = uses.find(({ expiresAt }) => expiresAt === expires)
  if (use !== undefined) {
    // One that broke off is continued; and what counts as one is not everybody's for as long as the link is good.
    if (times !== null && now > use.createdAt + limits.downloadAgainMs) throw new EngineError('file_link_invalid', { detail: usedLink })
    return open.file
  }
  if (times !== null && uses.length >= times) throw notOpen('used_up')
  await tx.insert(downloads, { id: newId('dwn'), order: id, file, name: open.file.name, expiresAt: expires }, 'conflict')
  return open.file
}

const usedLink = 'This link was used. Open the order again: it has a new one, as long as there are downloads left.'

const why: Readonly<Record<Exclude<DownloadState, 'open'>, string>> = {
  unpaid: 'Its order is not paid yet.',
  held: 'The shop looks at its order first. Ask the shop.',
  ended: 'What it cost was given back, or its order was canceled.',
  used_up: 'It was downloaded as often as the shop allows. Ask the shop for more.',
}

function notOpen(state: DownloadState): EngineError {
  assertClosed(state)
  return new EngineError('download_not_open', { detail: why[state], params: { state } })
}

function assertClosed(state: DownloadState): asserts state is Exclude<DownloadState, 'open'> {
  if (state === 'open') throw new Error('it is open')
}
