// What a person wrote in a reply, without what the mail program put below it: the message that is answered, and the signature. The whole text is
// kept elsewhere, so a line too many is better than a word of the customer's lost. Pure. Invariant: the time it takes grows with
// the length of the text alone.

import { limits } from '../../base/limits.ts'
import { patternOf } from '../../base/text.ts'

/** `text`: what was written. `hidden`: what was taken away, in its order. */
export type TrimmedReply = { readonly text: string; readonly hidden: string }

type Line = { readonly raw: string; readonly bare: string; readonly depth: number; readonly kind: Kind }
/** `intro`: `On Monday, Ada wrote:`, over one line or several. `mark`: `---- Original message ----`, or the head of a message. */
type Kind = 'blank' | 'text' | 'quote' | 'rule' | 'signature' | 'intro' | 'mark' | 'head'

export function trimReply(given: string): TrimmedReply {
  const whole = given.replaceAll(/\r\n?/g, '\n').replaceAll(/[\u200b\u2060\ufeff\u1427]/g, '')
  if (whole.length > limits.trimmedCharactersMax) return { text: whole.trim(), hidden: '' }
  const lines = linesOf(whole)
  const kept = keptOf(lines)
  return {
    text: told(lines.filter((_, at) => kept.has(at))),
    hidden: told(lines.filter((_, at) => !kept.has(at))),
  }
}

function told(lines: readonly Line[]): string {
  return lines
    .map(({ raw }) => raw)
    .join('\n')
    .replace(/^\s*\n/, '')
    .trimEnd()
}

function keptOf(lines: readonly Line[]): Set<number> {
  const end = endOf(lines)
  const kept = new Set<number>()
  const first = lines.findIndex(({ kind }) => kind !== 'blank' && kind !== 'rule')
  const startsAnswered = first >= 0 && isOfAnswered(lines[first]!)
  for (let at = 0; at < end; at++) if (!isOfAnswered(lines[at]!)) kept.add(at)
  dropOuterQuotes(lines, kept, startsAnswered)
  return kept
}

const isOfAnswered = ({ kind }: Line) => kind === 'intro' || kind === 'mark' || kind === 'head'

/** Where what was written ends: at the message that is answered, unless something was written between its lines or below it. */
function endOf(lines: readonly Line[]): number {
  const ahead = aheadOf(lines)
  let hasWritten = false
  let isCode = false
  for (let at = 0; at < lines.length; at++) {
    const { kind, raw } = lines[at]!
    if (raw.startsWith('```')) isCode = !isCode
    if (isCode) hasWritten = true
    else if (kind === 'text') hasWritten = true
    else if (hasWritten && (kind === 'rule' || kind === 'signature') && endsHere(lines, at, ahead)) return at
    else if (hasWritten && (kind === 'mark' || kind === 'head')) return at
    else if (hasWritten && kind === 'intro' && !isAnsweredBelow(lines, at, ahead)) return at
  }
  return lines.length
}

type Ahead = { readonly lastWords: number; readonly words: readonly number[] }

/** The last line with words, and for each line the next one that is no part of a message that is answered. Looked for once, from the end. */
function aheadOf(lines: readonly Line[]): Ahead {
  const words: number[] = []
  for (let at = lines.length - 1; at >= 0; at--) words[at] = isAnswered.has(lines[at]!.kind) ? (words[at + 1] ?? lines.length) : at
  return { lastWords: lines.findLastIndex(({ kind }) => kind === 'text' || kind === 'quote'), words }
}

const isAnswered: ReadonlySet<Kind> = new Set<Kind>(['quote', 'blank', 'intro', 'head', 'mark'])

/** A rule in the middle of what was written is none that ends it. */
function endsHere(lines: readonly Line[], at: number, { lastWords }: Ahead): boolean {
  return lines[at]!.kind === 'signature' || isSignatureRule(lines[at]!.raw) || lastWords < at
}

/** Of Usenet, and the long one that some programs draw. */
const isSignatureRule = (raw: string) => /^(?:--|—|_{20,})\s*$/.test(raw)

