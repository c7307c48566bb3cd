// What is made of the HTML of a template, once, when it is read: bare elements get the look of our mails, and a text is made of it. Tags of Mustache
// are words to both.
import { plainText } from '../../base/plain-text.ts'
import { button, heading, note, paragraph } from './layout-templates.ts'

/** It has a head of its own, and stands in no frame of ours. */
export function isWhole(html: string): boolean {
  return /^\s*(?:<!--[\s\S]*?-->\s*)*<(?:!doctype|html)\b/i.test(html)
}

/** `<h1>`, `<p>`, `<p class="note">` and `<a class="button" href="…">` as our mails have them; what has a style of its own keeps it. */
export function dressed(html: string): string {
  const buttons = /(?:<p>\s*)?<a class="button" href="([^"]*)">([\s\S]*?)<\/a>(?:\s*<\/p>)?/g
  return html
    .replaceAll(buttons, (_, href: string, words: string) => button(words, href))
    .replaceAll('<h1>', openOf(heading('')))
    .replaceAll('<p>', openOf(paragraph('')))
    .replaceAll('<p class="note">', openOf(note('')))
}

function openOf(element: string): string {
  return element.slice(0, element.indexOf('>') + 1)
}

/** The text part of a template that has none: links with where they lead, pictures by their words. */
export function textOfTemplate(html: string): string {
  const said = html
    .replaceAll(/<(div|span)\b[^>]*display:\s*none[^>]*>[^<]*<\/\1>/gi, '')
    .replaceAll(/<a\b[^>]*\bhref="([^"]*)"[^>]*>([\s\S]*?)<\/a>/gi, (_, href: string, words: string) => linkText(href, words))
    .replaceAll(/<img\b[^>]*\balt="([^"]*)"[^>]*>/gi, '$1')
    .replaceAll(/<\/t[dh]>/gi, ' ')
    .replaceAll(/<\/(?:p|h[1-6]|ul|ol|table)>/gi, '$&<br>')
  return `${plainText(said)}\n`
}

function linkText(href: string, words: string): string {
  const said = words.replaceAll(/<img\b[^>]*\balt="([^"]*)"[^>]*>/gi, '$1')
  const isSaid = plainText(said) === '' || plainText(said) === plainText(href)
  return isSaid ? href : `${said}: ${href.replace(/^mailto:/, '')}`
}

/** `<title>`, as a text; null where it has none. */
export function titleIn(html: string): string | null {
  const [, title] = /<title>([\s\S]*?)<\/title>/i.exec(html) ?? []
  return title === undefined || title.trim() === '' ? null : plainText(title)
}
