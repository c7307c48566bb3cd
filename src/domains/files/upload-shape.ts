import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'

export const uploadShape = Type.Object({
  id: Type.String({ description: 'Of the file, too.' }),
  offset: Type.Integer({ description: 'Bytes that are stored.' }),
  length: Type.Integer({ description: 'Bytes of the whole file.' }),
  expiresAt: Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'date-time', description: 'It is given up then.' }),
})

export const uploadInput = Type.Object({ id: Type.String({ maxLength: limits.idCharactersMax }) }, { additionalProperties: false })
