// Comparing entity tags (RFC 9110 section 13.1.2).

/** Whether a client that names what it has in If-None-Match has this. A weak tag counts. */
export function isNoneMatch(etag: string, ifNoneMatch: string | null | undefined): boolean {
  if (ifNoneMatch === null || ifNoneMatch === undefined) return false
  return ifNoneMatch.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag)
}
