// Web addresses that strangers write. The URL parser repairs what it is given (a backslash becomes a slash, line
// breaks vanish) where another reader sees another host; so what would have to be repaired is no address.

/** What RFC 3986 and 3987 have as an address, with a host; else null. */
export function parseWebAddress(text: string): URL | null {
  // Blanks, control characters, what turns the direction of writing, and what no address has.
  if (!/^https?:\/\/[^/?#]/i.test(text) || /[\s\p{Cc}\p{Cf}\\<>"^`{|}]/u.test(text)) return null
  return URL.canParse(text) ? new URL(text) : null
}

/** An address as every reader understands it alike; null where it holds a user's name, which is read as a host. */
export function plainAddress(text: string): URL | null {
  const url = parseWebAddress(text)
  return url === null || url.username !== '' || url.password !== '' ? null : url
}

/** `https://shop.example:8443` and nothing behind it. */
export function isOrigin(text: string): boolean {
  return plainAddress(text)?.origin === text
}
