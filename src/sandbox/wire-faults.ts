// Faults that strike where a call comes in: the one that was planned for it, or one by its share.
import type { Random } from '../base/random.ts'
import type { SandboxBook } from './book.ts'
import { type CallName, type WireFault, wireFaults } from './faults.ts'
import type { SandboxSettings } from './settings.ts'

const shares: readonly (readonly [keyof SandboxSettings, WireFault])[] = [
  ['outages', 'outage'],
  ['requestLoss', 'no_effect_no_answer'],
  ['rateLimits', 'rate_limit'],
  ['errorsBefore', 'no_effect_500'],
  ['errorsAfter', 'effect_500'],
  ['answerLoss', 'effect_no_answer'],
  ['halfBodies', 'half_body'],
  ['htmlAnswers', 'html'],
  ['redirects', 'redirect'],
]

export type StruckBy = { readonly kind: WireFault; readonly ms?: number }

export function strikeCall(
  book: Pick<SandboxBook, 'faults' | 'settings'>,
  name: CallName,
  random: Pick<Random, 'fraction'>,
): StruckBy | null {
  const planned = book.faults.strike(name, wireFaults)
  if (planned !== null) return planned
  const settings = book.settings()
  const struck = shares.find(([share]) => settings[share] > 0 && random.fraction() < settings[share])
  return struck === undefined ? null : { kind: struck[1] }
}

const strikesBefore: readonly WireFault[] = ['no_effect_no_answer', 'no_effect_hang', 'no_effect_500', 'rate_limit', 'outage', 'key_in_use']

/** Whether it strikes before anything is done. */
export const isBeforeEffect = (kind: WireFault): boolean => strikesBefore.includes(kind)
