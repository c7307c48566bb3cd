// The keys of a payment provider: read at the start, which ends when they are missing or of the wrong kind, and read again for each
// call, so that a key in a file (`STRIPE_SECRET_KEY_FILE`) changes without a restart.
import { hideSecret } from '../base/hidden.ts'
import type { PaymentProviderConfig } from '../config/payment-makers.ts'
import { type ProcessSettings, UsageError } from './settings.ts'

/** Whether a key moves money, by how it is written; null where that is not a key at all. */
type ModeOf = (key: string) => 'live' | 'test' | null

export type PaymentKeys = {
  /** The key as of now, by the name that the provider's maker gives it. */
  read(name: string): string
  /** Several in one variable, with spaces or commas between them: the old and the new while one takes the place of another. */
  readAll(name: string): readonly string[]
  /**
   * That a key which moves no money is not in production, and one that does is not in development.
   * @throws UsageError
   */
  checkMode(name: string, modeOf: ModeOf): void
}

export function openKeys(
  config: PaymentProviderConfig,
  { readSecret, isDevelopment }: Pick<ProcessSettings, 'readSecret' | 'isDevelopment'>,
): PaymentKeys {
  const last = new Map<string, string>()
  const modes = new Map<string, { readonly modeOf: ModeOf; readonly mode: ReturnType<ModeOf> }>()

  function read(name: string): string {
    const variable = config.secrets[name]!.name
    const known = last.get(name)
    const value = known === undefined ? (readSecret(variable) ?? '') : tryToRead(variable, known)
    if (value === known) return value
    // One of another kind than at the start is a mistake of whoever wrote it: what the process was started with stays good.
    const kept = modes.get(name)
    if (known !== undefined && kept !== undefined && kept.modeOf(value) !== kept.mode) return known
    hideSecret(value)
    last.set(name, value)
    return value
  }

  /** A file that is just being written anew may be missing or empty. */
  function tryToRead(variable: string, known: string): string {
    try {
      return readSecret(variable) || known
    } catch {
      return known
    }
  }

  return {
    read,
    readAll: (name) =>
      read(name)
        .split(/[\s,]+/)
        .filter((one) => one !== ''),
    checkMode(name, modeOf) {
      const variable = config.secrets[name]!.name
      const mode = modeOf(read(name))
      if (mode === null) throw new UsageError(`${variable} is no key of this kind: see ${name} of ${config.id} in shop.payments.`)
      modes.set(name, { modeOf, mode })
      if (mode === 'test' && !isDevelopment && !config.allowsTestKeys)
        throw new UsageError(
          `${variable} is a test key, and this is production: customers would pay nothing. ` +
            `Give the live key; or set allowTestKeys: true in ${config.provider}(…) for a staging system.`,
        )
      if (mode === 'live' && isDevelopment)
        throw new UsageError(`${variable} is a live key, and this is development: it would move real money. Give a test key.`)
    },
  }
}
