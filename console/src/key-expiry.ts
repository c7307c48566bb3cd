/** When a new API key ends, as the form asks for it. Days are those of whoever fills it in. */

/** By its value; a number is one of days. */
export const endChoices = { 30: 'In 30 days', 90: 'In 90 days', 365: 'In a year', never: 'Never', day: 'On a day' } as const
export type EndChoice = `${keyof typeof endChoices}`

/** The end of the chosen day; null for never, undefined where no day that is left is named. `day`: as a date field gives it, `2027-03-31`. */
export function endOf(choice: EndChoice, day: string, now: Date): string | null | undefined {
  if (choice === 'never') return null
  if (choice !== 'day') return new Date(now.getTime() + Number(choice) * 86_400_000).toISOString()
  const [year, month, date] = day.split('-').map(Number)
  if (!year || !month || !date) return undefined
  const end = new Date(year, month - 1, date + 1)
  return end > now ? end.toISOString() : undefined
}

/** Today, as a date field wants it. */
export function dayOf(now: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`
}
