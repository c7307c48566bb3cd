// The fonts that documents are set in: Noto Sans, in the parts of it that scripts need, read once. They stand here and not in
// a package of others, since a document must look the same for ever.
import { readFileSync } from 'node:fs'

export type Weight = 'regular' | 'bold'
export type FontFile = { readonly name: string; readonly bytes: Buffer }

const parts: Readonly<Record<Weight, readonly string[]>> = {
  // In the order in which a character is looked for.
  regular: ['latin', 'latin-ext', 'greek', 'cyrillic', 'greek-ext', 'cyrillic-ext', 'vietnamese', 'hebrew', 'arabic'],
  bold: ['latin', 'latin-ext', 'greek', 'cyrillic'],
}

const known = new Map<string, FontFile>()

/** In bold, what has no bold part is set in the regular one. */
export function fontsOf(weight: Weight): readonly FontFile[] {
  const own = parts[weight].map((part) => fontFile(part, weight))
  return weight === 'regular' ? own : [...own, ...fontsOf('regular')]
}

function fontFile(part: string, weight: Weight): FontFile {
  const name = `noto-sans-${part}-${weight === 'bold' ? 700 : 400}-normal`
  const file = known.get(name) ?? { name, bytes: readFileSync(new URL(`./fonts/${name}.woff`, import.meta.url)) }
  known.set(name, file)
  return file
}
