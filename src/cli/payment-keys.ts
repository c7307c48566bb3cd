// The keys of a payment provider: read at the start, which ends when they are missing or of the wrong kind, and read again for each
// call, so that a key in a file (`STRIPE_SECRET_KEY_FILE`) changes without a restart.
import { hideSecret } from '../base/hidden.ts'
import type { PaymentProviderConfig } from '../config/payment-makers.ts'
import { type ProcessSettings, UsageError } from './settings.ts'

/** Whether a key moves money, by how it is written; null where that is not a key at all. */
type ModeOf = (key: string) => 'live' | 'test' | null

type Form = {
  /** What it looks like, for whoever gave something else: `sk_test_… or rk_test_…`. */
  readonly like: string
  /** Where it is found. */
  readonly at: string
}

export type PaymentKeys = {
  /** The key as of now, by the name that the provider's maker gives it. */
  read(name: string): string
  /** Several in one variable, with spaces or commas between them: the old and the new while one takes the place of another. */
  readAll(name: string): readonly string[]
  /**
   * That all of them are written as the provider writes them: of another kind they would refuse each call, and nobody would know why.
   * @throws UsageError
   */
  checkForm(name: string, pattern: RegExp, form: Form): void
  /**
   * That a key which moves no money is not in production, and one that does is not in development.
   * @throws UsageError
   */
  checkMode(name: string, modeOf: ModeOf, form: Form): void
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

  const readAll = (name: string) =>
    read(name)
      .split(/[\s,]+/)
      .filter((one) => one !== '')
  /** Never what was given: it may be another secret. */
  const wrong = (name: string, { like, at }: Form) =>
    new UsageError(`${config.secrets[name]!.name} is not what ${config.id} takes as ${name}: ${like}. Find it at ${at}.`)

  return {
    read,
    readAll,
    checkForm(name, pattern, form) {
      const all = readAll(name)
      if (all.length === 0 || !all.every((one) => pattern.test(one))) throw wrong(name, form)
    },
    checkMode(name, modeOf, form) {
      const variable = config.secrets[name]!.name
      const mode = modeOf(read(name))
      if (mode === null) throw wrong(name, form)
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
