// Which part of the engine asks a database something: for the watches over plans.

/** What reads everything on purpose, what a caller of the API or code of a project has thought of, and what is another company's. */
const elsewhere =
  /\/src\/(?:observe|extend|sandbox|testing|storage\/(?:archive|migrations)|records\/(?:list|aggregate|export)-records|storage\/(?:sqlite|sql|postgres)\/(?:snapshot|schema|server-snapshot|server-schema))/

/** The first place outside of the storage; null where that is a test. */
export function whoAsks(): string | null {
  const before = Error.stackTraceLimit
  Error.stackTraceLimit = 60
  const stack = new Error().stack!
  Error.stackTraceLimit = before
  if (elsewhere.test(stack)) return null
  const places = [...stack.matchAll(/\/((?:src|test|bench|examples)\/[\w/.-]+\.ts:\d+)/g)].map(([, place]) => place!)
  const first = places.find((place) => !/^(?:src\/storage|test\/support\/(?:watch|who))/.test(place))
  return first?.startsWith('src/') ? first : null
}
