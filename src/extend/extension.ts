// Everything that a project adds to the engine, made of its config once: what the engine asks for in the places where code
// of a project takes part.

import type { Project } from '../config/project.ts'
import type { AnyOwnMail } from '../domains/emails/define-mail.ts'
import { fileHooks } from '../domains/files/claim-files.ts'
import { collectionsWithFiles } from '../domains/files/file-fields.ts'
import type { EffectHandler } from '../effects/effect.ts'
import type { Schedule } from '../effects/schedule.ts'
import type { Operation } from '../operation/define.ts'
import type { HooksOf } from '../records/record-hooks.ts'
import type { Model } from '../schema/model.ts'
import { ownEffectHandler } from './define-effect.ts'
import { type OwnSchedule, ownSchedule } from './define-schedule.ts'
import type { Hook } from './hook.ts'
import { letterHandlers } from './letters.ts'
import type { AnyOwnEffect } from './own-effect.ts'
import { ownOperation } from './own-operation.ts'
import type { OwnSecret } from './own-secret.ts'
import type { OwnParts } from './own-work.ts'
import { collectionHooks, hookHandlers } from './run-hooks.ts'

/** What a config may hold of it. */
export type Extensions = {
  readonly hooks?: readonly Hook[]
  readonly effects?: readonly AnyOwnEffect[]
  readonly schedules?: readonly OwnSchedule[]
  readonly mails?: readonly AnyOwnMail[]
  readonly secrets?: readonly OwnSecret[]
}

export type Extension = OwnParts & {
  readonly hooks: readonly Hook[]
  readonly operations: readonly Operation[]
  readonly schedules: readonly OwnSchedule[]
}

/** `secrets`: their values, by name. */
export function createExtension(
  { hooks = [], operations = [], ...config }: Extensions & { readonly operations?: readonly Operation[] },
  model: Model,
  { secrets, clock }: Pick<OwnParts, 'secrets' | 'clock'>,
): Extension {
  const hooksOf: HooksOf = (name) => ofFiles.get(name) ?? byCollection.get(name)
  const { effects = [], mails = [], schedules = [] } = config
  const parts: OwnParts = { model, hooksOf, effects: new Set(effects), mails: new Set(mails), secrets, clock }
  const byCollection = collectionHooks(hooks, parts)
  const ofFiles = new Map(collectionsWithFiles(model).map((one) => [one.name, fileHooks(one, byCollection.get(one.name))]))
  return { ...parts, hooks, schedules, operations: operations.map((operation) => ownOperation(operation, parts)) }
}

export function extensionHandlers(extension: Extension & { readonly project: Project }): EffectHandler[] {
  const { hooks, effects, project } = extension
  const own = [...effects].map((effect) => ownEffectHandler(effect, extension))
  return [...hookHandlers(hooks, extension), ...own, ...letterHandlers(extension, project.mail.inbound)]
}

export function extensionSchedules(extension: Extension): Schedule[] {
  return extension.schedules.map((schedule) => ownSchedule(schedule, extension))
}

/** Whether anything of the project runs within the process. */
export function hasOwnCode({ hooks, operations, schedules, effects }: Extension): boolean {
  return hooks.length + operations.length + schedules.length + effects.size > 0
}
