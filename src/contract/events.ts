// Events as values: what happened, with what it tells. Each domain declares its own; engine/reactions.ts says what
// follows from which.

/** Something that happened, in the past tense: `order.placed`. */
export type DomainEvent<TType extends string = string, TPayload = unknown> = { readonly type: TType; readonly payload: TPayload }

export type EventKind<TType extends string = string, TPayload = unknown> = {
  (payload: TPayload): DomainEvent<TType, TPayload>
  readonly type: TType
  is(event: DomainEvent): event is DomainEvent<TType, TPayload>
}

/**
 * Declares an event: `event('order.placed').with<{ readonly order: Order }>()`. Records are handed on as the transaction
 * has just written them, so that what follows need not read them again.
 */
export function event<const TType extends string>(type: TType) {
  return {
    with<TPayload>(): EventKind<TType, TPayload> {
      const make = (payload: TPayload): DomainEvent<TType, TPayload> => ({ type, payload })
      const is = (given: DomainEvent): given is DomainEvent<TType, TPayload> => given.type === type
      return Object.assign(make, { type, is })
    },
  }
}