/** Whether lines that are quoted follow it at once, and words behind them. */
function isAnsweredBelow(lines: readonly Line[], intro: number, { words }: Ahead): boolean {
  let at = intro
  while (lines[at]?.kind === 'intro') at++
  if (lines[at]?.kind === 'blank') at++
  if (lines[at]?.kind !== 'quote' || lines[at]!.depth === 0) return false
  return lines[words[at]!]?.kind === 'text'
}

/** Quotes at the end are answered by nothing, and such at the beginning, under an introduction, by all of it. */
function dropOuterQuotes(lines: readonly Line[], kept: Set<number>, startsAnswered: boolean): void {
  const rest = [...kept]
  const hasText = rest.some((at) => lines[at]!.kind === 'text')
  if (!hasText && !startsAnswered) return
  for (const at of rest.toReversed()) {
    if (lines[at]!.kind === 'text') break
    kept.delete(at)
  }
  if (!startsAnswered) return
  for (const at of rest) {
    if (lines[at]!.kind === 'text') break
    kept.delete(at)
  }
}

function linesOf(whole: string): Line[] {
  const raws = whole.split('\n')
  const bares = raws.map((raw) => bareOf(raw.slice(0, limits.trimmedLineMax).replace(/^(?:[>|]\s?)+/, '')))
  const lines = raws.map((raw, at): Line => {
    const depth = /^(?:\s?[>|])+/.exec(raw.slice(0, limits.trimmedLineMax))?.[0].length ?? 0
    return { raw, bare: bares[at]!, depth, kind: kindOf(raw.slice(0, limits.trimmedLineMax), bares[at]!, depth) }
  })
  const intros = introsIn(lines)
  const heads = headsIn(lines)
  return lines.map((line, at) => ({ ...line, kind: intros.has(at) ? 'intro' : heads.has(at) ? 'head' : line.kind }))
}

/** Without what stands around it. By hand: a pattern would look at a long run of blanks again from each of them. */
function bareOf(line: string): string {
  const isAround = (character: string) => /[*_\s]/.test(character)
  let [from, to] = [0, line.length]
  while (from < to && isAround(line[from]!)) from++
  while (to > from && isAround(line[to - 1]!)) to--
  return line.slice(from, to)
}

