// Values that this process was given as secrets. They are taken out of everything that it writes for people: the log, and
// why an effect failed. A second wall: whoever has a secret should put it into no error.

/** In all the forms that an error may repeat, the longest first: a shorter one may be a part of it. */
let hidden: readonly string[] = []
/** Shorter ones are words that stand in any text. */
const shortest = 6

export function hideSecret(value: string): void {
  if (value.length < shortest) return
  hidden = [...new Set([...hidden, ...formsOf(value)])].toSorted((a, b) => b.length - a.length)
}

export function withoutSecrets(text: string): string {
  let rest = text
  for (const value of hidden) rest = rest.replaceAll(value, '[secret]')
  return rest
}

/** As it is, in JSON, in an address, in a form, and in Base64 such as an `authorization` header is made of. */
function formsOf(value: string): string[] {
  const escaped = encodeURIComponent(value.toWellFormed())
  const inForm = new URLSearchParams([['', value]]).toString().slice(1)
  const inAddress = [escaped, inForm, encodeURI(value.toWellFormed())]
  const lowerCase = inAddress.map((form) => form.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()))
  const inBase64 = [0, 1, 2].map((before) => base64Of(value, before))
  const inUrlBase64 = inBase64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))
  return [value, JSON.stringify(value).slice(1, -1), ...inAddress, ...lowerCase, ...inBase64, ...inUrlBase64].filter(
    (form) => form.length >= shortest,
  )
}

/** What is of the value alone where so many bytes (`user:`) stand before it: Base64 has three bytes in four characters. */
function base64Of(value: string, before: number): string {
  const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(value)])
  return bytes.toString('base64').slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6))
}
