// Secrets of a project: names in the config, values in the environment. They are in no file of ours: not in the config's
// document, the console, a backup or the log.
import { OwnMistake } from './own-code.ts'

export type OwnSecret = { readonly kind: 'secret'; readonly name: string }

/** `defineSecret('CRM_TOKEN')`: a variable of the environment. A start without it says so and ends. */
export function defineSecret(name: string): OwnSecret {
  return { kind: 'secret', name }
}

export type Secrets = { get(secret: OwnSecret): string }

export function secretsOf(values: ReadonlyMap<string, string>): Secrets {
  return {
    get({ name }) {
      const value = values.get(name)
      if (value === undefined) throw new OwnMistake(`secrets.get: ${name} is not in the list \`secrets\` of the config`)
      return value
    },
  }
}
