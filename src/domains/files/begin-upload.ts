import { anyone } from '../../access/rule.ts'
import { limits } from '../../base/limits.ts'
import { newBlobKey } from '../../blobs/blob-store.ts'
import { Type } from '../../contract/type.ts'
import { command, type Operation } from '../../operation/define.ts'
import { cleanName } from './clean-name.ts'
import { files, notYet } from './collections.ts'
import { checkSender, senderOf } from './file-access.ts'
import { checkRoomFor } from './file-room.ts'
import { roomFor } from './file-target.ts'
import { sniffType } from './sniff-type.ts'
import { bytesIn, checkPlain, checkVersion, metadataOf, tusHeaders, tusHeaderTexts, tusOptions, uploadHeaders, uploadView } from './tus.ts'
import type { UploadPorts } from './upload-file.ts'
import { uploadShape } from './upload-shape.ts'

/** `POST /api/uploads`: tus begins an upload. The id of the upload is that of the file, for a record to claim once all of it is there. */
export function beginUpload({ senders, bytesMax, random }: UploadPorts): Operation {
  return command({
    name: 'files.beginUpload',
    route: 'POST /api/uploads',
    summary: 'Begin a resumable upload (tus 1.0)',
    tag: 'Files',
    status: 201,
    input: Type.Object({}, { additionalProperties: false }),
    output: uploadShape,
    isPresented: true,
    always: { ...tusHeaders, ...tusOptions(bytesMax) },
    headers: [
      ...tusHeaderTexts,
      ['Upload-Length', 'Bytes of the whole file.'],
      ['Upload-Metadata', '`filename`, `filetype` and `for`, the field that the file is for, each with its value in base64.'],
    ],
    errors: ['tus_version_unsupported', 'too_many_files'],
    access: anyone,
    audience: senders,
    async run({ tx, actor, now, newId, request, model }) {
      checkSender(senders, actor)
      checkVersion(request)
      checkPlain(request)
      const size = bytesIn(request, 'Upload-Length')
      const { name, type, target } = metadataOf(request)
      const room = roomFor({ model, actor, bytesMax, target, path: 'header:Upload-Metadata' })
      if (size > room.bytesMax) throw room.tooLarge()
      await checkRoomFor(tx, senderOf(actor), size)
      const file = await tx.insert(files, {
        id: newId('file'),
        // Nothing more comes of an empty one.
        state: size === 0 ? 'stored' : 'uploading',
        name: cleanName(name),
        type: size === 0 ? sniffType(new Uint8Array(), type).type : (type ?? '').slice(0, limits.textCharactersMax),
        size,
        ...notYet,
        uploadedBy: actor.id,
        sender: senderOf(actor),
        key: newBlobKey(random),
        pieces: 0,
        parts: [],
        expiresAt: now + limits.uploadIdleMs,
      })
      return { output: uploadView(file), status: 201, headers: { ...uploadHeaders(file), location: `/api/uploads/${file.id}` } }
    },
  })
}
