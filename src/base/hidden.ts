// Values that this process was given as secrets. They are taken out of what it writes for people: the log, why a config cannot be
// loaded, why an effect failed, what a refusal tells. A second wall: whoever has a secret should put it into no error.

/** What finds a secret in one of its forms, and how long that is at least. */
type Hidden = { readonly pattern: RegExp; readonly length: number }

/** By the source of the pattern, the longest first: a shorter one may be a part of it. */
let hidden: ReadonlyMap<string, Hidden> = new Map()
/** Shorter ones are words that stand in any text. */
const shortest = 6

export function hideSecret(value: string): void {
  if (value.length < shortest) return
  const found = [...plainForms(value).map(exactly), ...[0, 1, 2].map((before) => inBase64(value, before))]
  const added = found.filter(({ length }) => length >= shortest).map((one) => [one.pattern.source, one] as const)
  hidden = new Map([...hidden, ...added].toSorted(([, a], [, b]) => b.length - a.length))
}

export function withoutSecrets(text: string): string {
  let rest = text
  for (const { pattern } of hidden.values()) rest = rest.replaceAll(pattern, '[secret]')
  return rest
}

/** As JSON has the value: in its texts and names, however deep they lie. */
export function valueWithoutSecrets<T>(value: T): T {
  if (hidden.size === 0) return value
  return JSON.parse(JSON.stringify(value), (_name, part: unknown) => {
    if (typeof part === 'string') return withoutSecrets(part)
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
    return Object.fromEntries(Object.entries(part).map(([name, one]) => [withoutSecrets(name), one]))
  }) as T
}

/** As it is, in JSON, in a text of JSON that is itself in JSON (such as an answer in a line of the log), in hexadecimal, in an address, in a form. */
function plainForms(value: string): string[] {
  const escaped = encodeURIComponent(value.toWellFormed())
  const inForm = new URLSearchParams([['', value]]).toString().slice(1)
  const inAddress = [escaped, inForm, encodeURI(value.toWellFormed())]
  const lowerCase = inAddress.map((form) => form.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()))
  const inJson = JSON.stringify(value).slice(1, -1)
  const hexadecimal = Buffer.from(value).toString('hex')
  const others = [inJson, JSON.stringify(inJson).slice(1, -1), hexadecimal, hexadecimal.toUpperCase()]
  return [value, ...others, ...inAddress, ...lowerCase]
}

function exactly(form: string): Hidden {
  return { pattern: new RegExp(form.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`), 'g'), length: form.length }
}

/**
 * In Base64, such as an `authorization` header is made of, where so many bytes (`user:`) stand before it, or three more, and anything
 * after it. Three bytes are four characters, so the first and the last may hold bits of what stands beside: then it is any of a few.
 */
function inBase64(value: string, before: number): Hidden {
  const bytes = Buffer.from(value)
  const made = (around: number) => Buffer.concat([Buffer.alloc(before, around), bytes, Buffer.alloc(2, around)]).toString('base64')
  const first = Math.floor((before * 8) / 6)
  const last = Math.ceil(((before + bytes.length) * 8) / 6)
  const whole = made(0).slice(first, last)
  const open = (index: number) => [...Array(256).keys()].map((around) => made(around).slice(first, last)[index]!)
  const characters = [...whole].map((character, index) => {
    const found = index === 0 || index === whole.length - 1 ? [...new Set(open(index))] : [character]
    return { pattern: `(?:${found.map(base64Character).join('|')})`, isSure: found.length === 1 }
  })
  const pattern = characters.map((one) => (one.isSure ? one.pattern : `${one.pattern}?`)).join('')
  const ending = characters.at(-1)!.isSure ? '' : '(?:=|%3[Dd]){0,2}'
  return { pattern: new RegExp(pattern + ending, 'g'), length: characters.filter(({ isSure }) => isSure).length }
}

/** In either alphabet, and in an address. */
function base64Character(character: string): string {
  return { '+': String.raw`\+|-|%2[Bb]`, '/': String.raw`\/|_|%2[Ff]` }[character] ?? character
}
