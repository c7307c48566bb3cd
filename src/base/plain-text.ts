// What a message in HTML says, as text: for reading, searching and cutting off what is quoted. Pure; the time it takes grows with the length
// alone, whatever is in it. The HTML itself is shown nowhere but in a frame that runs and loads nothing (the console's preview).

/** With their content: nobody reads it. */
const unread = ['script', 'style', 'head', 'title', 'template']
const endsLine = new Set([
  'br',
  'p',
  'div',
  'tr',
  'li',
  'ul',
  'ol',
  'table',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'hr',
  'blockquote',
  'pre',
  'section',
])
const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  euro: '€',
  auml: 'ä',
  ouml: 'ö',
  uuml: 'ü',
  Auml: 'Ä',
  Ouml: 'Ö',
  Uuml: 'Ü',
  szlig: 'ß',
  eacute: 'é',
  egrave: 'è',
  agrave: 'à',
  ccedil: 'ç',
  ndash: '–',
  mdash: '—',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  bdquo: '„',
  hellip: '…',
  copy: '©',
}

export function plainText(html: string): string {
  const parts: string[] = []
  // Of ASCII alone: others may get longer by it.
  const lower = html.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
  for (let at = 0; at < html.length; ) {
    const open = html.indexOf('<', at)
    const end = open < 0 ? html.length : open
    if (end > at) parts.push(decoded(html.slice(at, end)).replaceAll(/[ \t\r\n]+/g, ' '))
    if (open < 0) break
    at = afterTag(lower, open, parts)
  }
  return (
    parts
      .join('')
      // First runs of blanks: a pattern with a run in it would begin again at each of them.
      .replaceAll(/ {2,}/g, ' ')
      .replaceAll(/ ?\n ?/g, '\n')
      .replaceAll(/\n{3,}/g, '\n\n')
      .trim()
  )
}

/** Where the text goes on behind a tag, a comment, or an element that nobody reads. */
function afterTag(lower: string, open: number, parts: string[]): number {
  if (lower.startsWith('<!--', open)) return past(lower, '-->', open)
  const [, slash, name = ''] = /^<(\/?)([a-z][a-z0-9]{0,20})/.exec(lower.slice(open, open + 30)) ?? []
  if (name === '' && !/^<[!/?]/.test(lower.slice(open, open + 2))) {
    parts.push('<')
    return open + 1
  }
  if (slash === '' && unread.includes(name)) {
    const close = lower.indexOf(`</${name}`, open)
    return close < 0 ? lower.length : past(lower, '>', close)
  }
  if (endsLine.has(name)) parts.push('\n')
  return past(lower, '>', open)
}

/** Behind the mark; behind all of it where there is none. */
function past(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from)
  return at < 0 ? text.length + 1 : at + mark.length
}

function decoded(text: string): string {
  return text.replaceAll(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{1,10}));?/gi, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return entities[name] ?? entities[name.toLowerCase()] ?? whole
    const code = decimal === undefined ? Number.parseInt(hex!, 16) : Number(decimal)
    return code > 0 && code <= 0x10_ff_ff ? String.fromCodePoint(code) : ''
  })
}
