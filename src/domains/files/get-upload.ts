import { anyone, type Rule } from '../../access/rule.ts'
import { type Operation, query } from '../../operation/define.ts'
import { files } from './collections.ts'
import { checkIsOwn, tusHeaders, uploadHeaders, uploadView } from './tus.ts'
import { uploadInput, uploadShape } from './upload-shape.ts'

/** `HEAD /api/uploads/{id}`: how much of it is stored, so where to go on. */
export function getUpload(senders: Rule): Operation {
  return query({
    name: 'files.getUpload',
    route: 'GET /api/uploads/:id',
    summary: 'How much of an upload is stored (tus 1.0 asks by HEAD)',
    tag: 'Files',
    input: uploadInput,
    output: uploadShape,
    isPresented: true,
    always: tusHeaders,
    errors: ['not_found'],
    access: anyone,
    audience: senders,
    async run({ input, actor, read, now }) {
      const file = checkIsOwn(await read.get(files, input.id), actor, now)
      return { output: uploadView(file), headers: uploadHeaders(file) }
    },
  })
}
