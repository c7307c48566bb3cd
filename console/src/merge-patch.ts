// JSON Merge Patch (RFC 7396), the way the API changes a JSON field: what is left out stays, null removes a name.

/** The patch that makes `after` of `before`; undefined where there is none, since a patch cannot store a null inside an object. */
export function mergePatchOf(before: unknown, after: unknown): { value: unknown } | undefined {
  if (!isObject(after)) return { value: after }
  const old = isObject(before) ? before : {}
  const patch: { [name: string]: unknown } = {}
  for (const name of Object.keys(old)) if (!Object.hasOwn(after, name)) patch[name] = null
  for (const [name, value] of Object.entries(after)) {
    const was = Object.hasOwn(old, name) ? old[name] : undefined
    if (JSON.stringify(was) === JSON.stringify(value)) continue
    if (value === null) return undefined
    const inner = mergePatchOf(was, value)
    if (inner === undefined) return undefined
    patch[name] = inner.value
  }
  return { value: patch }
}

function isObject(value: unknown): value is { [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
