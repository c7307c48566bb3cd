// What it takes to open a database server, whichever it is: the adapters are opened alike.
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { Model } from '../schema/model.ts'
import type { SchemaPolicy } from './migrations/at-start.ts'

export type ServerOptions = {
  /** With the scheme of its product; docs/operating tells what may stand behind it. */
  readonly url: string
  readonly model: Model
  readonly clock: Clock
  readonly random: Random
  /** Run on a server that may lose answered transactions when it crashes. */
  readonly allowWeakDurability?: boolean
  /** What may be changed in the schema without being asked. */
  readonly schema?: SchemaPolicy
  /** Told what went wrong in the background. */
  failed?(error: unknown): void
}
