// What a text is found by: its words, in either case and without accents. Made here, by one rule, for the texts that are stored
// and for what is looked for, so that all databases and live readers decide alike (decision 0114). A word is letters and digits;
// whatever else stands between them parts them. Runs of scripts that put no space between words are taken two letters at a
// time. Invariant: a word has letters, digits, marks and pictures alone, so no database can read more than a word in it.

/**
 * `letters`: of a word; what a longer one begins with stands for it. `words` and `characters`: of one text, some 400 kB, which
 * PostgreSQL takes of one text (1 MB) whatever the letters.
 */
const most = { letters: 40, words: 10_000, characters: 100_000 }

/** `isStart`: words that begin so are meant, too. */
export type Word = { readonly text: string; readonly isStart: boolean }

/** The words of a text, each once, in the order of their first places. Of a very long one, those it begins with. */
export function wordsIn(value: unknown): string[] {
  if (value === null || value === undefined) return []
  const words = new Set<string>()
  let characters = 0
  for (const run of runsIn(String(value)))
    for (const word of hasSpaces(run) ? [cut(run)] : pairsOf(run, true)) {
      if (words.has(word)) continue
      characters += word.length + 1
      if (words.size >= most.words || characters > most.characters) return [...words]
      words.add(word)
    }
  return [...words]
}

/** What is looked for: the last word may go on. Null when the text has no word in it; none is meant by an empty one. */
export function wordsSought(text: string): Word[] | null {
  const sought = new Map<string, Word>()
  const runs = runsIn(text)
  for (const [index, run] of runs.entries()) {
    const isLast = index === runs.length - 1
    const words = hasSpaces(run)
      ? [{ text: cut(run), isStart: isLast }]
      : pairsOf(run, false).map((pair) => ({ text: pair, isStart: one(pair) }))
    for (const word of words) sought.set(`${word.text} ${word.isStart}`, word)
  }
  return sought.size === 0 && text.trim() !== '' ? null : [...sought.values()]
}

/** Whether each of the words stands in one of the texts. */
export function haveWords(texts: readonly unknown[], words: readonly Word[]): boolean {
  const there = texts.map((text) => wordsIn(text))
  return words.every(({ text, isStart }) => there.some((own) => own.some((word) => (isStart ? word.startsWith(text) : word === text))))
}

const asciiRuns = /[a-z0-9]+/g
/** Letters of scripts without spaces, and Hangul, whose endings are written to their words. */
const scripts = ['Han', 'Hiragana', 'Katakana', 'Hangul', 'Thai', 'Lao', 'Khmer', 'Myanmar'].map((name) => `\\p{Script=${name}}`).join('')
const unspaced = `[${scripts}\\u30fc]&&[\\p{L}\\p{N}\\p{M}\\p{So}]`
const isUnspaced = new RegExp(`^[${unspaced}]`, 'v')
/** A picture is a word by itself. */
const runs = new RegExp(`[${unspaced}]+|[[\\p{L}\\p{N}\\p{M}]--[${scripts}\\u30fc]]+|\\p{Extended_Pictographic}`, 'gv')
/** Accents and vowel points that people leave out. The marks of Indian scripts and the voicing of kana are letters to their readers. */
const leftOut = /[[\p{Mn}&&[\p{Script=Inherited}\p{Script=Hebrew}]]--[\u3099\u309a]]/gv
/** What Unicode does not take apart, as people type it where a keyboard has no such letter. */
const spelled = new Map(
  Object.entries({ ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ð: 'd', þ: 'th', ł: 'l', ħ: 'h', ı: 'i', ŋ: 'n', ŧ: 't', ς: 'σ', ĸ: 'k' }),
)
const isSpelled = /[ßæœøđðþłħıŋŧςĸ]/g

function runsIn(text: string): string[] {
  if (/^[\u0000-\u007f]*$/.test(text)) return text.toLowerCase().match(asciiRuns) ?? []
  const plain = text.normalize('NFKD').toLowerCase().normalize('NFKD').replace(leftOut, '')
  return (
    plain
      .replace(isSpelled, (letter) => spelled.get(letter)!)
      .normalize('NFC')
      .match(runs) ?? []
  )
}

function hasSpaces(run: string): boolean {
  return run.charCodeAt(0) < 0x80 || !isUnspaced.test(run)
}

/** The last letter by itself begins no pair: a text has it too, so that each letter begins something. */
function pairsOf(run: string, withLast: boolean): string[] {
  const letters = [...run]
  const pairs = letters.slice(1).map((letter, index) => letters[index]! + letter)
  return withLast || pairs.length === 0 ? [...pairs, letters.at(-1)!] : pairs
}

function one(pair: string): boolean {
  return [...pair].length === 1
}

function cut(word: string): string {
  return word.length <= most.letters ? word : [...word].slice(0, most.letters).join('')
}
