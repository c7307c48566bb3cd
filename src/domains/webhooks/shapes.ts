// What the operations of webhooks take and answer.

import type { Actor } from '../../access/actor.ts'
import { invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { nearest } from '../../base/nearest.ts'
import { isPrivateHost } from '../../base/public-address.ts'
import { plainAddress } from '../../base/web-address.ts'
import type { Project } from '../../config/project.ts'
import { Type } from '../../contract/type.ts'
import { present, visibleFields } from '../../records/present.ts'
import type { Model } from '../../schema/model.ts'
import { type Webhook, webhooks } from './collections.ts'

export const idInput = { id: Type.String({ maxLength: limits.idCharactersMax }) }

export const fieldsInput = {
  events: Type.Optional(
    Type.Array(Type.String({ maxLength: limits.textCharactersMax }), {
      maxItems: limits.webhookEventsMax,
      uniqueItems: true,
      description: 'Names of events, such as `order.placed`, `comments.created`, or `comments.*` for all of them. Empty: all events.',
    }),
  ),
  description: Type.Optional(Type.String({ maxLength: limits.textCharactersMax })),
}
export const urlInput = Type.String({
  maxLength: limits.urlCharactersMax,
  description: 'Where messages are posted to: https, and http in development.',
})

export const webhookOutput = Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true })

export function webhookView(model: Model, actor: Actor, webhook: Webhook): Record<string, unknown> {
  return present(visibleFields(model.get(webhooks), actor), webhook)
}

/** What its name stands for is looked at for each connection; what its own letters say, here. @throws validation_failed */
export function checkUrl(url: string, { isDevelopment, reachesPrivate }: Pick<Project, 'isDevelopment' | 'reachesPrivate'>): void {
  const address = plainAddress(url)
  if (address === null) throw invalid('/url', 'format', 'must be a web address without a user and a password')
  if (address.hash !== '') throw invalid('/url', 'format', 'must have no part behind #, which is not sent')
  if (address.protocol !== 'https:' && !isDevelopment) throw invalid('/url', 'format', 'must begin with https://')
  if (!reachesPrivate && isPrivateHost(address))
    throw invalid('/url', 'format', `must be reached from the public Internet, and ${address.hostname} is not`)
}

/** `known`: names of all events that there are. @throws validation_failed */
export function checkEvents(events: readonly string[], known: readonly string[]): void {
  const kinds = new Set(known.map((name) => `${name.slice(0, name.lastIndexOf('.'))}.*`))
  const index = events.findIndex((name) => !known.includes(name) && !kinds.has(name))
  if (index < 0) return
  const name = events[index]!
  throw invalid(`/events/${index}`, 'enum', `"${name}" is no event here${nearest(name, [...known, ...kinds])}`)
}
