import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { type FileValue, fileSchema } from '../../schema/kinds/file.ts'

export const uploadShape = Type.Object({
  id: Type.String({ description: 'Of the file, too.' }),
  offset: Type.Integer({ description: 'Bytes that are stored.' }),
  length: Type.Integer({ description: 'Bytes of the whole file.' }),
  expiresAt: Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'date-time', description: 'It is given up then.' }),
  file: Type.Unsafe<FileValue | null>({ ...fileSchema, type: ['object', 'null'], description: 'Once all of it is there.' }),
})

export const uploadInput = Type.Object({ id: Type.String({ maxLength: limits.idCharactersMax }) }, { additionalProperties: false })
