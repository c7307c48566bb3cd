// How an address is written on a letter to a country: which line its town, region and postal code stand on, and in which order. By the
// address metadata that Google publishes (chromium-i18n, `fmt` and `lfmt`), read in 2026. The country itself is the line after these.

export type PostalAddress = {
  readonly line1?: string | null
  readonly line2?: string | null
  /** Missing where the country's addresses name none. */
  readonly city?: string | null
  readonly region?: string | null
  /** Missing where the country has none. */
  readonly postalCode?: string | null
  /** ISO 3166-1 alpha-2. */
  readonly country: string
}

/**
 * A line each between bars: `P` postal code, `C` town, `R` region, `A` the lines of the street. What stands between two that are both there is
 * kept; of one that is missing nothing is.
 */
const forms: Readonly<Record<string, string>> = {
  'A|C, R P': 'US AS FM GU MH MP PR PW UM VI TW CO',
  'A|C R P': 'CA AU NF CC CX',
  'A|C|R|P': 'GB GG IM JE GI FK IO SH TC ZA LK KE FJ IE RU UA BY EG KP KR HK',
  'A|C P|R': 'NZ IL SA SG BH KH LB MM NP PK BD JO MN BM BT LS MV NG IQ TT IN',
  'A|C, R|P': 'BR JP',
  'A|P C R': 'IT ES SM VA',
  'A|P C, R': 'MX',
  'A|P C/R': 'TR',
  'A|C|R P': 'ID TH VN',
  'A|R, C, P': 'CN',
  'C|A|P|R': 'HU',
}
const common = 'A|P C|R'
const formOf = new Map(Object.entries(forms).flatMap(([form, of]) => of.split(' ').map((country) => [country, form] as const)))

export const postalCountries = [...Object.values(forms)].flatMap((of) => of.split(' '))

/** In letters of its own, an address there begins with what is largest: 〒100-0001 東京都千代田区千代田 1-1. */
const fromLargest: Readonly<Record<string, string>> = { JP: '〒P|RCA', CN: 'P|RCA', TW: 'P|RCA', KR: 'R C A|P' }
const isOwn = (text: string) => /\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}/u.test(text)

/** The lines below the name, without the country. */
export function postalLines({ line1, line2, city, region, postalCode, country }: PostalAddress): string[] {
  const own = fromLargest[country]
  const form = own !== undefined && isOwn(line1 ?? city ?? '') ? own : (formOf.get(country) ?? common)
  const street = [line1, line2].filter((line): line is string => Boolean(line))
  const parts: Readonly<Record<string, string | null | undefined>> = { P: postalCode, C: city, R: region }
  return form.split('|').flatMap((line) => {
    if (line === 'A') return street
    const text = lineOf(line, { ...parts, A: street.join(form === own ? ' ' : ', ') })
    return text === '' ? [] : [text]
  })
}

function lineOf(form: string, parts: Readonly<Record<string, string | null | undefined>>): string {
  let [text, between] = ['', '']
  for (const sign of form) {
    const part = parts[sign]
    if (!(sign in parts)) between += sign
    else {
      if (part) text += (text === '' && between !== '〒' ? '' : between) + part
      between = ''
    }
  }
  return text
}
