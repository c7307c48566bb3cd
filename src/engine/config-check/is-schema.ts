// Whether a declaration's JSON Schema is one that is kept to.
import { serializerOf } from '../../operation/serializer.ts'
import type { Add } from '../../schema/shape.ts'
import { checkSchema } from '../../schema/validate.ts'

/** Says so when it is no JSON Schema, or holds what would be ignored. */
export function isSchema(schema: object, path: string, add: Add): boolean {
  try {
    checkSchema(schema)
    return true
  } catch (error) {
    add(path, `is no JSON Schema: ${(error as Error).message}`)
    return false
  }
}

/** Also says so when nothing could be answered by it. */
export function isAnswerable(schema: object, path: string, add: Add): boolean {
  if (!isSchema(schema, path, add)) return false
  try {
    serializerOf(schema)
    return true
  } catch (error) {
    add(path, `is nothing that can be answered: ${(error as Error).message}`)
    return false
  }
}