function kindOf(raw: string, bare: string, depth: number): Kind {
  if (raw.trim() === '') return 'blank'
  if (isMark(bare)) return 'mark'
  if (/^\s*[-_=*+~#—–][-_=*+~#—–\s]*$/.test(raw) && raw.trim().length > 1) return 'rule'
  if (/^\s*—\s*$/.test(raw)) return 'rule'
  if (depth > 0 || /^\p{L}{1,12}>(?:\s|$)/u.test(raw)) return 'quote'
  return isSignature(bare) ? 'signature' : 'text'
}

/** `---- Original message ----`, however many signs there are on its sides. */
const marks = patternOf(
  'i',
  String.raw`^-{2,}\s*(?:original message|forwarded message|urspr(?:ü|u)ngliche nachricht|weitergeleitete nachricht|`,
  "mensaje original|message d'origine|message transféré|messaggio originale|oorspronkelijk bericht|mensagem original|",
  String.raw`wiadomość oryginalna|исходное сообщение|original meddelande|opprinnelig melding)\s*-{2,}$`,
)

function isMark(bare: string): boolean {
  return marks.test(bare) || /^begin forwarded message:$/i.test(bare)
}

/** What programs and telephones write below a message. */
const devices = patternOf(
  'i',
  String.raw`^[(<[\s]*(?:sent (?:from|via|with|by)\b|get outlook for\b|get \[outlook|from my\b|envoyé depuis\b|von meinem\b|`,
  String.raw`gesendet von\b|diese nachricht wurde von\b|verzonden (?:met|vanaf)\b|inviato da\b|enviado desde\b|enviado do\b|`,
  String.raw`sendt fra\b|skickat från\b|wysłane z\b|отправлено с\b|someone from mobile$)`,
)

function isSignature(bare: string): boolean {
  return (devices.test(bare) && bare.length <= 120) || /^從我的 .+ 傳送$/.test(bare)
}

/** Words by which mail programs say who wrote what follows, at the end of it or before its time. */
const wrote = patternOf(
  'i',
  String.raw`(?:^|[\s>"”»)\]])(?:wrote|schrieb|a écrit|escribió|escreveu|ha scritto|het volgende geschreven|schreef|skrev|`,
  String.raw`napisał\(a\)|napisał|написал|написала|пише|пишет|写道|寫道)(?=[\s:：]|$)`,
)
/** How such a line begins: with a day, or the word before one. */
const begins = patternOf(
  'iu',
  String.raw`^(?:-{2,4}\s*)?(?:(?:on|am|le|el|il|op|em|den|dnia|at|w dniu|le|на|在)\s|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[, ]|`,
  String.raw`(?:понедельник|вторник|среда|четверг|пятница|суббота|воскресенье),|\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b|`,
  String.raw`\d{1,2}\.? \p{L}{3,}\.? \d{4}\b)`,
)
const stamped = /^\d{4}[-/]\d{1,2}[-/]\d{1,2}(?: \d{1,2}:\d{2})?(?: GMT[+-]\d{1,2}:\d{2})? \S/
const hasAddress = /[\w.+-]@[\w.-]/

function introsIn(lines: readonly Line[]): Set<number> {
  const found = new Set<number>()
  for (let at = 0; at < lines.length; at++) {
    if (['blank', 'rule', 'mark'].includes(lines[at]!.kind)) continue
    const end = introFrom(lines, at)
    if (end === null) continue
    for (let one = at; one <= end; one++) found.add(one)
    at = end
  }
  return found
}

/** The last line of an introduction that begins here, or null. */
function introFrom(lines: readonly Line[], at: number): number | null {
  const { bare } = lines[at]!
  if (stamped.test(bare) && (bare.length < 120 || hasAddress.test(bare))) return endOfStamped(lines, at)
  if (!begins.test(bare) && !(hasAddress.test(bare) && wrote.test(bare)) && !saysWho.test(bare)) return null
  let joined = ''
  for (let to = at; to < lines.length && to < at + limits.introLinesMax; to++) {
    const { bare: next, raw, depth } = lines[to]!
    // The quoted message has begun, and not an address that was broken before its last sign.
    if (to > at && depth > lines[at]!.depth && !/^>\s*(?:[:：]|\p{L}+[:：]?)?\s*$/u.test(raw) && !wrote.test(raw)) return null
    joined = `${joined} ${next}`.trim()
    if (wrote.test(joined) && endsIntro.test(joined)) return to
  }
  return null
}

/** `Ada Lovelace wrote:`, and nothing else. */
const saysWho =
  /^\p{Lu}[\p{L}.'-]*(?: \p{Lu}[\p{L}.'-]*){0,3} (?:<[^<>]*> )?(?:wrote|schrieb|a écrit|escribió|escreveu|ha scritto|schreef|skrev):$/u
const endsIntro = /[:：]\s{0,8}>?\s{0,8}$|wrote\s*-{2,}$/

function endOfStamped(lines: readonly Line[], at: number): number {
  for (let to = at; to < lines.length && to < at + 3 && lines[to]!.kind !== 'blank'; to++) if (/[:：]\s*$/.test(lines[to]!.bare)) return to
  return at
}

/** The words that begin the lines of a head, in the languages of mail programs. */
const headWords = patternOf(
  'i',
  '^(?:from|to|cc|date|sent|subject|reply-to|von|gesendet|an|betreff|datum|de|enviado|para|asunto|fecha|à|objet|envoyé|',
  'da|data|risposta|a|oggetto|inviato|från|skickat|till|ämne|fra|sendt|til|emne|van|verzonden|aan|onderwerp|od|do|temat|',
  String.raw`от|кому|тема|дата)\s*:\s*\S`,
)
/** Those of which a head has one: who it is from. */
const fromWords = /^(?:from|von|de|da|från|fra|van|od|от)\s*:/i

function headsIn(lines: readonly Line[]): Set<number> {
  const found = new Set<number>()
  for (let at = 0; at < lines.length; at++) {
    if (!fromWords.test(lines[at]!.bare.replaceAll('*', ''))) continue
    let end = at
    let words = 0
    for (let to = at; to < lines.length && to < at + 12 && lines[to]!.kind !== 'blank'; to++)
      if (headWords.test(lines[to]!.bare.replaceAll('*', ''))) {
        words++
        end = to
      }
    if (words < 3) continue
    for (let one = at; one <= end; one++) found.add(one)
    at = end
  }
  return found
}
