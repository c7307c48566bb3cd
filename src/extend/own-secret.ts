// Secrets of a project: names in the config, values in the environment. They are in no file of ours: not in the config's
// document, the console, a backup or the log.
import { declare, placeOfDeclaration } from '../base/place.ts'
import { notListed } from './own-code.ts'

export type OwnSecret = { readonly kind: 'secret'; readonly name: string }

/** Also of those that no config lists, or not yet. */
const declared = new Set<string>()

/** `defineSecret('CRM_TOKEN')`: a variable of the environment. A start without it says so and ends. */
export function defineSecret(name: string): OwnSecret {
  declared.add(name)
  return declare({ kind: 'secret', name }, { name }, placeOfDeclaration())
}

/** The names of all that this process has declared so far. */
export function declaredSecrets(): readonly string[] {
  return [...declared].filter((name) => typeof name === 'string')
}

export type Secrets = { get(secret: OwnSecret): string }

export function secretsOf(values: ReadonlyMap<string, string>): Secrets {
  return {
    get(secret) {
      const value = values.get(secret.name)
      if (value === undefined) throw notListed(`The secret ${secret.name}`, secret, 'secrets')
      return value
    },
  }
}
