import { anyone } from '../../access/rule.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { isNoneMatch } from '../../base/entity-tag.ts'
import { limits } from '../../base/limits.ts'
import type { BlobStore } from '../../blobs/blob-store.ts'
import { Type } from '../../contract/type.ts'
import { type Operation, query } from '../../operation/define.ts'
import { type FileRow, files } from './collections.ts'
import { isFileReadable, isInPlace } from './file-access.ts'
import { contentHeaders, contentOf } from './file-content.ts'
import { isLinkGood, type LinkKey } from './file-link.ts'
import { type Asked, fits } from './picture-recipe.ts'
import type { PictureSizes } from './picture-sizes.ts'
import { smallerOf } from './smaller-picture.ts'

/** Of all that a Date can say. */
const lastSecond = 8_640_000_000_000

type Ports = {
  readonly blobs: BlobStore
  readonly linkKey: LinkKey
  /** Null where pictures cannot be made smaller: then they are shown as they are. */
  readonly pictures: PictureSizes | null
}

/** `GET /api/files/{id}/content`: the bytes, in whole or a range of them, for whoever may read the value that the file is. */
export function downloadFile({ blobs, linkKey, pictures }: Ports): Operation {
  return query({
    name: 'files.download',
    route: 'GET /api/files/:id/content',
    summary: 'The bytes of a file',
    tag: 'Files',
    scope: null,
    input: Type.Object(
      {
        id: Type.String({ maxLength: limits.idCharactersMax }),
        expires: Type.Optional(Type.Integer({ minimum: 0, maximum: lastSecond, description: 'Of a signed link.' })),
        signature: Type.Optional(Type.String({ maxLength: limits.tokenCharactersMax, description: 'Of a signed link.' })),
        w: side('Of a picture: its width in pixels, at least.'),
        h: side('Of a picture: its height in pixels, at least.'),
        fit: Type.Optional(Type.Unsafe<Asked['fit']>({ enum: fits, default: 'inside', description: 'How it fits `w` and `h`.' })),
        download: Type.Optional(Type.Boolean({ description: 'To be kept, also where a browser could show it.' })),
      },
      { additionalProperties: false },
    ),
    output: Type.String({ format: 'binary' }),
    isPresented: true,
    mediaType: '*/*',
    headers: [['Range', 'A part of it: `bytes=0-1023`.']],
    errors: ['not_found', 'file_link_invalid', 'picture_not_resizable', 'range_not_satisfiable'],
    access: anyone,
    isForEachRole: true,
    async run({ input, actor, read, model, request, now }) {
      const { id, expires = 0, signature } = input
      checkAsked(input)
      if (signature !== undefined && !(await isLinkGood(linkKey, { id, expires, signature }, now)))
        throw new EngineError('file_link_invalid')
      const file = await read.get(files, id)
      const isOpen = async (file: FileRow) =>
        signature === undefined ? await isFileReadable(read, model, { file, actor }) : await isInPlace(read, model, file)
      if (file === null || !(await isOpen(file))) throw new EngineError('not_found')
      const isKept = input.download === true
      const { headers, open } = (await smallerOf(pictures, { file, asked: input, isKept })) ?? {
        headers: contentHeaders(file, isKept),
        open: async () => contentOf(blobs, file),
      }
      // The bytes of a file never change.
      if (isNoneMatch(headers.etag, request.ifNoneMatch)) return { output: '', status: 304, headers }
      return { output: '', headers, content: await open() }
    },
  })
}

function side(description: string) {
  return Type.Optional(Type.Integer({ minimum: 1, maximum: limits.pictureSideMax, description }))
}

/** @throws validation_failed */
function checkAsked({ w, h, fit }: Asked): void {
  if (fit !== undefined && w === undefined && h === undefined)
    throw invalid('query:w', 'required', 'is missing: fit says how w and h are met')
}
