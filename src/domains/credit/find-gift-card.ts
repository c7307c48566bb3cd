// A gift card by its code, as whoever pays with it shows it.
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { findUnique } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'
import { type GiftCard, giftCards } from './collections.ts'
import { giftCardHash } from './gift-card-code.ts'

export const giftCardInput = Type.String({
  minLength: 1,
  maxLength: limits.codeCharactersMax,
  description: 'The code of a gift card, in small letters or capitals, with or without hyphens.',
})

const reasons = {
  unknown: 'There is no gift card with this code.',
  blocked: 'This gift card is blocked. Ask the shop.',
  expired: 'The time of this gift card is over.',
  empty: 'Nothing is left on this gift card.',
  currency: 'This gift card is of another currency.',
} as const

export function unusable(reason: keyof typeof reasons, path: string): EngineError {
  const message = reasons[reason]
  return new EngineError('gift_card_unusable', { detail: message, params: { reason }, errors: [{ path, code: reason, message }] })
}

/** @throws gift_card_unusable */
export async function findGiftCard(read: Pick<Reader, 'find'>, code: string, path: string): Promise<GiftCard> {
  const card = await findUnique(read, giftCards, eq('codeHash', giftCardHash(code)))
  if (card === null) throw unusable('unknown', path)
  return card
}

/** That it can be spent now. @throws gift_card_unusable */
export function checkGood(card: GiftCard, { now, path }: { readonly now: number; readonly path: string }): void {
  if (card.status === 'blocked') throw unusable('blocked', path)
  if (card.status === 'expired' || (card.expiresAt !== null && card.expiresAt <= now)) throw unusable('expired', path)
}
