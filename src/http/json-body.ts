// JSON bodies: parsed without prototype names, then looked through once for what JSON can say and no
// database can keep: null characters, halves of surrogate pairs, numbers beyond a double.
import type { FastifyRequest } from 'fastify'
import { EngineError, invalid } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'

type Done = (error: Error | null, value?: unknown) => void
type Parse = (request: FastifyRequest, body: string, done: Done) => unknown

/** `parse` is Fastify's own, which refuses `__proto__` and `constructor.prototype`. */
export function jsonBodyParser(parse: Parse): Parse {
  return (request, body, done) =>
    parse(request, body, (error, value) => {
      if (error) return done(new EngineError('malformed_json', { cause: error }))
      try {
        checkValues(value, '', limits.jsonDepthMax)
      } catch (flaw) {
        return done(flaw as Error)
      }
      done(null, value)
    })
}

/** Whether every database keeps this text as it is. */
export function isStorableText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}

function checkValues(value: unknown, path: string, left: number): void {
  if (typeof value === 'string') {
    if (!isStorableText(value)) throw invalid(path, 'characters', 'holds a null character or half of a surrogate pair')
  } else if (typeof value === 'number') {
    // 1e400 is read as Infinity, which JSON cannot say again.
    if (!Number.isFinite(value)) throw invalid(path, 'number', 'is a number too large to keep')
  } else if (typeof value === 'object' && value !== null) {
    if (left === 0) throw invalid('', 'depth', `nests deeper than ${limits.jsonDepthMax}`)
    for (const [name, inner] of Object.entries(value)) {
      if (!isStorableText(name)) throw invalid(path, 'characters', 'has a name with a null character or half of a surrogate pair')
      checkValues(inner, `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, left - 1)
    }
  }
}
