// What may be a password, by NIST SP 800-63B: long enough, none of those that are tried first, and not what the
// account itself gives away. No rules of composition: they make passwords no better, and people write them down.
import { invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { Project } from '../../config/project.ts'
import type { Services } from '../../operation/define.ts'
import { commonPasswords } from './common-passwords.ts'

/** What a guesser knows of the account. */
type AccountWords = { readonly email: string; readonly name: string | null }
type Judged = { readonly project: Project; readonly services: Pick<Services, 'breaches'> }

/** Of a password that somebody chooses. Asks outside, where the config wants that: not in a transaction. @throws validation_failed */
export async function checkNewPassword({ project, services }: Judged, password: string, words: AccountWords): Promise<void> {
  checkPassword(password, project, words)
  if (!project.accounts.passwords.breached || !(await services.breaches?.has(password))) return
  throw invalid('/password', 'breached', 'was found in a breach of another site, and is tried by whoever has that list')
}

/** Without asking anybody. @throws validation_failed */
export function checkPassword(password: string, { name, accounts }: Project, words: AccountWords): void {
  const wrong = (code: string, message: string) => invalid('/password', code, message)
  // As it is hashed, and counted as people count: é is one character in either spelling.
  const characters = [...password.normalize('NFC')]
  const { min } = accounts.passwords
  if (characters.length < min) throw wrong('minLength', `must be at least ${min} characters`)
  const plain = plainOf(password)
  if (commonPasswords.has(plain) || isPattern(characters)) throw wrong('common', 'is one of the first that anybody would try')
  if (ownWords(words, name).some((word) => word === plain)) throw wrong('personal', 'must not be the name or the address of the account')
}

/** As guessers try it: in whatever case, with or without blanks around. */
function plainOf(text: string): string {
  return text.normalize('NFKC').trim().toLowerCase()
}

/** The same few characters again and again (eight blanks, 12121212), or one after the other (abcdefgh, 87654321). */
function isPattern(characters: readonly string[]): boolean {
  if (characters.length >= limits.passwordPatternCharactersMax) return false
  if (new Set(characters).size < 4) return true
  const steps = new Set(characters.slice(1).map((character, index) => character.codePointAt(0)! - characters[index]!.codePointAt(0)!))
  return steps.size === 1
}

function ownWords({ email, name }: AccountWords, project: string): string[] {
  const [local = '', domain = ''] = email.split('@')
  return [email, local, domain, name ?? '', project].flatMap((word) => {
    const plain = plainOf(word)
    return plain === '' ? [] : [plain, plain.replaceAll(/\s/g, '')]
  })
}
