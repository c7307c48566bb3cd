import { anyone } from '../../access/rule.ts'
import { toIso } from '../../base/clock.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { command, type Operation } from '../../operation/define.ts'
import { toldFile } from '../../schema/kinds/file.ts'
import { files, storedFile } from './collections.ts'
import { isFileReadable } from './file-access.ts'
import { type LinkKey, signLink } from './file-link.ts'

/** `POST /api/files/{id}/link`: for a mail, or for another program, by whoever may read the file. It changes nothing. */
export function linkFile(linkKey: LinkKey): Operation {
  return command({
    name: 'files.link',
    route: 'POST /api/files/:id/link',
    summary: 'A link by which anybody can read a file for a while',
    tag: 'Files',
    scope: null,
    input: Type.Object(
      {
        id: Type.String({ maxLength: limits.idCharactersMax }),
        expiresIn: Type.Optional(
          Type.Integer({ minimum: 1, maximum: limits.fileLinkSecondsMax, default: limits.fileLinkSecondsDefault, description: 'Seconds.' }),
        ),
      },
      { additionalProperties: false, examples: [{ expiresIn: 3_600 }] },
    ),
    output: Type.Object({ url: Type.String(), expiresAt: Type.String({ format: 'date-time' }) }),
    isPresented: true,
    errors: ['not_found'],
    access: anyone,
    async prepare({ input, actor, read, model, now }) {
      const file = await read.get(files, input.id)
      if (file === null || !(await isFileReadable(read, model, { file, actor }))) throw new EngineError('not_found')
      const expires = now + (input.expiresIn ?? limits.fileLinkSecondsDefault) * 1_000
      const signature = await signLink(linkKey, { id: file.id, expires })
      return { url: `${toldFile(storedFile(file)).url}?expires=${expires}&signature=${signature}`, expiresAt: toIso(expires) }
    },
    run: async ({ prepared }) => ({ output: prepared }),
  })
}
