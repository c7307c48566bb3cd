// VAT identification numbers of the EU, and of Northern Ireland for goods: form and check digits, by country. Rules as the tax
// authorities publish them and VIES describes them ("VAT identification number structure"). Pure. A number that passes may still not
// exist: VIES alone knows.

type Digits = readonly number[]
type Rule = { readonly form: RegExp; readonly fits?: (text: string, digits: Digits) => boolean }

const weighted = (digits: Digits, weights: Digits) => weights.reduce((sum, weight, index) => sum + weight * (digits[index] ?? 0), 0)
const last = (digits: Digits) => digits[digits.length - 1]
const sumIs = (modulus: number, weights: Digits) => (_: string, digits: Digits) => weighted(digits, weights) % modulus === 0

/** The check digit last, each second one before it doubled. */
const luhn = (digits: Digits) =>
  digits.toReversed().reduce((sum, digit, index) => sum + (index % 2 === 0 ? digit : digit < 5 ? digit * 2 : digit * 2 - 9), 0) % 10

/** ISO 7064, MOD 11,10. */
const isMod1110 = (digits: Digits) => digits.reduce((check, digit) => ((((check || 10) * 2) % 11) + digit) % 10, 5) === 1

/** ISO 7064, MOD 97-10, where a letter is its place after 9. */
const isMod9710 = (text: string) =>
  Array.from(text, (sign) => String(Number.parseInt(sign, 36))).reduce((rest, part) => Number(`${rest}${part}`) % 97, 0) === 1

const isDutchPerson = (digits: Digits) => (weighted(digits, [9, 8, 7, 6, 5, 4, 3, 2]) - digits[8]!) % 11 === 0

