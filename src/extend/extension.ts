// Everything that a project adds to the engine, made of its config once: what the engine asks for in the places where code
// of a project takes part.
import type { HooksOf } from '../records/record-hooks.ts'
import type { Model } from '../schema/model.ts'
import type { Hook } from './hook.ts'
import type { OwnParts } from './own-work.ts'
import { collectionHooks } from './run-hooks.ts'

/** What a config may hold of it. */
export type Extensions = { readonly hooks?: readonly Hook[] }

export type Extension = OwnParts & { readonly hooks: readonly Hook[] }

export function createExtension(model: Model, { hooks = [] }: Extensions): Extension {
  const hooksOf: HooksOf = (name) => byCollection.get(name)
  const parts: OwnParts = { model, hooksOf }
  const byCollection = collectionHooks(hooks, parts)
  return { ...parts, hooks }
}
