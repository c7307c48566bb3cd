// Numbers with a fixed count of decimals, as whole units of the last one: 12.50 with two decimals is 1250. So they are added and
// compared exactly, by JavaScript and by every database; a text is what people and JSON have.
import { limits } from './limits.ts'

/** `12.5` with two decimals as 1250; null for what is no such number, has more decimals, or more than 15 digits. */
export function parseDecimal(text: string, scale: number): number | null {
  const [, sign, whole = '', fraction = ''] = /^(-?)(\d{1,15})(?:\.(\d{1,15}))?$/.exec(text) ?? []
  if (sign === undefined || fraction.length > scale) return null
  const units = Number(whole + fraction.padEnd(scale, '0'))
  if (units >= 10 ** limits.decimalDigitsMax) return null
  // Zero has no sign.
  return sign === '-' && units > 0 ? -units : units
}

/** 1250 with two decimals as `12.50`. Exact for every safe integer: a sum has more digits than what was added. */
export function renderDecimal(units: number, scale: number): string {
  const digits = String(Math.abs(units)).padStart(scale + 1, '0')
  const sign = units < 0 ? '-' : ''
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}
