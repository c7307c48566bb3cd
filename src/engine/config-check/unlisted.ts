// What the files of a project declare and its config does not list. That is no mistake of the config, since somebody may keep a
// hook for later; but most often it is forgotten, and nothing else would say so before it is missed.
import { declaredHere } from '../../base/place.ts'
import type { BackendConfig } from '../../config/backend-config.ts'
import type { Operation } from '../../operation/define.ts'
import { isObject } from '../../schema/shape.ts'
import { placeIn, titleOf } from './entries.ts'

type List = 'collections' | 'operations' | 'hooks' | 'effects' | 'mails' | 'schedules' | 'secrets'

const listOf: Readonly<Record<string, readonly [List, so: string]>> = {
  before: ['hooks', 'it never runs'],
  after: ['hooks', 'it never runs'],
  query: ['operations', 'nobody can call it'],
  command: ['operations', 'nobody can call it'],
  effect: ['effects', 'nothing can owe it'],
  mail: ['mails', 'nothing can send it'],
  schedule: ['schedules', 'it is never due'],
  secret: ['secrets', 'nothing can read it'],
}

/** A sentence for each: `The mail thanks (/shop/mails.ts:3:23) is not in the config, so nothing can send it: …`. */
export function unlistedIn(config: BackendConfig<Operation>): string[] {
  return declaredHere().flatMap(({ value }) => {
    const { kind, name } = value as { readonly kind?: string; readonly name?: string }
    const [list, so] = listOf[kind ?? ''] ?? (['collections', 'it has no records'] as const)
    const listed: readonly unknown[] = [...(config[list] ?? []), ...(list === 'secrets' ? secretsOfProviders(config) : [])]
    // A copy of it, or another of its name, may stand there instead.
    if (listed.some((entry) => entry === value || (isObject(entry) && entry['name'] === name))) return []
    const title = titleOf(value) ?? `collection ${name}`
    return [`The ${title}${placeIn(value)} is not in the config, so ${so}: add it to \`${list}: [ … ]\` of defineBackend.`]
  })
}

/** Those that are named where a provider is, which lists them. */
export function secretsOfProviders({ accounts, shop, mail }: BackendConfig<Operation>) {
  const payments = (shop ? shop.payments : undefined) ?? []
  const taxSecret = shop ? shop.tax?.service?.secret : undefined
  const ratesSecret = shop ? shop.invoices?.exchangeRates?.secret : undefined
  return [
    ...(accounts?.providers ?? []).flatMap(({ clientSecret }) => clientSecret ?? []),
    ...payments.flatMap((one) => (one.kind === undefined ? [] : Object.values(one.secrets))),
    ...(taxSecret === undefined ? [] : [taxSecret]),
    ...(ratesSecret === undefined ? [] : [ratesSecret]),
    ...(mail?.dkim ?? []).map(({ key }) => key),
    ...(mail?.inbound?.imap ?? []).map(({ password }) => password),
    ...(mail?.webhooks ?? []).flatMap(({ secret }) => secret ?? []),
    ...(mail?.provider === undefined ? [] : [mail.provider.key]),
  ]
}
