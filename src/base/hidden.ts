// Values that this process was given as secrets. They are taken out of everything that it writes for people: the log, and
// why an effect failed. A second wall: whoever has a secret should put it into no error.

const hidden = new Set<string>()
/** Shorter ones are words that stand in any text. */
const shortest = 6

export function hideSecret(value: string): void {
  if (value.length < shortest) return
  hidden.add(value)
  hidden.add(JSON.stringify(value).slice(1, -1))
}

export function withoutSecrets(text: string): string {
  let rest = text
  for (const value of hidden) rest = rest.replaceAll(value, '[secret]')
  return rest
}
