// Lines of text in the order in which they are shown (Unicode's bidirectional algorithm, UAX 9), and where a line may break.
import bidiFactory, { type Bidi } from 'bidi-js'

// Its types are those of a module with a default; it is a function.
const bidi = (bidiFactory as unknown as () => Bidi)()
export const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
/** Between any two of these a line may break. */
const breaksAnywhere = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u

/** What can be shown of a text, each character with its level: odd ones are read from the right. */
export type Line = { readonly text: string; readonly levels: Uint8Array; readonly turned: ReadonlyMap<number, string> }

export function lineOf(shown: string): Line {
  const { levels } = bidi.getEmbeddingLevels(shown)
  return { text: shown, levels, turned: bidi.getMirroredCharactersMap(shown, levels) }
}

/** Levels are those of the whole text: where a line breaks does not change how it is read. */
export function sliceOf({ text, levels, turned }: Line, from: number, to: number): Line {
  const own = text.slice(from, to).trimEnd()
  const within = [...turned].filter(([index]) => index >= from && index < to).map(([index, sign]) => [index - from, sign] as const)
  return { text: own, levels: levels.subarray(from, from + own.length), turned: new Map(within) }
}

export type Run = { readonly text: string; readonly font: string; readonly level: number }

/** In the order in which they are read, with brackets turned where they are read from the right. */
export function runsOf({ text: shown, levels, turned }: Line, fontOf: (grapheme: string) => string): Run[] {
  const runs: { text: string; font: string; level: number }[] = []
  for (const { segment, index } of graphemes.segment(shown)) {
    const text = turned.get(index) ?? segment
    const level = levels[index] ?? 0
    const last = runs.at(-1)
    // A blank looks the same in every font.
    const font = text === ' ' && last !== undefined ? last.font : fontOf(text)
    if (last?.level === level && last.font === font) last.text += text
    else runs.push({ text, font, level })
  }
  return runs
}

/** Rule L2: from the highest level down to the lowest odd one, all that is at it or above is turned. */
export function inOrder(runs: readonly Run[]): readonly Run[] {
  const highest = Math.max(0, ...runs.map(({ level }) => level))
  let shown = [...runs]
  for (let level = highest; level >= 1; level--) {
    const next: Run[] = []
    let turned: Run[] = []
    for (const run of shown) {
      if (run.level >= level) turned.unshift(run)
      else {
        next.push(...turned, run)
        turned = []
      }
    }
    shown = [...next, ...turned]
  }
  return shown
}

/** With the blanks after them, so that they make the text again. */
export function partsOf(text: string): string[] {
  const words = text.match(/\S+\s*|\s+/gu) ?? []
  return words.flatMap((word) => (breaksAnywhere.test(word) ? [...word] : [word]))
}
