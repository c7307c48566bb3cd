// Letters that go on to operations of the project, by the address that they were sent to (`mail.inbound.routes`). Each is an effect: owed in the
// transaction that files the letter, under a key of the letter, and carried out after it. What the operation writes is in the transaction that
// ends the effect, so it is there once; one that refuses is tried again and then waits for staff, with why. Nobody asks for it: its access rule is
// for those who call it.
import { systemActor } from '../access/actor.ts'
import { declarationOf } from '../base/place.ts'
import type { InboundMailSettings } from '../config/project.ts'
import type { DomainEvent } from '../contract/events.ts'
import { Type } from '../contract/type.ts'
import { emails } from '../domains/emails/collections.ts'
import { emailReceived } from '../domains/emails/events.ts'
import { emailThreads } from '../domains/emails/threads.ts'
import { inboundMails } from '../domains/inbound/collections.ts'
import { routeOf } from '../domains/inbound/mail-route.ts'
import { type EffectHandler, type EffectKind, effectHandler, effectKind, enqueue } from '../effects/effect.ts'
import type { Command, CommandContext, Operation } from '../operation/define.ts'
import type { Work } from '../operation/work.ts'
import type { Model } from '../schema/model.ts'
import { validatorOf } from '../schema/validate.ts'
import { heardLetter, scopeOf } from './scope.ts'

type Letter = { readonly email: string; readonly part?: string | undefined }

const kinds = new Map<string, EffectKind<Letter>>()

function kindOf(operation: string): EffectKind<Letter> {
  const found =
    kinds.get(operation) ??
    effectKind(`email.route.${operation}`, Type.Object({ email: Type.String(), part: Type.Optional(Type.String()) }))
  kinds.set(operation, found)
  return found
}

/** Once for a letter and an operation, however many addresses lead there: by its key. */
export async function followLetters(work: Work, event: DomainEvent): Promise<void> {
  const { inbound } = work.project.mail
  if (inbound === null || !inbound.routes.some(({ operation }) => operation !== null) || !emailReceived.is(event)) return
  const { email } = event.payload
  // What arrived: a letter about two orders stands at both, and is one here.
  const id = email.inbound ?? email.id
  const mail = email.inbound === null ? null : await work.tx.get(inboundMails, email.inbound)
  for (const address of mail?.recipients ?? [email.to]) {
    const found = routeOf(inbound, address)
    const operation = found?.route.operation ?? null
    if (operation === null) continue
    const payload = { email: email.id, ...(found!.part !== null && { part: found!.part }) }
    await enqueue(work, kindOf(operation), { key: `email.route.${operation}:${id}`, payload, record: email.id, isUnrecognised: true })
  }
}

type Offered = { readonly operations: readonly Operation[]; readonly model: Model }

/** Of the operations that letters go to. */
export function letterHandlers({ operations, model }: Offered, inbound: InboundMailSettings | null): EffectHandler[] {
  const names = (inbound?.routes ?? []).map(({ operation }) => operation)
  return operations
    .filter((one): one is Command => one.kind === 'command' && names.includes(one.name))
    .map((operation) => letterHandler(operation, model))
}

function letterHandler(operation: Command, model: Model): EffectHandler {
  return effectHandler<Letter, null>(kindOf(operation.name), {
    ownCode: `The operation ${operation.name} (${declarationOf(operation)?.place ?? ''})`,
    perform: async () => ({ end: 'done', result: null }),
    async settle({ outcome, payload, effect, tell: _, ...work }) {
      if (outcome.end !== 'done') return []
      const letter = await work.tx.get(emails, payload.email)
      // It is deleted with the person who wrote it.
      if (letter === null) return []
      const thread = letter.thread === null ? null : await work.tx.get(emailThreads, letter.thread)
      scopeOf(work.tx).letter = heardLetter(letter, thread)
      validatorOf(operation.input)(payload, 'body')
      const context: CommandContext<unknown, unknown> = {
        ...work,
        input: payload,
        actor: systemActor,
        model,
        prepared: undefined,
        request: { id: effect.id, ifMatch: null, ifNoneMatch: null, rawBody: null, headers: {} },
      }
      return (await operation.run(context)).events ?? []
    },
  })
}
