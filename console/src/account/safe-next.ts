/**
 * Where somebody goes on after signing in: an address of this site, as a link to the page named it. Anybody can write such a link,
 * so what a browser might read as another site (`//evil`, `/\evil`, one with a line break in it) is none. The answer is a whole
 * address: the path `//evil`, which `/..//evil` comes to, leads to another site when it stands alone.
 */
export function safeNext(given: string | null, origin: string): string | null {
  if (given === null || !/^\/(?![/\\])/.test(given) || /[\\\p{Cc}]/u.test(given)) return null
  const url = URL.canParse(given, origin) ? new URL(given, origin) : null
  return url?.origin === origin ? url.href : null
}
