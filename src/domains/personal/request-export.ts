// Asking for an export, and getting it. It is made by an effect; its owner gets a mail when it is ready, and downloads it while they
// are signed in, with a fresh proof. Nobody else does, staff included: they can ask for one, and the mail goes to its owner.
import { recently, role, signedIn } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { type Language, languageOf } from '../../base/language.ts'
import { limits } from '../../base/limits.ts'
import type { Random } from '../../base/random.ts'
import { type BlobStore, newBlobKey } from '../../blobs/blob-store.ts'
import { Type } from '../../contract/type.ts'
import { type Content, command, type Operation, query } from '../../operation/define.ts'
import type { Work } from '../../operation/work.ts'
import { users } from '../accounts/collections.ts'
import { contentOf } from '../files/file-content.ts'
import { oweExport } from './export-person.ts'
import { dataExports, exportContentPath, exportOf, exportOutput, exportView, noExport, removeExport, sizeOf } from './exports.ts'

export type ExportPorts = { readonly blobs: BlobStore; readonly random: Random }

const nothing = Type.Object({}, { additionalProperties: false })

export function exportOperations({ blobs, random }: ExportPorts): readonly Operation[] {
  return [...askingOperations(random), getExport, downloadExport(blobs)]
}

function askingOperations(random: Random): readonly Operation[] {
  /** `POST /api/auth/me/export`: begins it, or answers the one that is being made. */
  const requestExport = command({
    name: 'accounts.exportMe',
    route: 'POST /api/auth/me/export',
    summary: 'Have the own data gathered',
    tag: 'Accounts',
    status: 202,
    input: nothing,
    output: exportOutput,
    access: recently(signedIn),
    rate: 'account',
    prepare: async () => newBlobKey(random),
    async run(work) {
      const { actor, prepared: key, request } = work
      const output = await begin(work, { user: actor.id!, key, language: languageOf(request.headers['accept-language']) })
      if (output === null) throw new EngineError('unauthenticated')
      return { output, status: 202 }
    },
  })

  /** `POST /api/users/{id}/export`: for a customer who wrote or called, by an admin. */
  const exportUser = command({
    name: 'accounts.exportUser',
    route: 'POST /api/users/:id/export',
    summary: 'Have the data of an account gathered for its owner',
    tag: 'Accounts',
    status: 202,
    input: Type.Object({ id: Type.String({ maxLength: limits.idCharactersMax }) }, { additionalProperties: false }),
    output: exportOutput,
    errors: ['not_found'],
    access: recently(role('admin')),
    prepare: async () => newBlobKey(random),
    async run(work) {
      const { input, prepared: key, request } = work
      const output = await begin(work, { user: input.id, key, language: languageOf(request.headers['accept-language']) })
      if (output === null) throw new EngineError('not_found')
      // Its owner alone downloads it.
      return { output: { ...output, url: null }, status: 202 }
    },
  })

  return [requestExport, exportUser]
}

/** `GET /api/auth/me/export`: how far it is, and where it is downloaded. */
const getExport = query({
  name: 'accounts.getExport',
  route: 'GET /api/auth/me/export',
  summary: 'How far the own export is',
  tag: 'Accounts',
  input: nothing,
  output: exportOutput,
  access: signedIn,
  async run({ read, actor, now }) {
    const row = await exportOf(read, actor.id!)
    return { output: row === null || (row.expiresAt ?? now) < now ? noExport : exportView(row) }
  },
})

/** `GET /api/auth/me/export/content`: the archive. */
function downloadExport(blobs: BlobStore): Operation {
  return query({
    name: 'accounts.downloadExport',
    route: `GET ${exportContentPath}`,
    summary: 'Download the own data',
    tag: 'Accounts',
    input: nothing,
    output: Type.String({ format: 'binary' }),
    isPresented: true,
    // What generators of clients know as bytes; the name says what they are.
    mediaType: 'application/octet-stream',
    headers: [['Range', 'A part of it: `bytes=0-1023`.']],
    errors: ['not_found', 'range_not_satisfiable'],
    access: recently(signedIn),
    async run({ read, actor, now }) {
      const row = await exportOf(read, actor.id!)
      if (row?.state !== 'ready' || (row.expiresAt ?? 0) < now) throw new EngineError('not_found')
      const headers = {
        etag: `"${row.id}"`,
        'content-type': 'application/octet-stream',
        'content-disposition': 'attachment; filename="my-data.zip"',
        'cache-control': 'no-store',
      }
      const content = contentOf(blobs, { key: row.key, parts: row.parts, size: sizeOf(row.parts) })
      const open: Content['open'] = async (range) => {
        try {
          return await content.open(range)
        } catch (error) {
          // A newer one has taken its place, or its time was over, since it was looked up.
          throw (await exportOf(read, actor.id!))?.id === row.id ? error : new EngineError('not_found')
        }
      }
      return { output: '', headers, content: { ...content, open } }
    },
  })
}

type Asked = { readonly user: string; readonly key: string; readonly language: Language }

/** Null where there is no such account. */
async function begin(work: Work, { user, key, language }: Asked) {
  const { tx, newId } = work
  // Of two at once the second answers what the first has begun.
  if ((await tx.lock(users, user, 'exclusive')) === null) return null
  const before = await exportOf(tx, user)
  if (before?.state === 'running') return exportView(before)
  if (before !== null) await removeExport(work, before)
  const fresh = { state: 'running', parts: [], entries: [], step: 0, after: null, rows: 0, expiresAt: null } as const
  const row = await tx.insert(dataExports, { id: newId(dataExports.prefix!), user, key, language, ...fresh })
  await oweExport(work, row)
  return exportView(row)
}
