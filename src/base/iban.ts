/** An IBAN as its check digits prove it (ISO 13616), in groups of four as people read it; null for anything else. */
export function readIban(text: string): string | null {
  const iban = text.replaceAll(/\s/g, '').toUpperCase()
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(iban)) return null
  // Each letter counts as two digits, A as 10; the whole, with its head at the end, leaves 1 when divided by 97.
  const digits = (iban.slice(4) + iban.slice(0, 4)).replaceAll(/[A-Z]/g, (letter) => String(Number.parseInt(letter, 36)))
  return BigInt(digits) % 97n === 1n ? iban.replaceAll(/(.{4})(?=.)/g, '$1 ') : null
}
