// To whom a message in a mailbox was sent, and by whom: its envelope is gone, and what the last mail server noted of it stands in the head. Anybody can
// write such lines, too: they lead to nothing that is not signed, or is not an address of ours.
import { isEmail, normalEmail } from '../../base/email-address.ts'
import { limits } from '../../base/limits.ts'

type Stored = { readonly domain: string | null; readonly owner: string }

/** `owner`: who has the mailbox. It is the recipient where no other is known. */
export function storedEnvelope(
  raw: Buffer,
  { domain, owner }: Stored,
): { readonly from: string | null; readonly recipients: readonly string[] } {
  const lines = headOf(raw)
  const all = (names: readonly string[]) => lines.flatMap(({ name, value }) => (names.includes(name) ? addressesIn(value) : []))
  // What was noted at the delivery first, then what its sender wrote.
  const noted = all(['delivered-to', 'x-original-to', 'x-delivered-to', 'envelope-to'])
  const written = all(['to', 'cc', 'resent-to'])
  const ours = [...noted, ...written].filter((address) => domain !== null && address.endsWith(`@${domain}`))
  const owned = isEmail(owner) ? [normalEmail(owner)] : []
  const recipients = [...ours, ...(ours.length > 0 ? [] : [...owned, ...noted, ...written].slice(0, 1))]
  return {
    from: senderIn(lines),
    recipients: [...new Set(recipients.length > 0 ? recipients : [owner])].slice(0, limits.inboundRecipientsMax),
  }
}

type Line = { readonly name: string; readonly value: string }

/** Of the topmost note: others came with the message. Mail systems write by `<>`. */
function senderIn(lines: readonly Line[]): string | null {
  const path = lines.find(({ name }) => name === 'return-path')?.value
  if (path !== undefined) return addressesIn(path)[0] ?? null
  return lines.filter(({ name }) => name === 'from').flatMap(({ value }) => addressesIn(value))[0] ?? 'unknown'
}

function headOf(raw: Buffer): Line[] {
  const begin = raw.subarray(0, limits.storedHeadBytesMax).toString('latin1')
  const end = /\r?\n\r?\n/.exec(begin)?.index ?? begin.length
  const unfolded = begin.slice(0, end).replaceAll(/\r?\n[ \t]+/g, ' ')
  return unfolded.split(/\r?\n/).flatMap((line) => {
    const colon = line.indexOf(':')
    return colon > 0 ? [{ name: line.slice(0, colon).trim().toLowerCase(), value: line.slice(colon + 1).trim() }] : []
  })
}

/** Those that are good ones: the others lead nowhere. */
function addressesIn(value: string): string[] {
  const words = value.split(/[\s<>,;:"()]+/).slice(0, limits.inboundRecipientsMax * 10)
  return words.filter((word) => word.includes('@') && isEmail(word)).map(normalEmail)
}