function isBulgarian(_: string, digits: Digits): boolean {
  if (digits.length === 9) {
    const first = weighted(digits, [1, 2, 3, 4, 5, 6, 7, 8]) % 11
    const check = first === 10 ? weighted(digits, [3, 4, 5, 6, 7, 8, 9, 10]) % 11 : first
    return check % 10 === digits[8]
  }
  const person = (weighted(digits, [2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11) % 10
  const foreigner = weighted(digits, [21, 19, 17, 13, 11, 9, 7, 3, 1]) % 10
  const other = (11 - (weighted(digits, [4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11
  return [person, foreigner, other].includes(digits[9]!)
}

function isCypriot(text: string, digits: Digits): boolean {
  const odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21]
  const sum = digits.slice(0, 8).reduce((all, digit, index) => all + (index % 2 === 0 ? odd[digit]! : digit), 0)
  return !text.startsWith('12') && text[8] === String.fromCharCode(65 + (sum % 26))
}

/** Of eight digits a company's; with nine that begin with 6 a special one; else a person's birth number. */
function isCzech(text: string, digits: Digits): boolean {
  if (digits.length === 8) return ((11 - (weighted(digits, [8, 7, 6, 5, 4, 3, 2]) % 11)) % 11 || 1) % 10 === digits[7] && digits[0] !== 9
  if (digits.length === 9 && digits[0] === 6) {
    const check = weighted(digits.slice(1), [8, 7, 6, 5, 4, 3, 2]) % 11
    return (((8 - ((10 - check + 11) % 11)) % 10) + 10) % 10 === digits[8]
  }
  return isBirthNumber(text)
}

/** Of Czechs and Slovaks: a date, of women with 50 more for the month; the check digit came in 1954. */
function isBirthNumber(text: string): boolean {
  const [month, day] = [Number(text.slice(2, 4)), Number(text.slice(4, 6))]
  const isDate = (month % 50) % 20 >= 1 && (month % 50) % 20 <= 12 && day >= 1 && day <= 31
  return isDate && (text.length === 9 || (Number(text.slice(0, 9)) % 11) % 10 === Number(text[9]))
}

const frenchSigns = '0123456789ABCDEFGHJKLMNPQRSTUVWXYZ'
function isFrench(text: string): boolean {
  const siren = text.slice(2)
  if (!siren.startsWith('000') && luhn(Array.from(siren, Number)) !== 0) return false
  if (/^\d\d/.test(text)) return Number(text.slice(0, 2)) === Number(`${siren}12`) % 97
  const [first, second] = [frenchSigns.indexOf(text[0]!), frenchSigns.indexOf(text[1]!)]
  const check = /\d/.test(text[0]!) ? first * 24 + second - 10 : first * 34 + second - 100
  return (Number(siren) + 1 + Math.floor(check / 11)) % 11 === check % 11
}

const irishSigns = 'WABCDEFGHIJKLMNOPQRSTUV'
function isIrish(text: string): boolean {
  const isNew = /^\d{7}/.test(text)
  const number = isNew ? text.slice(0, 7) : `0${text.slice(2, 7)}${text[0]}`
  const sum =
    weighted(Array.from(number, Number), [8, 7, 6, 5, 4, 3, 2]) + (isNew && text.length === 9 ? 9 * irishSigns.indexOf(text[8]!) : 0)
  return text[7] === irishSigns[sum % 23]
}

const spanishLetters = 'TRWAGMYFPDXBNJZSQVHLCKE'
function isSpanish(text: string): boolean {
  const [first, body] = [text[0]!, text.slice(1, 8)]
  const letterOf = (number: string) => spanishLetters[Number(number) % 23]
  if (/\d/.test(first)) return text[8] === letterOf(text.slice(0, 8))
  if ('XYZ'.includes(first)) return text[8] === letterOf(`${'XYZ'.indexOf(first)}${body}`)
  if ('KLM'.includes(first)) return text[8] === letterOf(body)
  const check = (10 - luhn([...Array.from(body, Number), 0])) % 10
  return text[8] === String(check) || text[8] === 'JABCDEFGHI'[check]
}

function isLithuanian(_: string, digits: Digits): boolean {
  const body = digits.slice(0, -1)
  const sum = (start: number) => body.reduce((all, digit, index) => all + (1 + ((index + start) % 9)) * digit, 0) % 11
  const check = sum(0) === 10 ? sum(2) % 10 : sum(0)
  return digits[digits.length - 2] === 1 && check === last(digits)
}

/** A company's; a person's, which since 2017 holds no date of birth and begins with 32. */
function isLatvian(text: string, digits: Digits): boolean {
  if (digits[0]! > 3) return weighted(digits, [9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1]) % 11 === 3
  return text.startsWith('32') || ((1 + weighted(digits, [10, 5, 8, 4, 2, 1, 6, 3, 7, 9])) % 11) % 10 === digits[10]
}

/** Also those of government departments and health authorities. */
function isNorthernIrish(text: string, digits: Digits): boolean {
  if (text.startsWith('GD')) return Number(text.slice(2)) < 500
  if (text.startsWith('HA')) return Number(text.slice(2)) >= 500
  const rest = weighted(digits, [8, 7, 6, 5, 4, 3, 2, 10, 1]) % 97
  return rest === 0 || (digits[0]! > 0 && (rest === 42 || rest === 55))
}

/** By the letters that they begin with, which are those of the country but for Greece and Northern Ireland. */
const rules: Readonly<Record<string, Rule>> = {
  AT: { form: /^U\d{8}$/, fits: (_, digits) => (16 - luhn(digits.slice(0, 7))) % 10 === digits[7] },
  BE: {
    form: /^[01]\d{9}$/,
    fits: (text) => Number(text.slice(0, 8)) > 0 && (Number(text.slice(0, 8)) + Number(text.slice(8))) % 97 === 0,
  },
  BG: { form: /^\d{9,10}$/, fits: isBulgarian },
  CY: { form: /^\d{8}[A-Z]$/, fits: isCypriot },
  CZ: { form: /^\d{8,10}$/, fits: isCzech },
  DE: { form: /^[1-9]\d{8}$/, fits: (_, digits) => isMod1110(digits) },
  DK: { form: /^[1-9]\d{7}$/, fits: sumIs(11, [2, 7, 6, 5, 4, 3, 2, 1]) },
  EE: { form: /^\d{9}$/, fits: sumIs(10, [3, 7, 1, 3, 7, 1, 3, 7, 1]) },
  EL: { form: /^\d{9}$/, fits: (_, digits) => (weighted(digits, [256, 128, 64, 32, 16, 8, 4, 2]) % 11) % 10 === digits[8] },
  ES: { form: /^(?:\d{8}[A-Z]|[XYZKLM]\d{7}[A-Z]|[ABCDEFGHJNPQRSUVW]\d{7}[0-9A-J])$/, fits: isSpanish },
  FI: { form: /^\d{8}$/, fits: sumIs(11, [7, 9, 10, 5, 8, 4, 2, 1]) },
  FR: { form: /^[0-9A-HJ-NP-Z]{2}\d{9}$/, fits: isFrench },
  HR: { form: /^\d{11}$/, fits: (_, digits) => isMod1110(digits) },
  HU: { form: /^\d{8}$/, fits: sumIs(10, [9, 7, 3, 1, 9, 7, 3, 1]) },
  IE: { form: /^(?:\d{7}[A-W][A-IW]?|\d[A-Z+*]\d{5}[A-W])$/, fits: isIrish },
  IT: { form: /^(?!0{7})\d{7}(?:0(?!00)\d\d|100|120|121|888|999)\d$/, fits: (_, digits) => luhn(digits) === 0 },
  LT: { form: /^(?:\d{9}|\d{12})$/, fits: isLithuanian },
  LU: { form: /^\d{8}$/, fits: (text) => Number(text.slice(0, 6)) % 89 === Number(text.slice(6)) },
  LV: { form: /^\d{11}$/, fits: isLatvian },
  MT: { form: /^[1-9]\d{7}$/, fits: sumIs(37, [3, 4, 6, 7, 8, 9, 10, 1]) },
  NL: { form: /^\d{9}B(?!00)\d{2}$/, fits: (text, digits) => isDutchPerson(digits.slice(0, 9)) || isMod9710(`NL${text}`) },
  PL: { form: /^\d{10}$/, fits: sumIs(11, [6, 5, 7, 2, 3, 4, 5, 6, 7, -1]) },
  PT: { form: /^[1-9]\d{8}$/, fits: (_, digits) => ((11 - (weighted(digits, [9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 11) % 10 === digits[8] },
  RO: {
    form: /^[1-9]\d{1,9}$/,
    fits: (text, digits) =>
      ((10 * weighted(Array.from(text.slice(0, -1).padStart(9, '0'), Number), [7, 5, 3, 2, 1, 7, 5, 3, 2])) % 11) % 10 === last(digits),
  },
  SE: { form: /^\d{10}01$/, fits: (_, digits) => luhn(digits.slice(0, 10)) === 0 },
  SI: {
    form: /^[1-9]\d{7}$/,
    fits: (_, digits) => {
      const check = 11 - (weighted(digits, [8, 7, 6, 5, 4, 3, 2]) % 11)
      return (check === 10 ? 0 : check) === digits[7]
    },
  },
  SK: { form: /^\d{10}$/, fits: (text) => (/^[1-9]\d[234789]/.test(text) && Number(text) % 11 === 0) || isBirthNumber(text) },
  XI: { form: /^(?:\d{9}|\d{12}|GD\d{3}|HA\d{3})$/, fits: isNorthernIrish },
}

/** Of whose country it is, in ISO 3166-1: `GR` of `EL…`, `GB` of `XI…`. */
export function vatIdCountry(vatId: string): string {
  const letters = vatId.slice(0, 2)
  return { EL: 'GR', XI: 'GB' }[letters] ?? letters
}

/** As it is stored: capitals, without blanks and signs between. `GR…` is `EL…`. */
export function plainVatId(text: string): string {
  return text
    .toUpperCase()
    .replaceAll(/[\s./-]/g, '')
    .replace(/^GR/, 'EL')
}

/** What is wrong with a plain one, to follow its name; null where nothing is. */
export function vatIdProblem(vatId: string): string | null {
  const [letters, number] = [vatId.slice(0, 2), vatId.slice(2)]
  const rule = Object.hasOwn(rules, letters) ? rules[letters] : undefined
  if (rule === undefined) return 'must begin with the letters of a country of the EU, such as DE, or with XI'
  if (!rule.form.test(number)) return `has not the form of a VAT number of ${letters}`
  const digits = Array.from(number.replaceAll(/\D/g, ''), Number)
  return rule.fits === undefined || rule.fits(number, digits) ? null : 'has a wrong check digit: look for a typing mistake'
}

export const vatIdLetters: readonly string[] = Object.keys(rules)
