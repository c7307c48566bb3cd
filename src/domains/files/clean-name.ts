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
