// The languages that the engine writes to people in, and which of them somebody wants.

export const languages = ['en', 'de'] as const
export type Language = (typeof languages)[number]

/** Of an Accept-Language header (RFC 9110 section 12.5.4); `otherwise` where none of ours is wanted. */
export function languageOf(header: string | undefined, otherwise: Language = 'en'): Language {
  const wanted = (header ?? '').slice(0, 500).split(',').map(rangeOf)
  const [best] = wanted
    .filter(({ weight }) => weight > 0)
    .toSorted((a, b) => b.weight - a.weight)
    .flatMap(({ tag }) => languages.filter((language) => tag === language || tag.startsWith(`${language}-`)))
  return best ?? otherwise
}

function rangeOf(text: string): { readonly tag: string; readonly weight: number } {
  const [tag = '', ...parameters] = text.trim().toLowerCase().split(';')
  const weight = parameters.map((one) => /^\s*q=([01](?:\.\d{0,3})?)\s*$/.exec(one)?.[1]).find((found) => found !== undefined)
  return { tag: tag.trim(), weight: weight === undefined ? 1 : Number(weight) }
}
