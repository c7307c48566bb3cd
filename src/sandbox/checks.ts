import type { BookCore } from './core.ts'
import { SandboxRefusal } from './refusal.ts'

/** A sum of money in minor units, above nothing. @throws SandboxRefusal */
export function checkAmount(amountMinor: number, most: number): void {
  if (!Number.isSafeInteger(amountMinor) || amountMinor < 0 || (amountMinor === 0 && most > 0))
    throw new SandboxRefusal('bad_request', 'The amount must be a whole number above 0.')
  if (amountMinor > most || amountMinor === 0)
    throw new SandboxRefusal('too_much', most <= 0 ? 'Nothing is left.' : 'That is more than is left.')
}

/** Whether a key that came then is still known. */
export function isRemembered(core: Pick<BookCore, 'settings' | 'now'>, at: number): boolean {
  const { keysKeptMs } = core.settings()
  return keysKeptMs === 0 || at + keysKeptMs >= core.now()
}

export const keyReused = () => new SandboxRefusal('key_reused', 'This key came before with another request.')
