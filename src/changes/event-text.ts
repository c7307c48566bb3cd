// Server-sent events as the bytes that go out: https://html.spec.whatwg.org/multipage/server-sent-events.html. What many
// readers are told alike is made into bytes once.

/** `json` is the data as text. */
export function eventText(id: string, event: string, json: string): string {
  return `id: ${id}\nevent: ${event}\ndata: ${json}\n\n`
}

export function eventBytes(texts: readonly string[]): Uint8Array {
  return Buffer.from(texts.length === 1 ? texts[0]! : texts.join(''))
}
