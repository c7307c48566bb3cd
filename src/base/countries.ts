// Countries: ISO 3166-1 alpha-2 (officially assigned codes, as of 2026), frozen by us as currencies are: a newer
// ICU must not change which addresses are taken. Which of them ask for a postal code: the address metadata that Google
// publishes (chromium-i18n, where `require` of these countries names it), read in 2026.

/** In alphabetical order. */
export const countries: readonly string[] = (
  'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD ' +
  'CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF ' +
  'GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN ' +
  'KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA ' +
  'NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI ' +
  'SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI ' +
  'VN VU WF WS YE YT ZA ZM ZW'
).split(' ')

/** Where an address is not whole without a postal code. Elsewhere it is optional, or there is none. */
export const countriesWithPostalCodes: readonly string[] = (
  'AS AT AU AX BE BL BR CA CH CN CZ DE DK EE ES FI FK FM FR GB GF GG GL GP GR GS GU HU IM IN IO IT JE JP KR LI LT LU LV MF ' +
  'MH MP MQ MX MY NC NL NO NZ PF PL PM PN PR PT PW RE RO RU SE SG SH SJ SK SM TC TR TW UA US VI WF YT ZA'
).split(' ')

/**
 * Where an address is whole without a town: the same metadata names none in the form of these, or does not require it (Singapore, Hong
 * Kong, Gibraltar; what stands for it in Andorra, Nauru and the Cayman Islands is a region). The last four have no town at all, only
 * stations: Antarctica, Bouvet Island, Heard Island and McDonald Islands, and the outlying islands of the United States.
 */
export const countriesWithoutTowns: readonly string[] = 'AD AG GI HK KY MO NR SG SM VG AQ BV HM UM'.split(' ')

const known = new Set(countries)

/** Capitals alone: `EU`, `UK` and `XK` are none. */
export function isCountry(code: string): boolean {
  return known.has(code)
}
