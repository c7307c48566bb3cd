// When a message says that it was written (RFC 5322 section 3.3, and the older forms of section 4.3). JavaScript takes nearly anything for a date: `1` is the
// first of January 2001 to it, and the 31st of February is in March.

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
/** Hours before or after UTC; a letter alone, and whatever else is there, is UTC (section 4.3). */
const zoneHours: Readonly<Record<string, number>> = { EST: -5, EDT: -4, CST: -6, CDT: -5, MST: -7, MDT: -6, PST: -8, PDT: -7 }
const form =
  /^(?:[a-z]+,? )?(\d{1,2})[ -]([a-z]{3})[a-z]*[ -](\d{2,4}) (\d{1,2}):(\d\d)(?::(\d\d))?(?: ([+-])(\d\d)(\d\d)| ([a-z]{1,5}))?$/i

/** Milliseconds since 1970 UTC; null where it is no time, or one before that. */
export function readMailDate(text: string): number | null {
  let line = text.slice(0, 200)
  // A comment may have one within it.
  for (let turn = 0; turn < 3; turn++) line = line.replaceAll(/\([^()]*\)/g, ' ')
  const found = form.exec(line.replaceAll(/\s+/g, ' ').trim())
  if (found === null) return null
  const [, day, monthName, yearText, hour, minute, second = '0', sign, zoneHour = '0', zoneMinute = '0', zoneName = ''] = found
  const month = months.indexOf(monthName!.toLowerCase())
  const year = fullYear(yearText!)
  const date = new Date(Date.UTC(year, month, Number(day)))
  const isDay = month >= 0 && date.getUTCDate() === Number(day) && date.getUTCMonth() === month
  // A leap second is the first one of the next minute.
  const isTime = Number(hour) < 24 && Number(minute) < 60 && Number(second) <= 60
  if (!isDay || !isTime || Number(zoneHour) > 14 || Number(zoneMinute) > 59) return null
  const awayMinutes =
    sign === undefined
      ? (zoneHours[zoneName.toUpperCase()] ?? 0) * 60
      : (Number(zoneHour) * 60 + Number(zoneMinute)) * (sign === '-' ? -1 : 1)
  const time = date.getTime() + ((Number(hour) * 60 + Number(minute) - awayMinutes) * 60 + Number(second)) * 1_000
  return time >= 0 ? time : null
}

/** Section 4.3: two digits below 50 are of this century, all else of two or three counts from 1900. */
function fullYear(text: string): number {
  const year = Number(text)
  if (text.length === 4) return year
  return text.length === 2 && year < 50 ? 2_000 + year : 1_900 + year
}
