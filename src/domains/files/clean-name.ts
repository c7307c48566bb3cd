// The name of a file as others are shown it: one that means no path, hides nothing and fits every system.
import { limits } from '../../base/limits.ts'

/** Control characters, marks that turn the direction of what follows, and what some system gives a meaning of its own. */
const refused = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}<>:"|?*%]/gu

/** What Windows takes for a device, whatever stands behind a point. */
const device = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(?=\.|$)/i

/** What is before the last slash of either kind is a folder of the sender's, and no business of ours. */
export function cleanName(given: string | null): string {
  const last = (given ?? '').normalize('NFC').split(/[/\\]/).at(-1)!
  const plain = last.replace(refused, '').replace(/\s+/g, ' ')
  const name = plain.replace(/^[. ]+|[. ]+$/g, '').replace(device, '$&_')
  return name === '' ? 'file' : shortened(name)
}

/** With its ending, which says what it is. */
function shortened(name: string): string {
  const letters = [...name]
  if (letters.length <= limits.fileNameCharactersMax) return name
  const [ending = ''] = /\.[^.]{1,20}$/u.exec(name) ?? []
  return (
    letters
      .slice(0, limits.fileNameCharactersMax - ending.length)
      .join('')
      .trimEnd() + ending
  )
}

/** Endings by what a system opens them with. Of a sort without types are those that it runs, and nothing is given such an ending. */
const sorts: readonly { readonly types?: RegExp; readonly endings: readonly string[] }[] = [
  { types: /^image\/(?!svg)/, endings: ['png', 'jpg', 'jpeg', 'jfif', 'gif', 'webp', 'avif', 'heic', 'heif', 'bmp', 'tif', 'tiff', 'ico'] },
  {
    types: /^(?:audio|video)\/|^application\/ogg$/,
    endings: ['mp4', 'm4v', 'm4a', 'mov', '3gp', 'webm', 'mkv', 'mka', 'mp3', 'wav', 'flac', 'ogg', 'oga', 'ogv', 'opus'],
  },
  { types: /^application\/pdf$/, endings: ['pdf'] },
  { types: /^text\/(?!html)|^application\/json$/, endings: ['txt', 'csv', 'json', 'md', 'log'] },
  { endings: ['html', 'htm', 'xhtml', 'xht', 'shtml', 'mht', 'mhtml', 'hta', 'svg'] },
  { endings: ['exe', 'com', 'scr', 'msi', 'bat', 'cmd', 'lnk', 'jar', 'js', 'vbs', 'ps1'] },
]
/** Where it is not the second half of the type. */
const endingOf: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'audio/mpeg': 'mp3',
  'audio/mp4': 'm4a',
  'video/quicktime': 'mov',
  'video/x-matroska': 'mkv',
}
/** Of a text these are no pretence: they are what it is. */
const written = ['bat', 'cmd', 'js', 'vbs', 'ps1']

/** The name under which it is kept: what the bytes are decides what opens them, and not an ending of another sort. */
export function keptName(name: string, type: string): string {
  const sort = sorts.find(({ types }) => types?.test(type))
  const ending = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase()
  if (sort === undefined || ending === undefined || sort.endings.includes(ending)) return name
  const isOther = sorts.some(({ endings }) => endings.includes(ending)) && !(type.startsWith('text/') && written.includes(ending))
  if (!isOther) return name
  const own = endingOf[type] ?? type.slice(type.indexOf('/') + 1)
  return `${name.slice(0, -ending.length)}${sort.endings.includes(own) ? own : sort.endings[0]}`
}
