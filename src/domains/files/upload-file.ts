import { anyone, type Rule } from '../../access/rule.ts'
import { EngineError, isEngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { Random } from '../../base/random.ts'
import { type BlobStore, newBlobKey } from '../../blobs/blob-store.ts'
import { Type } from '../../contract/type.ts'
import { command, type IncomingFile, type Operation, type PrepareContext } from '../../operation/define.ts'
import type { Work } from '../../operation/work.ts'
import { fileSchema, toldFile } from '../../schema/kinds/file.ts'
import { cleanName } from './clean-name.ts'
import { type FileRow, files, newFile, storedFile } from './collections.ts'
import { checkSender, senderOf } from './file-access.ts'
import { checkRoomFor } from './file-room.ts'
import { type FileRoom, roomFor } from './file-target.ts'
import { type Received, watchBytes } from './receive-bytes.ts'
import { removeFile } from './remove-files.ts'
import { sniffType } from './sniff-type.ts'

export type UploadPorts = {
  readonly blobs: BlobStore
  readonly random: Random
  /** Who might come to claim a file. */
  readonly senders: Rule
  /** The largest file that some field takes. */
  readonly bytesMax: number
}

/** `POST /api/files`: the bytes of one file. It waits for a record to claim it. */
export function uploadFile(ports: UploadPorts): Operation {
  return command({
    name: 'files.upload',
    route: 'POST /api/files',
    summary: 'Send a file, for a record to claim',
    tag: 'Files',
    status: 201,
    input: Type.Object(
      {
        for: Type.Optional(
          Type.String({
            maxLength: limits.textCharactersMax,
            description:
              'The field that it is for, such as `photos.picture`: a file that is too large for it is refused before its bytes have come.',
          }),
        ),
      },
      { additionalProperties: false },
    ),
    output: Type.Unsafe(fileSchema),
    isPresented: true,
    takesFile: true,
    headers: [['File-Name', 'The name of the file, percent-encoded where it is not ASCII. Of a form its part says it.']],
    errors: ['too_many_files'],
    access: anyone,
    audience: ports.senders,
    async prepare(context) {
      checkSender(ports.senders, context.actor)
      const { actor, input, model, request } = context
      const room = roomFor({ model, actor, bytesMax: ports.bytesMax, target: input.for, path: 'query:for' })
      const incoming = await request.openFile!()
      if (incoming.length !== null && incoming.length > room.bytesMax) throw room.tooLarge()
      const row = await announce(ports, context, incoming)
      return { row, incoming, received: await store(ports, context, { row, incoming, room }) }
    },
    async run({ tx, now, prepared: { row, incoming, received } }) {
      const file = await tx.get(files, row.id)
      if (file === null) throw new EngineError('request_timeout')
      const { type, width, height } = sniffType(received.head, incoming.type)
      const parts = [{ piece: 0, size: received.size, hash: received.hash }]
      const expiresAt = now + limits.fileUnclaimedMs
      const stored = await tx.update(files, file, { set: { state: 'stored', size: received.size, type, width, height, parts, expiresAt } })
      return { output: toldFile(storedFile(stored)), status: 201, headers: { location: toldFile(storedFile(stored)).url } }
    },
  })
}

type Context = PrepareContext<{ readonly for?: string }>

/** Before the first byte: what is in the store is known, whatever happens. */
async function announce({ random }: UploadPorts, { actor, writeFirst }: Context, incoming: IncomingFile): Promise<FileRow> {
  const key = newBlobKey(random)
  return await writeFirst(async ({ tx, now, newId }: Work) => {
    await checkRoomFor(tx, senderOf(actor), incoming.length ?? 0)
    const given = { id: newId('file'), name: cleanName(incoming.name), size: incoming.length ?? 0, key }
    return await tx.insert(files, newFile({ ...given, uploadedBy: actor.id, sender: senderOf(actor) }, now))
  })
}

/**
 * What breaks off leaves neither bytes nor row; if that fails too, the sweep finds the row. A store that was lost may have taken
 * the bytes, or take them yet: their removal stays owed.
 */
async function store({ blobs }: UploadPorts, { writeFirst }: Context, { row, incoming, room }: Upload): Promise<Received> {
  const { bytes, received } = watchBytes(incoming.bytes, room)
  try {
    await blobs.write(row.key, bytes)
    return received()
  } catch (error) {
    const isOurs = isEngineError(error, 'storage_unavailable')
    const isGone =
      !isOurs &&
      (await blobs.remove(row.key).then(
        () => true,
        () => false,
      ))
    await writeFirst((work) => (isGone ? work.tx.delete(files, row) : removeFile(work, row))).catch(() => {})
    throw error
  }
}
type Upload = { readonly row: FileRow; readonly incoming: IncomingFile; readonly room: FileRoom }
