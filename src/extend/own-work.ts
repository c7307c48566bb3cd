// What code of a project is given. Inside a transaction: `OwnWork`, which writes, and where it is nobody's request
// `DutyWork`, which also moves orders. Outside of one, in effects and after hooks: `OutsideWork`, which reads and may call
// the network.
import type { Clock } from '../base/clock.ts'
import type { NewId } from '../base/ids.ts'
import type { DomainEvent } from '../contract/events.ts'
import type { AnyOwnMail } from '../domains/emails/define-mail.ts'
import type { Work } from '../operation/work.ts'
import type { HooksOf } from '../records/record-hooks.ts'
import type { Model } from '../schema/model.ts'
import type { Reader } from '../storage/storage.ts'
import type { During } from './own-code.ts'
import { type AnyOwnEffect, type Effects, effectsIn } from './own-effect.ts'
import { type Mail, mailIn } from './own-mail.ts'
import { type Orders, ordersIn } from './own-orders.ts'
import { type Secrets, secretsOf } from './own-secret.ts'
import { type Records, type RecordsToRead, recordsIn, recordsToRead } from './records.ts'
import { countWrite } from './scope.ts'

export type OwnWork = {
  /** Milliseconds since 1970 UTC; one time for all of the transaction. */
  readonly now: number
  readonly newId: NewId
  readonly records: Records
  readonly mail: Mail
  readonly effects: Effects
  readonly secrets: Secrets
}

export type DutyWork = OwnWork & { readonly orders: Orders }

export type OutsideWork = {
  /** Milliseconds since 1970 UTC, when this attempt began. */
  readonly now: number
  /** Stable for ever, whatever is repeated: give it to the other side as its idempotency key. */
  readonly key: string
  /** 1, 2, … */
  readonly attempt: number
  /** Ends what still waits when the time is over: `fetch(url, { signal })`. */
  readonly signal: AbortSignal
  readonly records: RecordsToRead
  readonly secrets: Secrets
}

export type OwnParts = {
  readonly clock: Clock
  readonly model: Model
  readonly hooksOf: HooksOf
  readonly effects: ReadonlySet<AnyOwnEffect>
  readonly mails: ReadonlySet<AnyOwnMail>
  /** By their names. */
  readonly secrets: ReadonlyMap<string, string>
}

export type Inside = {
  readonly during: During
  readonly causedBy: readonly string[]
  /** The account that asked, where one did: what `default: { set: 'actor' }` means. */
  readonly caller?: string | null
}

export function ownWork({ model, hooksOf, effects, mails, secrets }: OwnParts, work: Work, inside: Inside): OwnWork {
  const { during } = inside
  const { now, newId, tx } = work
  /** What is owed is a row as well. */
  const owed = <T>(asked: () => Promise<T>) =>
    during(() => {
      countWrite(tx)
      return asked()
    })
  const owing = effectsIn(effects, work)
  const outbox = mailIn(mails, work)
  return {
    now,
    newId,
    records: recordsIn({ work, model, hooksOf, ...inside }),
    mail: { send: (mail, message) => owed(() => outbox.send(mail, message)) },
    effects: { owe: (effect, key, payload, more) => owed(() => owing.owe(effect, key, payload, more)) },
    secrets: secretsOf(secrets),
  }
}

/** `events`: what happened by then to orders, for who ends the transaction. */
export function dutyWork(parts: OwnParts, work: Work): { context(inside: Inside): DutyWork; readonly events: readonly DomainEvent[] } {
  const events: DomainEvent[] = []
  return {
    events,
    context: (inside) => ({ ...ownWork(parts, work, inside), orders: ordersIn(work, inside.during, events) }),
  }
}

export function outsideWork({ model, secrets }: OwnParts, read: Reader, during: During): Pick<OutsideWork, 'records' | 'secrets'> {
  return { records: recordsToRead(read, model, during), secrets: secretsOf(secrets) }
}
