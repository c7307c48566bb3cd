import { anyone, type Rule } from '../../access/rule.ts'
import { Type } from '../../contract/type.ts'
import { command, type Operation } from '../../operation/define.ts'
import { files } from './collections.ts'
import { removeFile } from './remove-files.ts'
import { checkIsOwn, checkVersion, tusHeaders, tusHeaderTexts } from './tus.ts'
import { uploadInput } from './upload-shape.ts'

/** `DELETE /api/uploads/{id}`: its sender wants it no more. */
export function endUpload(senders: Rule): Operation {
  return command({
    name: 'files.endUpload',
    route: 'DELETE /api/uploads/:id',
    summary: 'Give an upload up (tus 1.0)',
    tag: 'Files',
    status: 204,
    input: uploadInput,
    output: Type.Null(),
    always: tusHeaders,
    headers: tusHeaderTexts,
    errors: ['not_found', 'tus_version_unsupported'],
    access: anyone,
    audience: senders,
    async run({ actor, input, request, ...work }) {
      const upload = checkIsOwn(await work.tx.get(files, input.id), actor, work.now)
      checkVersion(request)
      await removeFile(work, upload)
      return { output: null, status: 204 }
    },
  })
}
