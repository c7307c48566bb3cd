// What a `User-Agent` says to a person: `Chrome 142, Windows`. Short and coarse on purpose: it is kept for long, for people who look
// who it was, and the whole header would tell one visitor from all others.
import { limits } from './limits.ts'

/** The first that is found: each browser also names those that it wants to be taken for. */
const browsers: readonly (readonly [name: string, version: RegExp])[] = [
  ['Edge', /\bEdg(?:e|A|iOS)?\/(\d+)/],
  ['Opera', /\bOPR\/(\d+)/],
  ['Samsung Internet', /\bSamsungBrowser\/(\d+)/],
  ['Firefox', /\b(?:Firefox|FxiOS)\/(\d+)/],
  ['Chrome', /\b(?:Headless)?(?:Chrome|CriOS)\/(\d+)/],
  ['Safari', /\bVersion\/(\d+)\S* (?:Mobile\/\S+ )?Safari\//],
]
const systems: readonly (readonly [name: string, sign: RegExp])[] = [
  ['Windows', /\bWindows\b/],
  ['Android', /\bAndroid\b/],
  ['iOS', /\b(?:iPhone|iPad|iPod)\b/],
  ['macOS', /\bMac(?:intosh| OS X)\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Linux', /\bLinux\b/],
]

/** Most requests come from few of them. */
const known = new Map<string, string>()

/** Empty where there is none. Printable ASCII, of at most `limits.agentNameCharactersMax` characters. */
export function agentName(header: string | undefined): string {
  if (header === undefined || header === '') return ''
  const text = header.slice(0, limits.agentHeaderCharactersMax)
  const before = known.get(text)
  if (before !== undefined) return before
  const name = nameOf(text)
  if (known.size >= limits.agentNamesKeptMax) known.clear()
  known.set(text, name)
  return name
}

function nameOf(text: string): string {
  const system = systems.find(([, sign]) => sign.test(text))?.[0]
  for (const [browser, version] of browsers) {
    const found = version.exec(text)
    if (found) return `${browser} ${found[1]!.slice(0, 4)}${system === undefined ? '' : `, ${system}`}`
  }
  // A program: `curl/8.5.0`.
  return text
    .split(/[\s(;]/, 1)[0]!
    .replace(/[^\x21-\x7e]/g, '')
    .slice(0, limits.agentNameCharactersMax)
}
