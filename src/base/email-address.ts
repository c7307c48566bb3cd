// What is an e-mail address here, and in which spelling it is kept. Invariant: two spellings of one mailbox are one text.
import { domainToASCII } from 'node:url'
import { limits } from './limits.ts'

/** RFC 5321 section 4.1.2: a dot-atom. Dots stand between letters; a hyphen may stand anywhere. */
const localPart = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/
/** RFC 1035 section 2.3.1, with digits first as RFC 1123 allows. */
const hostName = /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/

/**
 * What people have, and nothing that can break a header: no comments and no quotes, and in front of the @ nothing but ASCII, since few mail
 * servers take more (SMTPUTF8). A domain may be in any script: it is looked at as the DNS has it.
 */
export function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@')
  if (at > limits.emailLocalCharactersMax || text.length > limits.emailCharactersMax || !localPart.test(text.slice(0, Math.max(0, at))))
    return false
  const domain = asciiOf(text.slice(at + 1))
  return at + 1 + domain.length <= limits.emailCharactersMax && hostName.test(domain)
}

/** In lower case, without blanks around it, the domain as the DNS has it: `Anna@Bücher.example` is `anna@xn--bcher-kva.example`. */
export function normalEmail(text: string): string {
  const address = text.trim().toLowerCase()
  const at = address.lastIndexOf('@')
  const domain = address.slice(at + 1)
  // What is no address is found as it is.
  return at < 0 ? address : `${address.slice(0, at + 1)}${asciiOf(domain) || domain}`
}

/** A domain as the DNS has it, in small letters; null where it is none. */
export function normalDomain(text: string): string | null {
  const domain = asciiOf(text.toLowerCase())
  return domain.length <= limits.emailCharactersMax && hostName.test(domain) ? domain : null
}

/**
 * Nearly every provider delivers `ann+anything@` to `ann@`. Gmail leaves out dots, too, and has two names. Of other
 * providers' dots nothing is known here: those of two people would be bound together.
 */
export function mailboxOf(address: string): string {
  const at = address.lastIndexOf('@')
  const domain = address.slice(at + 1).toLowerCase()
  const name = address.slice(0, at).toLowerCase().replace(/\+.*/, '')
  return domain === 'gmail.com' || domain === 'googlemail.com' ? `${name.replaceAll('.', '')}@gmail.com` : `${name}@${domain}`
}

/** A domain by A-labels (UTS 46, as browsers have it); '' where it has none. */
function asciiOf(domain: string): string {
  // Node reads it as the host of an address: none of what ends a host may stand in it.
  return /^[\x21-\x7e]*$/.test(domain) ? domain : /^[A-Za-z0-9.-]*$/.test(domain.replaceAll(/[^\0-\x7f]/g, '')) ? domainToASCII(domain) : ''
}

/** A mail server's reply most often repeats whom the mail was for. */
export function withoutAddresses(reply: string): string {
  return reply.replaceAll(/[^\s<>@]+@[^\s<>@]+/g, '…@…')
}
