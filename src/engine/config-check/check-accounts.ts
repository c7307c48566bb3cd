// The part of the config check that looks at `accounts`: colours end in a stylesheet, so they are colours and nothing else.
import { limits } from '../../base/limits.ts'
import { accountPages } from '../../config/account-pages.ts'
import type { AccountsConfig } from '../../config/backend-config.ts'
import { type Check, is, line, list, object, word } from '../../schema/shape.ts'
import { checkProviders, returnAddress } from './check-providers.ts'

export const color = is('a colour of six digits, such as "#2f5bd0"', (value) => typeof value === 'string' && /^#[0-9a-f]{6}$/i.test(value))
const picture = is(
  'the name of a picture file (.svg, .png, .webp or .jpg), such as "./logo.svg"',
  (value) => typeof value === 'string' && /^[^\r\n]+\.(?:svg|png|webp|jpg)$/i.test(value),
)
const passwordMin = is(
  `a whole number from ${limits.passwordCharactersMin} to ${limits.passwordCharactersMinMax}`,
  (value) =>
    Number.isInteger(value) && (value as number) >= limits.passwordCharactersMin && (value as number) <= limits.passwordCharactersMinMax,
)
const ownPages = object({ own: list(word(...accountPages)) }, { required: ['own'] })

export const checkAccounts: Check = object({
  accent: color,
  background: color,
  logo: picture,
  pages: (value, path, add) => (value === false ? undefined : ownPages(value, path, add)),
  secondFactorFor: list(line),
  passwords: object({ min: passwordMin, breached: is('true or false', (value) => typeof value === 'boolean') }),
  requireVerifiedEmail: is('true or false', (value) => typeof value === 'boolean'),
  providers: checkProviders,
  returnAddresses: list(returnAddress),
} satisfies Record<keyof AccountsConfig, Check>)
