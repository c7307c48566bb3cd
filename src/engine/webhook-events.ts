// What webhooks are told: the events that a project can follow, and each write of a record of the project's own collections.
// Records are told as all staff see them through the API.
import { type Actor, guestActor } from '../access/actor.ts'
import type { NewId } from '../base/ids.ts'
import type { DomainEvent } from '../contract/events.ts'
import { users } from '../domains/accounts/collections.ts'
import { carts } from '../domains/carts/collections.ts'
import { emails } from '../domains/emails/collections.ts'
import { emailThreads } from '../domains/emails/threads.ts'
import { fulfillments } from '../domains/fulfillment/collections.ts'
import { invoices } from '../domains/invoices/collections.ts'
import { cancellations } from '../domains/orders/cancellations.ts'
import { orders } from '../domains/orders/collections.ts'
import { disputes, payments } from '../domains/payments/collections.ts'
import { returns } from '../domains/returns/collections.ts'
import { stockLevels } from '../domains/stock/collections.ts'
import { createTellWebhooks } from '../domains/webhooks/tell-webhooks.ts'
import { type EventName, eventNames, type ProjectEvents, projectEventsOf } from '../extend/events.ts'
import type { Work } from '../operation/work.ts'
import { present, readFilter, visibleFields } from '../records/present.ts'
import type { AnyRecord } from '../schema/collection.ts'
import type { Model } from '../schema/model.ts'
import type { TransactionParts } from '../storage/in-transaction.ts'

/** Somebody of the staff who is no admin, owns nothing and has no other role. */
const anyStaff: Actor = { ...guestActor('webhooks'), kind: 'user', roles: ['staff'] }

/** What events hand on: the compiler asks for the collection of each. */
type Told = { readonly [TName in EventName]: keyof ProjectEvents[TName] }[EventName]

const collectionOf: Readonly<Record<Told, { readonly name: string }>> = {
  cart: carts,
  order: orders,
  payment: payments,
  dispute: disputes,
  cancellation: cancellations,
  fulfillment: fulfillments,
  return: returns,
  invoice: invoices,
  level: stockLevels,
  user: users,
  email: emails,
  thread: emailThreads,
}

/** Every name that a webhook can ask for. */
export function webhookEventNames(model: Model, hasShop: boolean): readonly string[] {
  const own = [...model.collections.values()].filter(({ source, isFed }) => isFed && source.system !== true)
  return [
    ...eventNames.filter((name) => hasShop || /^(?:user|email)\./.test(name)),
    ...own.flatMap(({ name }) => [`${name}.created`, `${name}.updated`, `${name}.deleted`]),
  ]
}

export type WebhookEvents = {
  readonly followEvent: (work: Work, event: DomainEvent) => Promise<void>
  readonly followChanges: NonNullable<TransactionParts['followChanges']>
  /** Reads which webhooks there are, so that the first transactions need not. */
  start(): Promise<void>
}

type Parts = Pick<TransactionParts, 'model' | 'storage'> & { readonly newId: NewId }

export function createWebhookEvents({ model, storage, newId }: Parts): WebhookEvents {
  const { tell, isSilent, refresh } = createTellWebhooks(storage)
  /** What all staff may read of it: they see each message, and so does its receiver. Of what they may not read, the id. */
  const wireForm = (name: string, record: AnyRecord) => {
    const collection = model.get({ name })
    return readFilter(collection, anyStaff).op === 'true' ? present(visibleFields(collection, anyStaff), record) : { id: record.id }
  }
  return {
    start: refresh,
    async followEvent({ tx, now }, event) {
      if (isSilent()) return
      for (const { name, payload } of projectEventsOf(event)) {
        const records = Object.entries(payload) as [Told, AnyRecord][]
        const data = () => Object.fromEntries(records.map(([key, record]) => [key, wireForm(collectionOf[key].name, record)]))
        await tell({ tx, now, newId }, { type: name, record: records[0]?.[1].id ?? null, data })
      }
    },

    /** At the end of a transaction, of all that it has changed, whoever changed it. */
    async followChanges(tx, now, changes) {
      if (isSilent()) return
      // Messages are changes themselves: those are not looked at.
      for (const { collection, action, id, record } of changes.slice())
        if (model.get({ name: collection }).source.system !== true)
          await tell(
            { tx, now, newId },
            { type: `${collection}.${action}`, record: id, data: () => ({ record: wireForm(collection, record) }) },
          )
    },
  }
}
