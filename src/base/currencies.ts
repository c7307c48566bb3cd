// ISO 4217 currencies and their minor-unit digits, frozen by us: `Intl` (ICU 78) and ISO disagree on
// HUF, IDR, COP and a dozen more, and a change of ICU must not change what a stored amount means.
// Source: ISO 4217 list one, as of 2026. Funds codes and metals are left out.

const digitsByCode = new Map<string, number>()
for (const code of (
  'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE ' +
  'CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR ' +
  'KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB ' +
  'PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY ' +
  'TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG'
).split(' '))
  digitsByCode.set(code, 2)
for (const code of 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ')) digitsByCode.set(code, 0)
for (const code of 'BHD IQD JOD KWD LYD OMR TND'.split(' ')) digitsByCode.set(code, 3)

/** Digits after the decimal point, or undefined for a code that is no currency. */
export function minorDigits(code: string): number | undefined {
  return digitsByCode.get(code)
}

export function isCurrency(code: string): boolean {
  return digitsByCode.has(code)
}
