// Output by its schema: only what that declares leaves the process.
import fastJsonStringify from 'fast-json-stringify'
import type { Operation } from './define.ts'

export type Serializer = (output: unknown) => string

const made = new WeakMap<object, Serializer>()

/** Made when it is first asked for: most processes never answer most operations. @throws Error when no serializer can be made of it */
export function serializerOf(schema: object): Serializer {
  const found = made.get(schema)
  if (found) return found
  const serializer: Serializer = fastJsonStringify(schema, { rounding: 'round' })
  made.set(schema, serializer)
  return serializer
}

/** An operation's output as the text that is answered. @throws Error where it is not what the schema says, and cannot be made so */
export function stringifyOf({ isPresented, output: schema }: Operation): Serializer {
  return isPresented ? JSON.stringify : (output) => serializerOf(schema)(output)
}
